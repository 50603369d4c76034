"""Skaffold on a kind cluster of its own, without add-ons: run, an edit under dev, delete; and what each profile renders."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import urllib3
import yaml

pytestmark = [pytest.mark.skaffold, pytest.mark.cluster]
ROOT = Path(__file__).parents[2]
CLUSTER = "catalog-skaffold"
DEPLOYMENTS = ["add-product", "read-product", "display-product"]
# What the developer is promised.
EDIT_SECONDS = 15
START_SECONDS = 900


def run(*command: str, env: dict[str, str] | None = None, timeout: int = START_SECONDS) -> str:
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=timeout)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout[-4000:]}{done.stderr[-4000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment in which the new cluster is the current one."""
    kubeconfig = tmp_path_factory.mktemp("skaffold") / "kubeconfig"
    environment = os.environ | {"KUBECONFIG": str(kubeconfig)}
    nodes = yaml.safe_load((ROOT / "kind-config.yaml").read_text(encoding="utf-8"))["nodes"]
    configuration = kubeconfig.with_name("kind.yaml")
    node = {key: nodes[0][key] for key in ("role", "image")}
    cluster = {"kind": "Cluster", "apiVersion": "kind.x-k8s.io/v1alpha4", "nodes": [node]}
    configuration.write_text(yaml.safe_dump(cluster), encoding="utf-8")
    create = ("--name", CLUSTER, "--config", str(configuration), "--wait", "180s")
    try:
        # What a run that was killed has left behind.
        run("kind", "delete", "cluster", "--name", CLUSTER, env=environment)
        run("kind", "create", "cluster", *create, env=environment)
        run("kind", "load", "docker-image", "--name", CLUSTER, "mysql:9.7", env=environment)
        yield environment
    finally:
        run("kind", "delete", "cluster", "--name", CLUSTER, env=environment)


def skaffold(command: str, *profiles: str) -> list[str]:
    """A command with these profiles only: the profile for kind would need add-ons."""
    return ["skaffold", command, "--profile-auto-activation=false", *(f"--profile={name}" for name in profiles)]


def page() -> bytes:
    """The home page; nothing while its pod is on the way."""
    try:
        return urllib3.request("GET", "http://127.0.0.1:8080/", timeout=5, retries=False).data
    except (OSError, urllib3.exceptions.HTTPError):
        return b""


def wait_for(text: bytes, seconds: float) -> float:
    """Seconds until the home page shows the text."""
    start = time.monotonic()
    while text not in page():
        assert time.monotonic() - start < seconds, f"{text!r} is not in the page after {seconds} s"
        time.sleep(0.2)
    return time.monotonic() - start


@contextmanager
def edited(path: str, old: str, new: str) -> Iterator[None]:
    """A file of the source with a change in it, which is taken back."""
    file = ROOT / path
    before = file.read_text(encoding="utf-8")
    assert before.count(old) == 1, f"{path} has {before.count(old)} times {old!r}"
    file.write_text(before.replace(old, new), encoding="utf-8")
    try:
        yield
    finally:
        file.write_text(before, encoding="utf-8")


def test_run_twice_then_delete(env: dict[str, str]) -> None:
    run(*skaffold("run"), env=env)
    # Nothing has changed, so no Job may stand in the way.
    run(*skaffold("run"), env=env)
    for name in DEPLOYMENTS:
        status = ("rollout", "status", f"deployment/catalog-{name}", "--timeout=10s")
        run("kubectl", "--namespace", "catalog", *status, env=env)
    run(*skaffold("delete"), env=env)
    assert run("helm", "list", "--namespace", "catalog", "--short", env=env) == ""


def test_an_edit_under_dev_is_soon_in_the_page(env: dict[str, str], tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 8080))
    with (tmp_path / "dev.log").open("w", encoding="utf-8") as log:
        dev = subprocess.Popen(
            [*skaffold("dev", "dev"), "--port-forward=user"],
            cwd=ROOT,
            env=env,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_for(b"</html>", START_SECONDS)
            with edited("services/display_product/templates/base.html", "<footer>", "<footer>edited-template"):
                wait_for(b"edited-template", EDIT_SECONDS)
            with edited("services/display_product/web/languages.py", '"English"', '"edited-python"'):
                wait_for(b"edited-python", EDIT_SECONDS)
        finally:
            dev.terminate()
            dev.wait(timeout=120)


@pytest.mark.parametrize("profiles", [[], ["kind"], ["dev"], ["cloud"]])
def test_each_profile_renders(env: dict[str, str], profiles: list[str], tmp_path: Path) -> None:
    values = {"CATALOG_VALUES": str(ROOT / "charts/product-catalog/values-production.yaml")}
    tags = tmp_path / "tags.json"
    images = yaml.safe_load((ROOT / "skaffold.yaml").read_text(encoding="utf-8"))["build"]["artifacts"]
    builds = [{"imageName": image["image"], "tag": f"{image['image']}:v1"} for image in images]
    tags.write_text(json.dumps({"builds": builds}), encoding="utf-8")
    rendered = run(*skaffold("render", *profiles), "--build-artifacts", str(tags), env=env | values)
    kinds = [document["kind"] for document in yaml.safe_load_all(rendered) if document]
    assert kinds.count("Deployment") == len(DEPLOYMENTS)
    assert ("StatefulSet" in kinds) == (profiles != ["cloud"])
    assert ("Ingress" in kinds) == (profiles in (["kind"], ["cloud"]))
