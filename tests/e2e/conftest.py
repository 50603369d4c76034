"""The cluster that all these tests share, and the catalogue in it.

CATALOG_TEST_CLUSTER names a kind cluster to use and to leave as it is (CATALOG_TEST_PORTS: its ports for http and
https); without it one is made from kind-config.yaml, and removed at the end. CATALOG_TEST_ADDONS names another
command than addons.sh that installs the add-ons: `COMMAND --name CLUSTER ADD-ON...`.
"""

import base64
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

from e2e.kube import CHART, ROOT, Cluster, Release, run
from e2e.shop import Browser
from serving import credentials

ADDONS = ["ingress-nginx", "cert-manager", "metrics-server"]
NAME = "catalog-e2e"
PORTS = (20080, 20443)
HOST = "shop.example.test"
# The namespace of the catalogue in the cluster with IPv6 only.
ELSEWHERE = "shop-eu"
# A password that must be quoted wherever it goes.
ODD = "p@ss:w/rd#1?&%41+ é'\\\""


def image_names() -> list[str]:
    """The images that a release starts."""
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    listed = [entry["image"] for entry in yaml.safe_load(chart["annotations"]["artifacthub.io/images"])]
    return [image.removeprefix("docker.io/library/") for image in listed]


def load_images(cluster: str, images: list[str]) -> None:
    """Brings images that this machine has to the cluster's nodes, which pull the others themselves."""
    here = [
        image
        for image in images
        if subprocess.run(["docker", "image", "inspect", image], capture_output=True).returncode == 0
    ]
    if here:
        run("kind", "load", "docker-image", "--name", cluster, *here)


@pytest.fixture(scope="session")
def images() -> Iterator[Future[str]]:
    """The images of this source, which are built while the first cluster is made."""
    with ThreadPoolExecutor() as pool:
        yield pool.submit(run, "make", "images")


def create(name: str, directory: Path, changes: dict[str, object], addons: list[str], images: Future[str]) -> Cluster:
    """Makes a cluster from kind-config.yaml with other ports and settings, and brings images and add-ons to it."""
    configuration = yaml.safe_load((ROOT / "kind-config.yaml").read_text(encoding="utf-8")) | changes
    for node in configuration["nodes"]:
        for mapping in node.get("extraPortMappings", []):
            mapping["hostPort"] = {80: PORTS[0], 443: PORTS[1]}[mapping["containerPort"]]
    file = directory / f"{name}.yaml"
    file.write_text(yaml.safe_dump(configuration), encoding="utf-8")
    kubeconfig = directory / f"{name}.kubeconfig"
    options = ("--config", str(file), "--kubeconfig", str(kubeconfig), "--wait", "180s")
    # What a run that was killed has left behind.
    run("kind", "delete", "cluster", "--name", name)
    run("kind", "create", "cluster", "--name", name, *options)
    made = Cluster(name, kubeconfig, *PORTS)

    def load() -> None:
        images.result()
        load_images(name, image_names())

    # All at once, as each waits for the cluster most of the time.
    with ThreadPoolExecutor() as pool:
        parts = [pool.submit(load)]
        parts += [pool.submit(install_addons, made, [addon]) for addon in addons]
    for part in parts:
        part.result()
    made.connect()
    return made


def install_addons(cluster: Cluster, addons: list[str]) -> None:
    """Installs add-ons by the command that the environment names, or from their public releases."""
    command = os.environ.get("CATALOG_TEST_ADDONS", str(Path(__file__).with_name("addons.sh")))
    run(*command.split(), "--name", cluster.name, *addons, env=cluster.env)


