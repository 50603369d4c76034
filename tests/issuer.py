"""A trusted issuer of tokens, which publishes its keys on this machine."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from keys import claims, signed

DISCOVERY = "/.well-known/openid-configuration"
KEY_SET = "application/jwk-set+json"
"""The media type of JWKS, which Kubernetes wants to be asked for by name."""
JWKS = "/keys"


class Issuer:
    """Its address, its keys, and the requests for them."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.keys = dict(_keys())
        self.requests: list[tuple[str, str | None]] = []
        """Paths and Authorization headers."""
        self.answers = threading.Event()
        """Until it is set, requests wait."""
        self.answers.set()
        self.documents: dict[str, tuple[int, Any]] = {DISCOVERY: (200, {"issuer": url, "jwks_uri": url + JWKS})}
        self.publish(*self.keys.values())

    def publish(self, *keys: Key | dict[str, Any]) -> None:
        """Publishes these keys and no others."""
        published = [
            key if isinstance(key, dict) else {**key.as_dict(private=False), "kid": key.thumbprint(), "use": "sig"}
            for key in keys
        ]
        self.documents[JWKS] = (200, {"keys": published})

    def token(self, alg: str = "RS256", **others: object) -> str:
        """A token of a program, with changes to what it says."""
        return signed(self.keys[alg], self.claims(**others), alg=alg)

    def claims(self, **others: object) -> dict[str, Any]:
        """What a token of a program says."""
        return claims(**{"iss": self.url, "sub": "importer", "aud": "product-catalog", "kind": None, "role": None,
                         "roles": ["catalogue-editors"], **others})  # fmt: skip

    def entry(self, **others: object) -> dict[str, Any]:
        """The issuer as a configuration names it."""
        return {"issuer": self.url, "audience": "product-catalog", "claim": "roles",
                "editors": ["catalogue-editors"], "readers": ["catalogue-readers"], **others}  # fmt: skip


@cache
def _keys() -> dict[str, Key]:
    """A key for each algorithm, made once, since that takes long."""
    return {
        "RS256": RSAKey.generate_key(2048),
        "ES256": ECKey.generate_key("P-256"),
        "EdDSA": OKPKey.generate_key("Ed25519"),
    }


@contextmanager
def running() -> Iterator[Issuer]:
    """Serves an issuer."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.requests.append((self.path, self.headers.get("Authorization")))
            issuer.answers.wait(10)
            status, document = issuer.documents.get(self.path, (404, {}))
            if self.path == JWKS and KEY_SET not in self.headers.get("Accept", ""):
                status, document = 406, {}
            body = document if isinstance(document, bytes) else json.dumps(document).encode()
            self.send_response(status)
            if status == 302:
                self.send_header("Location", issuer.url + JWKS)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer = Issuer(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield issuer
    server.shutdown()
    thread.join()
    server.server_close()
