"""A cluster with IPv6 only and a DNS domain of its own: nothing relies on IPv4, on `cluster.local` or on a namespace."""

from concurrent.futures import Future

import pytest

from e2e.conftest import ELSEWHERE
from e2e.kube import Cluster, Release, eventually, run
from e2e.shop import add_product, names

pytestmark = pytest.mark.cluster


def test_the_chart_and_the_manifests_work_with_ipv6_and_another_domain(elsewhere: Future[Cluster]) -> None:
    cluster = elsewhere.result()
    installed = Release(cluster, ELSEWHERE, "catalog")
    applied = Release(cluster, ELSEWHERE, "product-catalog")
    assert "All three services work together." in installed.test()
    eventually(applied.all_ready, 300)
    pods = [*installed.pods(), *applied.pods()]
    assert all(":" in pod.status.pod_ip for pod in pods)
    add_product(applied, "By IPv6")
    assert names(applied) == ["By IPv6"]
    assert names(installed) == []
    # Two processors have enough to do with the tests of load that follow.
    run("kind", "delete", "cluster", "--name", cluster.name)
