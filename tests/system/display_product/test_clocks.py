"""Replicas whose clocks differ."""

import time

import pytest
from itsdangerous import TimestampSigner

from apps import Api
from pages import Browser


@pytest.mark.parametrize(("ahead", "status"), [(60, 303), (290, 303), (900, 403), (-60, 303)])
def test_a_form_of_a_replica_whose_clock_is_ahead_is_taken(
    ahead: int, status: int, browser: Browser, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as there:
        there.setattr(TimestampSigner, "get_timestamp", lambda _: int(time.time()) + ahead)
        page = browser.get("/products/new")
    assert browser.send(page, "/products/new", name="Vase", price="1").status == status
    assert len(api.all()) == (status == 303)


@pytest.mark.parametrize(("ahead", "status"), [(60, 200), (900, 400)])
def test_so_is_the_question_whether_to_delete(
    ahead: int, status: int, browser: Browser, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = api.create()
    browser.get("/products/new")
    with monkeypatch.context() as there:
        there.setattr(TimestampSigner, "get_timestamp", lambda _: int(time.time()) + ahead)
        question = browser.get(f"/products/{product['id']}/delete")
    browser.client.delete_cookie("catalog_session")
    token = browser.get("/products/new").fields()["csrf_token"]
    assert browser.send(question, f"/products/{product['id']}/delete", csrf_token=token).status == status
