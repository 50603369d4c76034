"""A cluster with IPv6 only and a DNS domain of its own: nothing relies on IPv4, on `cluster.local` or on a namespace."""

from collections.abc import Iterator

import pytest
import yaml

from e2e.conftest import create
from e2e.kube import ROOT, Cluster, Release, eventually, run
from e2e.shop import add_product, names

pytestmark = pytest.mark.cluster

NAME = "catalog-e2e-ipv6"
DOMAIN = "kind: ClusterConfiguration\nnetworking: {dnsDomain: corp.test}\n"


@pytest.fixture
def elsewhere(images: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Such a cluster, of one node, with what the manifests need."""
    image = yaml.safe_load((ROOT / "kind-config.yaml").read_text(encoding="utf-8"))["nodes"][0]["image"]
    node = {"role": "control-plane", "image": image, "kubeadmConfigPatches": [DOMAIN]}
    changes: dict[str, object] = {"networking": {"ipFamily": "ipv6"}, "nodes": [node]}
    try:
        yield create(NAME, tmp_path_factory.mktemp("ipv6"), changes, ["cert-manager"])
    finally:
        run("kind", "delete", "cluster", "--name", NAME)


def test_k14_k22_the_chart_and_the_manifests_work_with_ipv6_and_another_domain(elsewhere: Cluster) -> None:
    namespace = elsewhere.namespace("shop-eu")
    installed = Release(elsewhere, namespace, "catalog")
    applied = Release(elsewhere, namespace, "product-catalog")
    applied.kubectl("apply", "-k", "k8s")
    installed.install("--set", "replicaCount=1")
    said = elsewhere.helm("test", "catalog", "--namespace", namespace, "--logs")
    assert "All three services work together." in said
    eventually(applied.all_ready, 300)
    pods = [*installed.pods(), *applied.pods()]
    assert all(":" in pod.status.pod_ip for pod in pods)
    add_product(applied, "By IPv6")
    assert names(applied) == ["By IPv6"]
    assert names(installed) == []
