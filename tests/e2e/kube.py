"""A Kubernetes cluster as the tests use it: kubectl and helm bound to it, and the API client."""

import base64
import contextlib
import json
import os
import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from kubernetes import client, config

from keys import claims, signed

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "product-catalog"
SERVICES = ("add-product", "read-product", "display-product")


def run(*command: str, text: str | None = None, env: dict[str, str] | None = None, timeout: float = 900) -> str:
    """Runs a command and returns what it printed; fails with all that it said."""
    result = subprocess.run(
        command, input=text, capture_output=True, text=True, cwd=ROOT, env=env, timeout=timeout, check=False
    )
    assert result.returncode == 0, f"{' '.join(command)}:\n{result.stdout}\n{result.stderr}"
    return result.stdout + (result.stderr if command[0].startswith("helm") else "")


def eventually(check: Callable[[], Any], seconds: float, pause: float = 1.0) -> Any:
    """Repeats `check` until it returns something true; fails with its last answer or error after that time."""
    end = time.monotonic() + seconds
    while True:
        problem: Any = None
        try:
            if answer := check():
                return answer
        except Exception as error:
            problem = error
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {check.__name__}: {problem or answer!r}")
        time.sleep(pause)


class Cluster:
    """One cluster, by its kubeconfig; `http_port` and `https_port` are its ingress on this machine."""

    def __init__(self, name: str, kubeconfig: Path, http_port: int, https_port: int) -> None:
        self.name = name
        self.kubeconfig = kubeconfig
        self.http_port = http_port
        self.https_port = https_port
        self.env = os.environ | {"KUBECONFIG": str(kubeconfig)}

    def connect(self) -> None:
        """Makes the API clients."""
        api = config.new_client_from_config(str(self.kubeconfig))
        self.core = client.CoreV1Api(api)
        self.apps = client.AppsV1Api(api)
        self.autoscaling = client.AutoscalingV2Api(api)
        self.discovery = client.DiscoveryV1Api(api)

    def kubectl(self, *arguments: str, text: str | None = None) -> str:
        """Runs kubectl on this cluster."""
        return run("kubectl", *arguments, text=text, env=self.env)

    def helm(self, *arguments: str, binary: str = "helm") -> str:
        """Runs Helm on this cluster; its warnings are in the answer."""
        return run(binary, *arguments, env=self.env)

    def namespace(self, name: str) -> str:
        """Creates a namespace that enforces the `restricted` Pod Security level, and returns its name."""
        labels = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
        self.kubectl("apply", "-f", "-", text=json.dumps(body))
        return name


def _is_ready(pod: client.V1Pod) -> bool:
    """Whether a pod says that it is ready; a pod that has just been made says nothing yet."""
    return any(one.type == "Ready" and one.status == "True" for one in pod.status.conditions or [])


