import pytest

from conftest import PRODUCTS, SIGNING_IN, Site

pytestmark = pytest.mark.skipif(not SIGNING_IN, reason="nobody signs in: AUTH is unprotected")


def test_whoever_has_no_token_writes_nothing(site: Site) -> None:
    refused = site.anonymously("POST", PRODUCTS, json={"name": site.mark, "price": "1.00"})
    assert (refused.status, refused.headers["WWW-Authenticate"].partition(" ")[0]) == (401, "Bearer")
    assert site.request("GET", "/api/v1/tokens").status == 200
    assert site.anonymously("GET", "/api/v1/tokens").status == 401
    assert site.anonymously("DELETE", f"{PRODUCTS}/1", headers={"If-Match": "*"}).status == 401


def test_whoever_has_not_signed_in_is_asked_to_before_they_can_write(site: Site) -> None:
    form = site.request("GET", "/products/new")
    assert form.status == 303
    assert "/sign-in?next=" in form.headers["Location"]
