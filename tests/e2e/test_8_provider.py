"""People sign in at a real OpenID Connect provider, which the pages on the cluster reach over HTTPS."""

import base64
import html
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
import urllib3

import dex
from certificates import self_signed
from e2e.conftest import values, write
from e2e.kube import Cluster, Release, eventually, run
from e2e.shop import Browser, names

pytestmark = [pytest.mark.cluster, pytest.mark.dex]

HOST = "federated.example.test"
CALLBACK = f"https://{HOST}/sign-in/callback"


class People:
    """The release, and the provider as the browsers of people find it."""

    def __init__(self, release: Release, directory: Path, authority: Path) -> None:
        self.release = release
        self._ca = directory / "pages.crt"
        self._ca.write_bytes(base64.b64decode(release.secret("federated-ca")["tls.crt"]))
        self._provider = str(authority)

    def browser(self) -> Browser:
        """A new browser."""
        return Browser(self.release.cluster.https_port, HOST, str(self._ca))

    def enter(self, name: str, status: int) -> Browser:
        """Signs in at the provider and comes back, which gets this status."""
        browser = self.browser()
        provider = urllib3.PoolManager(ca_certs=self._provider, timeout=10)
        begin = browser.open("GET", "/sign-in/provider?next=/products/new").headers["Location"]
        form = provider.request("GET", begin)
        action = re.search(r'<form[^>]* action="([^"]*)"', form.data.decode())
        assert action, form.data
        # After a redirect, it is the path alone.
        address = urljoin(urljoin(begin, str(form.url)), html.unescape(action[1]))
        fields = {"login": f"{name}@example.org", "password": dex.PASSWORD}
        answer = provider.request("POST", address, fields=fields, encode_multipart=False, redirect=False)
        while not (address := urljoin(address, answer.headers["Location"])).startswith(CALLBACK):
            answer = provider.request("GET", address, redirect=False)
        parts = urlsplit(address)
        assert browser.open("GET", f"{parts.path}?{parts.query}").status == status
        return browser


@pytest.fixture(scope="module")
def people(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    """A release whose people sign in at Dex, which runs on this machine."""
    directory = tmp_path_factory.mktemp("federated")
    # This machine, as the nodes see it.
    gateways = run("docker", "network", "inspect", "kind", "--format", "{{range .IPAM.Config}}{{.Gateway}} {{end}}")
    host = next(address for address in gateways.split() if "." in address)
    with socket.socket() as free:
        free.bind((host, 0))
        port = free.getsockname()[1]
    pair = self_signed(host, directory)
    release = Release(cluster, cluster.namespace("federated"), "federated")
    release.kubectl("create", "secret", "generic", "provider", f"--from-file=ca.crt={pair[0]}",
                    f"--from-literal=client-secret={dex.CLIENT_SECRET}")  # fmt: skip
    oidc = {
        "issuer": dex.issuer(port, host),
        "clientId": dex.CLIENT_ID,
        "existingSecret": "provider",
        "caSecret": "provider",
        "editorGroups": ["staff"],
        "readerGroups": ["interns"],
    }
    own = values(HOST) | {"replicaCount": 1, "auth": {"oidc": oidc}}
    own["ingress"]["tls"][0]["secretName"] = "federated-tls"  # type: ignore[index]
    with dex.running_dex(directory, port, CALLBACK, host, pair):
        release.install("--values", write(directory / "values.yaml", own))
        found = People(release, directory, pair[0])
        eventually(lambda: found.browser().open("GET", "/").status == 200, 60)
        yield found
    cluster.kubectl("delete", "namespace", "federated", "--wait=false")


def test_whoever_is_in_a_group_of_editors_writes_under_their_name(people: People) -> None:
    ada = people.enter("ada", 303)
    assert ada.add("By Ada, who came from Dex").status == 303
    assert names(people.release) == ["By Ada, who came from Dex"]
    assert "ada" in ada.open("GET", "/changes").data.decode()


def test_a_reader_looks_and_whoever_is_in_no_group_is_not_let_in(people: People) -> None:
    ben = people.enter("ben", 303)
    assert ben.open("GET", "/products/new").status == 403
    assert ben.open("GET", "/changes").status == 200
    cid = people.enter("cid", 403)
    assert cid.open("GET", "/changes").status == 303
