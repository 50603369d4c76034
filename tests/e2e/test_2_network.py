"""NetworkPolicies really refuse and really allow."""

from collections.abc import Iterator

import pytest

from e2e.kube import Cluster, Release, eventually

pytestmark = pytest.mark.cluster

CONNECT = "import socket; socket.create_connection(({host!r}, {port}), timeout=4); print('connected')"


def reaches(shop: Release, component: str, host: str, port: int) -> bool:
    pod = shop.pods(component)[0].metadata.name
    return "connected" in shop.python(pod, CONNECT.format(host=host, port=port)).stdout


def test_k06_each_service_reaches_what_it_needs(shop: Release) -> None:
    assert reaches(shop, "display-product", "shop-add-product", 80)
    assert reaches(shop, "display-product", "shop-read-product", 80)
    assert reaches(shop, "add-product", "shop-mysql", 3306)
    assert reaches(shop, "read-product", "shop-mysql", 3306)


@pytest.mark.parametrize(
    ("component", "host", "port"),
    [
        ("display-product", "shop-mysql", 3306),
        ("read-product", "shop-add-product", 80),
        ("add-product", "shop-display-product", 80),
        ("read-product", "kubernetes.default", 443),
        ("display-product", "ingress-nginx-controller.ingress-nginx", 80),
    ],
)
def test_k06_nothing_else_is_reached(shop: Release, component: str, host: str, port: int) -> None:
    assert not reaches(shop, component, host, port)


@pytest.fixture(scope="module")
def stranger(shop: Release, cluster: Cluster) -> Iterator[Release]:
    """A pod in another namespace, which no policy holds."""
    image = shop.pods("display-product")[0].spec.containers[0].image
    there = Release(cluster, cluster.namespace("elsewhere"), "stranger")
    overrides = (
        '{"spec":{"securityContext":{"runAsNonRoot":true,"seccompProfile":{"type":"RuntimeDefault"}},"containers":[{"name":"stranger",'
        f'"image":"{image}","args":["sleep","3600"],'
        '"securityContext":{"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]}}}]}}'
    )
    there.kubectl("run", "stranger", "--image", image, "--overrides", overrides)
    there.kubectl("wait", "pod/stranger", "--for=condition=Ready", "--timeout=60s")
    yield there
    # A pod without a controller would stop a later drain of its node.
    there.kubectl("delete", "pod", "stranger", "--now")


@pytest.mark.parametrize(
    ("host", "port", "allowed"),
    [
        ("shop-display-product", 80, True),
        ("shop-display-product", 9090, True),
        ("shop-add-product", 80, False),
        ("shop-read-product", 80, False),
        ("shop-mysql", 3306, False),
    ],
)
def test_k06_strangers_see_the_pages_only(stranger: Release, host: str, port: int, allowed: bool) -> None:
    code = CONNECT.format(host=f"{host}.shop-eu", port=port)
    assert eventually(lambda: ("connected" in stranger.python("stranger", code).stdout) == allowed, 20)
