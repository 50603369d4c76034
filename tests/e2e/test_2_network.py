"""NetworkPolicies really refuse and really allow."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from e2e.kube import Cluster, Release, eventually

pytestmark = pytest.mark.cluster

PAGES = "shop-display-product.shop-eu"
ALLOWED = [
    ("display-product", "shop-add-product", 80),
    ("display-product", "shop-read-product", 80),
    ("add-product", "shop-mysql", 3306),
    ("read-product", "shop-mysql", 3306),
    # To say which tokens of programs are in use.
    ("read-product", "shop-add-product", 80),
    ("stranger", PAGES, 80),
    ("stranger", PAGES, 9090),
]
REFUSED = [
    ("display-product", "shop-mysql", 3306),
    ("add-product", "shop-display-product", 80),
    ("read-product", "kubernetes.default", 443),
    ("display-product", "ingress-nginx-controller.ingress-nginx", 80),
    ("stranger", "shop-add-product.shop-eu", 80),
    ("stranger", "shop-read-product.shop-eu", 80),
    ("stranger", "shop-mysql.shop-eu", 3306),
]
# A name has addresses of both families, and each is tried for this long.
CONNECT = """
import socket
socket.getaddrinfo({host!r}, {port})
try:
    socket.create_connection(({host!r}, {port}), timeout=4)
    print("connected")
except OSError as error:
    print("refused", error)
"""


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
    # A new pod's addresses take a moment to reach the nodes' rules.
    eventually(lambda: "connected" in there.python("stranger", CONNECT.format(host=PAGES, port=80)).stdout, 20)
    yield there
    # A pod without a controller would stop a later drain of its node.
    there.kubectl("delete", "pod", "stranger", "--now")


@pytest.fixture(scope="module")
def answers(shop: Release, stranger: Release) -> dict[tuple[str, str, int], str]:
    """What came of each connection, all tried at once since a refusal is a long silence."""

    def connect(attempt: tuple[str, str, int]) -> str:
        component, host, port = attempt
        release, pod = (
            (stranger, component) if component == "stranger" else (shop, shop.pods(component)[0].metadata.name)
        )
        return release.python(pod, CONNECT.format(host=host, port=port)).stdout

    attempts = ALLOWED + REFUSED
    with ThreadPoolExecutor(len(attempts)) as pool:
        return dict(zip(attempts, pool.map(connect, attempts), strict=True))


@pytest.mark.parametrize("attempt", ALLOWED, ids=str)
def test_what_is_needed_is_reached(answers: dict[tuple[str, str, int], str], attempt: tuple[str, str, int]) -> None:
    assert answers[attempt] == "connected\n"


@pytest.mark.parametrize("attempt", REFUSED, ids=str)
def test_nothing_else_is_reached(answers: dict[tuple[str, str, int], str], attempt: tuple[str, str, int]) -> None:
    assert answers[attempt].startswith("refused")
