"""Programs with a token of an issuer that is trusted, such as a service account's of Kubernetes."""

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from flask import Flask

import add_product
import issuer
from apps import Api, Apps, close
from issuer import Issuer
from secured import NEW, PRODUCTS, assert_refused, bearing


@pytest.fixture
def trusted() -> Iterator[Issuer]:
    """An issuer that runs on this machine."""
    with issuer.running() as running:
        yield running


@pytest.fixture
def app(apps: Apps, trusted: Issuer, tmp_path: Path) -> Iterator[Flask]:
    """add-product, which trusts it."""
    file = tmp_path / "issuers.json"
    file.write_text(json.dumps([trusted.entry()]))
    made = add_product.create_app(msgspec.structs.replace(apps.settings, auth="on", jwt_issuers_file=str(file)))
    yield made
    close(made)


@pytest.mark.usefixtures("api")
def test_a_workload_may_do_what_its_claim_says(app: Flask, trusted: Issuer) -> None:
    client = app.test_client()
    assert client.post(PRODUCTS, json=NEW, headers=bearing(trusted.token())).status_code == 201
    reader, nobody = trusted.token(roles=["catalogue-readers"]), trusted.token(roles=["others"])
    assert_refused(client.post(PRODUCTS, json=NEW, headers=bearing(reader)), 403, "insufficient_scope")
    assert_refused(client.post(PRODUCTS, json=NEW, headers=bearing(nobody)), 403, "insufficient_scope")
    forged = trusted.token(aud="shop")
    assert_refused(client.post(PRODUCTS, json=NEW, headers=bearing(forged)), 401, "invalid_token")


def test_an_issuer_that_is_away_gets_503_and_writes_nothing(app: Flask, trusted: Issuer, api: Api) -> None:
    trusted.documents = {}
    answer = app.test_client().post(PRODUCTS, json=NEW, headers=bearing(trusted.token()))
    assert answer.status_code == 503
    assert answer.content_type == "application/problem+json"
    assert int(answer.headers["Retry-After"]) > 0
    assert api.names() == []


def test_keys_are_fetched_when_the_service_starts(app: Flask, trusted: Issuer) -> None:
    (task,) = [each for each in app.extensions["background"] if hasattr(each, "verify")]
    task.start()
    task.stop()
    assert [path for path, _ in trusted.requests] == [issuer.DISCOVERY, issuer.JWKS]
