"""What people do in the pages works in a real browser through the ingress too."""

import base64
import contextlib
import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.conftest import HOST
from e2e.kube import ROOT, Cluster, Release

pytestmark = [pytest.mark.cluster, pytest.mark.browser]


# What the ingress could spoil: cookies, uploads, downloads. The rest is the same without it.
JOURNEYS = "added_is_found or remembered or previewed or taken_away"


@contextlib.contextmanager
def quiet_network() -> Iterator[None]:
    """Waits until no test beside this one makes or removes a container's network any more (tests/all.sh)."""
    file = os.environ.get("CATALOG_TEST_NETWORK_LOCK")
    if file is None:
        yield
        return
    with open(file, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def test_journeys_work_through_the_ingress(shop: Release, cluster: Cluster, tmp_path: Path) -> None:
    authority = tmp_path / "ca.crt"
    authority.write_bytes(base64.b64decode(shop.secret("shop-ca")["tls.crt"]))
    pages = {
        "CATALOG_TEST_PAGES_URL": f"https://{HOST}/",
        "CATALOG_TEST_PAGES_CONNECT": f"127.0.0.1:{cluster.https_port}",
        "CATALOG_TEST_PAGES_CA": str(authority),
    }
    if shop.signs_in():
        pages |= {
            "CATALOG_TEST_PAGES_NAME": "editor",
            "CATALOG_TEST_PAGES_PASSWORD": shop.credential("editor-password"),
        }
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", JOURNEYS]
    command.append("tests/browser/test_journeys.py")
    with quiet_network():
        result = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=os.environ | pages, check=False)
    assert result.returncode == 0, result.stdout[-10_000:]
    assert "4 passed" in result.stdout
    print("\n" + result.stdout.splitlines()[-1])
