"""The catalogue as people and programs use it: pages through the ingress, the API through a port of a service."""

import re
import uuid
from typing import Any

import urllib3

from e2e.kube import Release


class Browser:
    """Opens pages at the ingress host over HTTPS, and keeps cookies like a browser."""

    def __init__(self, https_port: int, host: str, ca_file: str) -> None:
        self.host = host
        self.pool = urllib3.HTTPSConnectionPool(
            "127.0.0.1",
            https_port,
            maxsize=16,
            ca_certs=ca_file,
            server_hostname=host,
            assert_hostname=host,
            timeout=urllib3.Timeout(connect=5, read=35),
            retries=False,
        )
        self.cookies: dict[str, str] = {}

    def open(self, method: str, path: str, **options: Any) -> urllib3.BaseHTTPResponse:
        """One request; redirects are not followed."""
        headers = {"Host": self.host, "Referer": f"https://{self.host}/", **options.pop("headers", {})}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = self.pool.request(method, path, headers=headers, redirect=False, **options)
        for given in answer.headers.getlist("Set-Cookie"):
            name, _, value = given.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer

    def form(self, path: str) -> dict[str, str]:
        """The hidden fields of a page's form."""
        page = self.open("GET", path).data.decode()
        return dict(re.findall(r'<input[^>]*name="(csrf_token|token|etag)"[^>]*value="([^"]*)"', page))

    def sign_in(self, name: str, password: str, status: int = 303) -> None:
        """Fills in and sends the form for signing in."""
        fields = self.form("/sign-in") | {"name": name, "password": password, "next": ""}
        answer = self.open("POST", "/sign-in", fields=fields, encode_multipart=False)
        assert answer.status == status, answer.data

    def sign_in_if_asked(self, release: Release) -> None:
        """Signs in as the release's first editor, unless nobody needs to there."""
        if release.signs_in():
            self.sign_in("editor", release.credential("editor-password"))

    def add(self, name: str, price: str = "1.50", **more: str) -> urllib3.BaseHTTPResponse:
        """Fills in and sends the form for a new product."""
        fields = self.form("/products/new") | {"name": name, "price": price, "sku": "", "description": ""} | more
        return self.open("POST", "/products/new", fields=fields, encode_multipart=False)


def add_product(release: Release, name: str, price: str = "2.00") -> dict[str, Any]:
    """Adds a product by the API of add-product."""
    with release.forward(f"service/{release.prefix}-add-product", 80) as base:
        headers = {"Idempotency-Key": uuid.uuid4().hex, **release.bearer()}
        answer = urllib3.request(
            "POST", f"{base}/api/v1/products", json={"name": name, "price": price}, headers=headers
        )
    assert answer.status == 201, answer.data
    product: dict[str, Any] = answer.json()
    return product


def products(release: Release, query: str = "") -> list[dict[str, Any]]:
    """Every product that read-product lists."""
    found: list[dict[str, Any]] = []
    with release.forward(f"service/{release.prefix}-read-product", 80) as base:
        path: str | None = f"/api/v1/products?limit=100&q={query}"
        headers = {"Cache-Control": "no-cache", **release.bearer()}
        while path:
            answer = urllib3.request("GET", base + path, headers=headers)
            assert answer.status == 200, answer.data
            found += answer.json()["items"]
            next_page = answer.json()["next"]
            path = next_page and re.sub(r"^https?://[^/]+", "", next_page)
    return found


def names(release: Release, query: str = "") -> list[str]:
    """Names of the products that read-product lists."""
    return [product["name"] for product in products(release, query)]
