"""Adds a product, finds it in all three services, and deletes it: `python -m cluster_jobs.smoke ADD READ DISPLAY`.

`helm test` runs this program. The arguments are the services' base URLs.
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


def main(arguments: list[str]) -> None:
    """Entry point of `python -m cluster_jobs.smoke`."""
    if len(arguments) != 3:
        sys.exit("usage: python -m cluster_jobs.smoke ADD READ DISPLAY")
    try:
        try_all(*arguments)
    except Failure as failure:
        sys.exit(f"error: {failure}")
    print("All three services work together.")


if __name__ == "__main__":
    main(sys.argv[1:])
