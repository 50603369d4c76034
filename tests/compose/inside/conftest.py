"""What the tests inside Compose reach: the services by their names, the proxy as a browser does, MySQL as each user."""

import os
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import MySQLdb
import pytest
import urllib3

from catalog import page_tokens
from catalog.settings import Settings
from serving.access import Principal

PUBLIC_URL = os.environ["PUBLIC_URL"]
SIGNING_IN = os.environ["AUTH"] == "on"
AUTHORITY = Path("/proxy-data/caddy/pki/authorities/local/root.crt")
SECRETS = Path("/run/secrets/catalog")
PRODUCTS = "/api/v1/products"
START_SECONDS = 30


class Site:
    """The pages and the API at their public address; the certificate must come from the proxy's authority.

    What the tests add carries `mark` in its name and is deleted at the end, for the catalogue may be somebody's own.
    """

    def __init__(self) -> None:
        self.mark = uuid.uuid4().hex
        public = urlsplit(PUBLIC_URL)
        self._pool = urllib3.HTTPSConnectionPool(
            "proxy",
            8443,
            ca_certs=str(AUTHORITY),
            assert_hostname=public.hostname,
            server_hostname=public.hostname,
            timeout=20,
            retries=False,
        )
        # Who has just written wants to see it in a list.
        self._headers = {"Host": public.netloc, "Cache-Control": "no-cache"}

    def request(self, method: str, path: str, headers: Mapping[str, str] = {}, **more: Any) -> urllib3.BaseHTTPResponse:
        """A request to the API is sent as the pages send it for an editor, since the tests may read their key."""
        bearer = {"Authorization": f"Bearer {token()}"} if path.startswith("/api/") else {}
        return self.anonymously(method, path, {**bearer, **headers}, **more)

    def anonymously(
        self, method: str, path: str, headers: Mapping[str, str] = {}, **more: Any
    ) -> urllib3.BaseHTTPResponse:
        return self._pool.request(method, path, headers={**self._headers, **headers}, redirect=False, **more)

    def add(self, name: str, **fields: object) -> dict:
        product = {"name": f"{name} {self.mark}", "price": "1.00", **fields}
        answer = self.request("POST", PRODUCTS, json=product)
        assert answer.status == 201, answer.data
        return answer.json()

    def delete_what_was_added(self) -> None:
        while added := self.request("GET", PRODUCTS, fields={"q": self.mark, "limit": "100"}).json()["items"]:
            for product in added:
                answer = self.request("DELETE", f"{PRODUCTS}/{product['id']}", headers={"If-Match": "*"})
                assert answer.status == 204, answer.data


def token() -> str:
    settings = Settings(signing_key_file=str(SECRETS / "signing-key"))
    return page_tokens.signer(settings).sign(Principal("person", "installation test", "editor"))


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    site = reached()
    yield site
    site.delete_what_was_added()


def reached() -> Site:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            site = Site()
            site.request("GET", "/livez")
        except (OSError, urllib3.exceptions.HTTPError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
        else:
            return site


@pytest.fixture
def database() -> Callable[[str], MySQLdb.Connection]:
    """Connects as a user."""

    def connect(user: str) -> MySQLdb.Connection:
        password = (SECRETS / f"{user}-password").read_text(encoding="utf-8").rstrip("\n")
        return MySQLdb.connect(host="mysql", user=user, password=password, database="catalog", charset="utf8mb4")

    return connect
