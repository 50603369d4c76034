"""The pages at an address, and people who open them in Chromium."""

import base64
import hashlib
import os
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Request, Response

# The browser tests' journeys can also be tried on pages that run elsewhere, such as behind an ingress.
REMOTE_URL = os.environ.get("CATALOG_TEST_PAGES_URL")
"""Address of the pages, with a slash at the end."""
REMOTE_CONNECT = os.environ.get("CATALOG_TEST_PAGES_CONNECT")
"""HOST:PORT where that address is reached, when its name is not in the DNS."""
REMOTE_CA = os.environ.get("CATALOG_TEST_PAGES_CA")
"""File with the certificate authority that its certificate comes from, when it is not a public one."""
REMOTE_NAME = os.environ.get("CATALOG_TEST_PAGES_NAME", "")
REMOTE_PASSWORD = os.environ.get("CATALOG_TEST_PAGES_PASSWORD", "")
"""An account that may write there, where people must sign in."""


@dataclass
class Site:
    """Where the pages are, and a Chromium that reaches them."""

    url: str
    chromium: Browser

    @contextmanager
    def visit(self, expected: tuple[str, ...] = (), **options: Any) -> Iterator[Page]:
        """A new person's browser; at the end nothing may have gone wrong behind the page, but for what is expected."""
        context = self.chromium.new_context(**{"base_url": self.url, "locale": "en-GB", **options})
        watch = Watch(self.url)
        watch.attach(context)
        try:
            yield context.new_page()
        finally:
            context.close()
        unexpected = [each for each in watch.complaints if not any(part in each for part in expected)]
        assert not unexpected, unexpected


@dataclass
class Watch:
    """Notes what goes wrong without being seen on the page."""

    origin: str
    complaints: list[str] = field(default_factory=list)

    def attach(self, context: BrowserContext) -> None:
        """Watches every page of a browser."""
        context.on("request", self._request)
        context.on("requestfailed", self._failed)
        context.on("response", self._response)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.complaints.append(f"error in a script: {error.error}"))

    def _request(self, request: Request) -> None:
        here = urlsplit(self.origin)
        there = urlsplit(request.url)
        if (there.scheme, there.netloc) != (here.scheme, here.netloc) and there.scheme != "data":
            self.complaints.append(f"external request: {request.url}")

    def _failed(self, request: Request) -> None:
        # Whoever goes on, closes a page or gets a download ends what was still on its way; that is no fault.
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"failed request: {request.url}: {request.failure}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and not response.request.is_navigation_request():
            self.complaints.append(f"failed request: {response.url}: {response.status}")
        if response.status >= 500:
            self.complaints.append(f"server error: {response.url}: {response.status}")

    def _console(self, message: ConsoleMessage) -> None:
        # An error page is itself a resource that "failed to load"; for all others there is the status above.
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self.complaints.append(f"console: {message.text}")


def launch(playwright: Playwright, *arguments: str) -> Browser:
    """Chromium as the machine has it."""
    sandbox = [] if os.geteuid() else ["--no-sandbox"]
    return playwright.chromium.launch(
        executable_path=shutil.which("chromium"), args=["--disable-background-networking", *sandbox, *arguments]
    )


def reaching(url: str, connect: str | None, ca_file: str | None) -> list[str]:
    """Arguments that lead Chromium to this address, and make it trust the one certificate that the authority vouches for."""
    host, port = urlsplit(url).hostname or "", urlsplit(url).port or 443
    arguments = []
    if connect:
        arguments.append(f"--host-resolver-rules=MAP {host}:{port} {connect}")
    if ca_file:
        there, _, number = (connect or f"{host}:{port}").rpartition(":")
        arguments.append(f"--ignore-certificate-errors-spki-list={_key_of(there, int(number), host, ca_file)}")
    return arguments


def _key_of(host: str, port: int, name: str, ca_file: str) -> str:
    """SHA-256 of the server's public key, after its certificate has been checked; Chromium takes no other authority."""
    trusting = ssl.create_default_context(cafile=ca_file)
    with socket.create_connection((host, port)) as plain, trusting.wrap_socket(plain, server_hostname=name) as secure:
        certificate = secure.getpeercert(binary_form=True)
    pem = _openssl("x509", "-inform", "der", "-noout", "-pubkey", given=certificate)
    key = _openssl("pkey", "-pubin", "-outform", "der", given=pem)
    return base64.b64encode(hashlib.sha256(key).digest()).decode()


def _openssl(*arguments: str, given: bytes | None) -> bytes:
    return subprocess.run(["openssl", *arguments], input=given, capture_output=True, check=True).stdout
