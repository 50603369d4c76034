"""The Job that creates passwords completes its own Secret once, and changes nobody's."""

import base64
from typing import Any

import pytest
from kubernetes import client
from kubernetes.client.exceptions import ApiException

from cluster_jobs import credentials
from serving import credentials as generated

BEFORE = (*credentials.PASSWORDS, credentials.COOKIE_KEY)
NAME = "catalog-credentials"


class Server:
    """The part of the API server that the Job uses, with one Secret or none."""

    def __init__(self, keys: tuple[str, ...] | None, labels: dict[str, str]) -> None:
        self.labels = labels
        self.data: dict[str, Any] | None = None if keys is None else {key: encoded(f"old {key}") for key in keys}

    def create_namespaced_secret(self, namespace: str, body: client.V1Secret, **_: Any) -> None:
        if self.data is not None:
            raise ApiException(status=409)
        assert body.metadata
        assert body.string_data
        self.labels = body.metadata.labels or {}
        self.data = {key: encoded(value) for key, value in body.string_data.items()}

    def read_namespaced_secret(self, name: str, namespace: str, **_: Any) -> client.V1Secret:
        metadata = client.V1ObjectMeta(name=name, labels=self.labels, resource_version="7")
        return client.V1Secret(metadata=metadata, data=self.data)

    def patch_namespaced_secret(self, name: str, namespace: str, body: dict[str, Any], **_: Any) -> None:
        assert body["metadata"] == {"resourceVersion": "7"}
        assert self.data is not None
        self.data |= {key: encoded(value) for key, value in body["stringData"].items()}


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def ensure(server: Server, sign_in: dict[str, str] | None = None) -> str:
    made = generated.sign_in() if sign_in is None else sign_in
    return credentials.ensure(server, "shop", NAME, made)  # type: ignore[arg-type]


def test_a_new_secret_has_every_key_and_is_not_touched_again() -> None:
    server = Server(None, {})
    assert ensure(server) == f"Secret {NAME} created."
    assert server.data is not None
    made = dict(server.data)
    assert set(made) == {*BEFORE, *credentials.SIGN_IN_KEYS, "editor-password"}
    assert ensure(server) == f"Secret {NAME} already exists."
    assert server.data == made


def test_the_secret_of_a_version_before_gets_what_signing_in_needs_and_keeps_its_passwords() -> None:
    server = Server(BEFORE, credentials.LABELS | {"team": "shop"})
    assert "has been added" in ensure(server)
    assert server.data is not None
    assert {key: server.data[key] for key in BEFORE} == {key: encoded(f"old {key}") for key in BEFORE}
    assert server.data["readers"] == ""
    assert ensure(server) == f"Secret {NAME} already exists."


def test_without_sign_in_nothing_of_it_is_made_or_missed() -> None:
    server = Server(None, {})
    ensure(server, sign_in={})
    assert server.data is not None
    assert set(server.data) == set(BEFORE)
    assert ensure(server, sign_in={}) == f"Secret {NAME} already exists."


def test_the_password_in_clear_may_be_removed() -> None:
    server = Server((*BEFORE, *credentials.SIGN_IN_KEYS), credentials.LABELS)
    assert ensure(server) == f"Secret {NAME} already exists."
    assert server.data is not None
    assert "editor-password" not in server.data


@pytest.mark.parametrize(
    ("keys", "labels", "missing"),
    [
        (BEFORE, {}, "signing-key, verification-keys, editors, readers"),
        ((*BEFORE, "signing-key"), credentials.LABELS, "verification-keys, editors, readers"),
        ((*BEFORE[1:], *credentials.SIGN_IN_KEYS), credentials.LABELS, "root-password"),
    ],
    ids=["somebody else's", "half of a key pair", "a password that MySQL knows"],
)
def test_what_cannot_be_made_up_is_asked_for_by_name(
    keys: tuple[str, ...], labels: dict[str, str], missing: str
) -> None:
    server = Server(keys, labels)
    with pytest.raises(LookupError, match=f"lacks the keys {missing}: add them"):
        ensure(server)
    assert server.data is not None
    assert set(server.data) == set(keys)
