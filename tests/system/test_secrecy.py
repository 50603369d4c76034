"""No token reaches a log, a metric or an answer, however the request is malformed."""

import json
import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

import people
from catalog import api_tokens
from keys import claims
from people import PASSWORDS
from processes import SERVICES, Client, Running, running_services
from secured import NEW, bearing
from serving.access import Principal
from serving.bearer import Signer

PATH = "/api/v1/products"


@pytest.fixture(scope="module", params=["auto", "python"])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The three services with authentication on, with either of gunicorn's parsers."""
    directory = tmp_path_factory.mktemp("secrecy")
    environment = people.environment(directory, anonymous_read="false", log_level="DEBUG", workers="1")
    with running_services(directory, **environment, GUNICORN_CMD_ARGS=f"--http-parser {request.param}") as found:
        yield found


def person(directory: Path) -> dict[str, str]:
    """The header of the pages for a person."""
    signer = Signer(str(directory / "signing_key_file"), "SIGNING", claims()["iss"], claims()["aud"])
    return bearing(signer.sign(Principal("person", "Zoë", "editor")))


def raw(url: str, head: bytes, line: bytes = b"GET /api/v1/products HTTP/1.1") -> bytes:
    """The answer to a request whose head no client would send."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as client:
        client.sendall(line + b"\r\nHost: c\r\n" + head + b"\r\n\r\n")
        return client.recv(10_000)


def test_no_token_reaches_a_log_a_metric_or_an_answer(running: Running) -> None:
    add, read = (Client(running.urls[name]) for name in ("add_product", "read_product"))
    pages = person(running.directory)
    made = add.post("/api/v1/tokens", json={"name": "Nightly", "role": "editor", "days": 1}, headers=pages)
    assert made.status_code == 201
    token = made.json["token"]
    assert add.post(PATH, json=NEW, headers=bearing(token)).status_code == 201
    assert read.get(PATH, headers=bearing(token)).status_code == 200
    unknown = api_tokens.generate()
    answers = [
        read.get(f"{PATH}?access_token={token}").get_data(),
        read.get(PATH, headers=bearing(unknown)).get_data(),
        read.get(PATH, headers=bearing(token + "x")).get_data(),
        read.get(PATH, headers={"Authorization": f"Basic {token}"}).get_data(),
    ]
    for url in (running.urls["add_product"], running.urls["read_product"], running.urls["display_product"]):
        secret = token.encode()
        for head in (
            b"Authorization Bearer " + secret,
            b"Authorization: Bearer " + secret + b"\x01",
            b"Authorization: Bearer\r\n " + secret,
            b"Authorization : Bearer " + secret,
            b"Authorization: Bearer " + secret * 200,
            b"Authorization: Bearer " + secret + b", Bearer " + secret,
        ):
            answers.append(raw(url, head))
        # A page may repeat its own address.
        raw(url, b"A: b", b"GET  /x?access_token=" + secret + b" HTTP/1.1")
    metrics = [urllib.request.urlopen(url).read() for url in running.metrics.values()]
    logs = "".join(running.log(service) for service in SERVICES)
    everything = logs + b"".join([*answers, *metrics]).decode("latin-1")
    secrets = [token, unknown, pages["Authorization"].split(".")[2], *PASSWORDS.values()]
    assert [secret for secret in secrets if secret in everything] == []
    events = [json.loads(line) for line in logs.splitlines() if '"logger": "audit"' in line]
    assert {"tokens.create_token", "products.add_product", "refused"} <= {event["event"] for event in events}
    assert any(b'catalog_auth_refusals_total{reason="unknown"} 1.0' in text for text in metrics)
