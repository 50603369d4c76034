"""Tries all three services: `python -m cluster_jobs.smoke ADD READ DISPLAY [read|closed]`.

`helm test` runs this program. The first arguments are the services' base URLs. Where nobody signs in, it adds a
product, finds it in all three, and deletes it. It has no token, so where people sign in, it checks that everything
answers, and that whoever has none can only read (`read`), or not even that (`closed`).
"""

import json
import sys
import time
import uuid
from typing import Any

import urllib3

TIMEOUT_SECONDS = 15.0
REPLICA_SECONDS = 30.0
"""Maximum lag of the database replica that read-product may read from."""
http = urllib3.PoolManager(timeout=TIMEOUT_SECONDS, retries=urllib3.Retry(3, backoff_factor=0.5, redirect=0))


class Failure(Exception):
    """A failed step; the message says which."""


def call(method: str, url: str, *expected: int, **options: Any) -> urllib3.BaseHTTPResponse:
    """Sends one request. Raises Failure unless the response has an expected status."""
    try:
        answer = http.request(method, url, **options)
    except urllib3.exceptions.HTTPError as error:
        raise Failure(f"{method} {url}: {error}") from error
    if answer.status not in expected:
        raise Failure(f"{method} {url} answered {answer.status} instead of {expected[0]}: {answer.data[:500]!r}")
    print(f"{method} {url}: {answer.status}", flush=True)
    return answer


def see(url: str, expected: int, behind: int) -> urllib3.BaseHTTPResponse:
    """Repeats a GET until the last write is visible; while a replica lags, the status may still be `behind`.

    Raises Failure if it still is after REPLICA_SECONDS, and at once for any other status.
    """
    end = time.monotonic() + REPLICA_SECONDS
    while (answer := call("GET", url, expected, behind)).status == behind:
        if time.monotonic() > end:
            raise Failure(f"GET {url} answered {behind} instead of {expected} for {REPLICA_SECONDS:g} s")
        time.sleep(1)
    return answer


def add(base: str, name: str) -> dict[str, Any]:
    """Adds a product through the API."""
    headers = {"Content-Type": "application/json", "Idempotency-Key": uuid.uuid4().hex}
    body = json.dumps({"name": name, "price": "0.01"})
    product: dict[str, Any] = call("POST", f"{base}/api/v1/products", 201, body=body, headers=headers).json()
    return product


def try_all(add_url: str, read_url: str, display_url: str) -> None:
    """Runs the whole test. Leaves no product behind, unless it fails."""
    name = f"Installation test {uuid.uuid4()}"
    product = add(add_url, name)
    found = see(f"{read_url}/api/v1/products/{product['id']}", 200, behind=404)
    if found.json()["name"] != name:
        raise Failure(f"read-product calls the product {found.json()['name']!r} instead of {name!r}")
    if name not in see(f"{display_url}/products/{product['id']}", 200, behind=404).data.decode():
        raise Failure(f"the page of display-product does not show {name!r}")
    etag = found.headers["ETag"]
    call("DELETE", f"{add_url}/api/v1/products/{product['id']}", 204, headers={"If-Match": etag})
    see(f"{read_url}/api/v1/products/{product['id']}", 404, behind=200)


def refused(method: str, url: str, **options: Any) -> None:
    """Sends a request without a token. Raises Failure unless it is refused as RFC 6750 says."""
    answer = call(method, url, 401, **options)
    if not answer.headers.get("WWW-Authenticate", "").startswith("Bearer"):
        raise Failure(f"{method} {url} answered 401 without asking for a bearer token")


def try_without_token(add_url: str, read_url: str, display_url: str, *, reads: bool) -> None:
    """Checks that the services and their databases answer, that nobody can write, and whether everybody `reads`."""
    for base in (add_url, read_url, display_url):
        call("GET", f"{base}/readyz", 200)
    product = json.dumps({"name": f"Installation test {uuid.uuid4()}", "price": "0.01"})
    refused("POST", f"{add_url}/api/v1/products", body=product, headers={"Content-Type": "application/json"})
    refused("DELETE", f"{add_url}/api/v1/products/1", headers={"If-Match": "*"})
    if reads:
        call("GET", f"{read_url}/api/v1/products?limit=1", 200)
        call("GET", f"{display_url}/products", 200)
    else:
        refused("GET", f"{read_url}/api/v1/products?limit=1")
    page = call("GET", f"{display_url}/sign-in", 200).data
    if b'type="password"' not in page and b"/sign-in/provider" not in page:
        raise Failure(f"{display_url}/sign-in offers no way to sign in")


def main(arguments: list[str]) -> None:
    """Entry point of `python -m cluster_jobs.smoke`."""
    urls, mode = arguments[:3], arguments[3:]
    if len(urls) != 3 or mode not in ([], ["read"], ["closed"]):
        sys.exit("usage: python -m cluster_jobs.smoke ADD READ DISPLAY [read|closed]")
    try:
        if mode:
            try_without_token(*urls, reads=mode == ["read"])
        else:
            try_all(*urls)
    except Failure as failure:
        sys.exit(f"error: {failure}")
    print("All three services work together.")


if __name__ == "__main__":
    main(sys.argv[1:])