@pytest.fixture(scope="session")
def cluster(images: Future[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The cluster with its add-ons."""
    directory = tmp_path_factory.mktemp("cluster")
    existing = os.environ.get("CATALOG_TEST_CLUSTER")
    if existing:
        kubeconfig = directory / "kubeconfig"
        kubeconfig.write_text(run("kind", "get", "kubeconfig", "--name", existing), encoding="utf-8")
        http, https = os.environ["CATALOG_TEST_PORTS"].split(",")
        made = Cluster(existing, kubeconfig, int(http), int(https))
        made.connect()
        images.result()
        yield made
        return
    try:
        yield create(NAME, directory, {"networking": {"ipFamily": "dual"}}, ADDONS, images)
    finally:
        run("kind", "delete", "cluster", "--name", NAME)


@pytest.fixture(scope="session")
def elsewhere(images: Future[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Future[Cluster]]:
    """A cluster of one node with IPv6 only and a DNS domain of its own, and the catalogue in it: chart and manifests.

    It gets ready in the background, for which the tests of an outage leave time.
    """
    directory = tmp_path_factory.mktemp("elsewhere")
    try:
        with ThreadPoolExecutor() as pool:
            yield pool.submit(_build_elsewhere, directory, images)
    finally:
        run("kind", "delete", "cluster", "--name", f"{NAME}-ipv6")


def _build_elsewhere(directory: Path, images: Future[str]) -> Cluster:
    image = yaml.safe_load((ROOT / "kind-config.yaml").read_text(encoding="utf-8"))["nodes"][0]["image"]
    domain = "kind: ClusterConfiguration\nnetworking: {dnsDomain: corp.test}\n"
    node = {"role": "control-plane", "image": image, "kubeadmConfigPatches": [domain]}
    changes: dict[str, object] = {"networking": {"ipFamily": "ipv6"}, "nodes": [node]}
    cluster = create(f"{NAME}-ipv6", directory, changes, ["cert-manager"], images)
    cluster.namespace(ELSEWHERE)
    Release(cluster, ELSEWHERE, "product-catalog").kubectl("apply", "-k", "k8s")
    Release(cluster, ELSEWHERE, "catalog").install("--set", "replicaCount=1")
    return cluster


def values(host: str) -> dict[str, object]:
    """Values of the releases that the tests install: HTTPS by a certificate authority of their own."""
    return {
        "drainSeconds": 5,
        "terminationGracePeriodSeconds": 40,
        "mysql": {"persistence": {"size": "1Gi"}},
        "ingress": {
            "enabled": True,
            "className": "nginx",
            "selfSigned": True,
            "hosts": [{"host": host, "paths": [{"path": "/", "pathType": "Prefix"}]}],
            "tls": [{"secretName": "shop-tls", "hosts": [host]}],
        },
    }


def write(path: Path, *parts: Mapping[str, object]) -> str:
    """Writes values, the later ones over those before, and returns the file's name."""
    merged: dict[str, object] = {}
    for part in parts:
        merged |= part
    path.write_text(yaml.safe_dump(merged), encoding="utf-8")
    return str(path)


def sign_in_keys() -> list[str]:
    """What a Secret of one's own needs for people to sign in, as options of `kubectl create secret generic`."""
    return [f"--from-literal={key}={value}" for key, value in credentials.sign_in().items()]


DENY_ALL = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny-all}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
"""
# What would inject CATALOG_PORT, CATALOG_SERVICE_HOST and CATALOG_DB_PORT into every pod.
CATALOG_SERVICES = """
apiVersion: v1
kind: Service
metadata: {name: catalog}
spec: {ports: [{port: 5432}]}
---
apiVersion: v1
kind: Service
metadata: {name: catalog-db}
spec: {ports: [{port: 5432}]}
"""


@pytest.fixture(scope="session")
def values_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The values of the release that most tests share."""
    return write(tmp_path_factory.mktemp("values") / "values.yaml", values(HOST))


@pytest.fixture(scope="session")
def shop(cluster: Cluster, values_file: str, record_testsuite_property: object) -> Iterator[Release]:
    """The release `shop` in a hostile namespace: restricted, closed both ways, with Services that inject variables."""
    release = Release(cluster, cluster.namespace("shop-eu"), "shop")
    release.kubectl("apply", "-f", "-", text=CATALOG_SERVICES)
    release.kubectl("apply", "-f", "-", text=DENY_ALL)
    begin = time.monotonic()
    release.said = release.install("--values", values_file)  # type: ignore[attr-defined]
    print(f"\nfrom `helm install` to all ready: {time.monotonic() - begin:.0f} s")
    yield release
    if os.environ.get("CATALOG_TEST_CLUSTER"):
        cluster.kubectl("delete", "namespace", "shop-eu", "--wait=true")


@pytest.fixture(scope="session")
def browser(shop: Release, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Browser:
    """A browser of an editor that trusts the release's certificate authority and nothing else."""
    file = tmp_path_factory.mktemp("ca") / "ca.crt"
    file.write_bytes(base64.b64decode(shop.secret("shop-ca")["tls.crt"]))
    browser = Browser(cluster.https_port, HOST, str(file))
    browser.sign_in_if_asked(shop)
    return browser