class Release:
    """The catalogue as it is installed under one name in one namespace."""

    def __init__(self, cluster: Cluster, namespace: str, name: str, prefix: str | None = None) -> None:
        self.cluster = cluster
        self.namespace = namespace
        self.name = name
        self.prefix = prefix or name

    def install(self, *arguments: str, wait: bool = True, chart: Path = CHART, binary: str = "helm") -> str:
        """Installs or upgrades; waits until everything is ready."""
        waiting = ("--wait", "--wait-for-jobs", "--timeout", "8m") if wait else ()
        common = ("upgrade", "--install", self.name, str(chart), "--namespace", self.namespace, *waiting)
        return self.cluster.helm(*common, *arguments, binary=binary)

    def uninstall(self) -> None:
        """Removes the release and waits until its pods are gone."""
        self.cluster.helm("uninstall", self.name, "--namespace", self.namespace, "--wait")
        eventually(lambda: not self.pods(), 120)

    def test(self) -> str:
        """Runs `helm test` and returns what it said."""
        return self.cluster.helm("test", self.name, "--namespace", self.namespace, "--logs")

    def kubectl(self, *arguments: str, text: str | None = None) -> str:
        """Runs kubectl in the release's namespace."""
        return self.cluster.kubectl("--namespace", self.namespace, *arguments, text=text)

    def pods(self, component: str | None = None) -> list[client.V1Pod]:
        """The pods of the release, or of one component."""
        selector = f"app.kubernetes.io/instance={self.name}"
        if component:
            selector += f",app.kubernetes.io/component={component}"
        found: list[client.V1Pod] = self.cluster.core.list_namespaced_pod(self.namespace, label_selector=selector).items
        return found

    def restarts(self, component: str | None = None) -> int:
        """How often containers of the release, or of one component, were restarted."""
        return sum(one.restart_count for pod in self.pods(component) for one in pod.status.container_statuses or [])

    def ready(self, component: str) -> bool:
        """Whether a component has pods, and each is ready and none is stopping."""
        pods = [pod for pod in self.pods(component) if not pod.metadata.deletion_timestamp]
        return bool(pods) and all(_is_ready(pod) for pod in pods)

    def all_ready(self) -> bool:
        """Whether the three services and MySQL are ready."""
        return all(self.ready(name) for name in ("mysql", *SERVICES))

    def rolled_out(self, *services: str) -> None:
        """Waits until Deployments of the release, all three by default, are as they were last asked to be."""
        for service in services or SERVICES:
            self.kubectl("rollout", "status", f"deployment/{self.prefix}-{service}", "--timeout=240s")

    def secret(self, name: str) -> dict[str, str]:
        """Data of a Secret, as it is encoded."""
        data = self.cluster.core.read_namespaced_secret(name, self.namespace).data
        return {key: str(value) for key, value in data.items()}

    def passwords(self) -> dict[str, str]:
        """The generated passwords, encoded."""
        return self.secret(f"{self.prefix}-credentials")

    def _pages(self) -> client.V1PodSpec:
        """The pod of display-product, as the release asks for it."""
        found = self.cluster.apps.read_namespaced_deployment(f"{self.prefix}-display-product", self.namespace)
        spec: client.V1PodSpec = found.spec.template.spec
        return spec

    def signs_in(self) -> bool:
        """Whether people must sign in before they write."""
        variables = {entry.name: entry.value for entry in self._pages().containers[0].env}
        return variables["CATALOG_AUTH"] == "on"

    def credential(self, key: str) -> str:
        """A key of the Secret that the pages use."""
        (name,) = [volume.secret.secret_name for volume in self._pages().volumes if volume.name == "secrets"]
        return base64.b64decode(self.secret(name)[key]).decode().rstrip("\r\n")

    def bearer(self, role: str = "editor") -> dict[str, str]:
        """The header by which the pages call the APIs for a person, for a minute; none where nobody signs in."""
        if not self.signs_in():
            return {}
        key = load_pem_private_key(self.credential("signing-key").encode(), None)
        assert isinstance(key, Ed25519PrivateKey)
        return {"Authorization": f"Bearer {signed(key, claims(role=role))}"}

    def sql(self, user: str, statement: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Runs SQL inside MySQL's pod as one of its users, over the network as the services do."""
        client_call = f"mysql {self._connection(user)} --user={user} --skip-column-names"
        script = f'MYSQL_PWD="$(cat)" {client_call} --execute="{statement}" catalog'
        pod = [f"{self.prefix}-mysql-0", "--container", "mysql"]
        command = ["kubectl", "--namespace", self.namespace, "exec", "--stdin", *pod, "--", "bash", "-c", script]
        password = base64.b64decode(self.passwords()[f"{user}-password"]).decode().rstrip("\r\n")
        result = subprocess.run(
            command, input=password, capture_output=True, text=True, env=self.cluster.env, timeout=60, check=False
        )
        assert result.returncode == 0 or not check, result.stderr
        return result

    @staticmethod
    def _connection(user: str) -> str:
        return "--socket=/run/mysqld/mysqld.sock" if user == "root" else "--host=127.0.0.1"

    def python(self, pod: str, code: str) -> subprocess.CompletedProcess[str]:
        """Runs Python in a pod of a service."""
        command = ["kubectl", "--namespace", self.namespace, "exec", pod, "--", "python", "-c", code]
        return subprocess.run(command, capture_output=True, text=True, env=self.cluster.env, timeout=60, check=False)

    @contextlib.contextmanager
    def forward(self, target: str, port: int) -> Iterator[str]:
        """Base URL of a port of a pod or a Service (`service/NAME`), as long as the context lasts."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            local = free.getsockname()[1]
        command = ["kubectl", "--namespace", self.namespace, "port-forward", target, f"{local}:{port}"]
        with subprocess.Popen(
            command, env=self.cluster.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            try:
                assert process.stdout is not None
                line = process.stdout.readline()
                assert re.match("Forwarding from", line), line
                yield f"http://127.0.0.1:{local}"
            finally:
                process.terminate()
