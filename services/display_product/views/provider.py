"""Signs people in at an OpenID Connect provider."""

import logging
from http import HTTPStatus

import flask
import msgspec
from flask import Blueprint, current_app, redirect, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from catalog import counters
from display_product import errors
from display_product.views.signing_in import SignInForm, later, note, page, target
from display_product.web import decisions, oidc, people
from display_product.web.sessions import set_cookie
from serving import audit

BEGUN = "begun"
BEGUN_MAX = 3
"""How many sign-ins may be on their way in a browser; a cookie has no room for more."""
NEXT_MAX = 500
TOKEN_COOKIE = "catalog_id_token"  # noqa: S105
TOKEN_MAX = 3800
"""The longest ID token that fits into a cookie. Without it, some providers ask the person whether to sign out."""

views = Blueprint("provider", __name__)
log = logging.getLogger(__name__)


# A link, since the policy of the pages lets no form lead to another site. Begun by somebody else, it changes nothing.
@views.get("/sign-in/provider")
@decisions.open_to_all
def begin() -> Response:
    """Sends the person to the provider."""
    destination = target(request.args.get("next", ""))
    provider = _found()
    try:
        address, state, begun = provider.begin(_return_address(), destination if len(destination) <= NEXT_MAX else "")
    except oidc.Away as away:
        return _away(away, destination)
    waiting = dict([*session.get(BEGUN, {}).items(), (state, msgspec.to_builtins(begun))][-BEGUN_MAX:])
    session[BEGUN] = waiting
    response = redirect(address, HTTPStatus.SEE_OTHER)
    response.headers["Cache-Control"] = "no-store"
    return response


@views.get("/sign-in/callback")
@decisions.open_to_all
def finish() -> Response:
    """Takes the provider's answer."""
    waiting = dict(session.get(BEGUN, {}))
    found = waiting.pop(request.args.get("state", ""), None)
    session[BEGUN] = waiting
    begun = msgspec.convert(found, oidc.Begun) if found else None
    destination = begun.next if begun else ""
    try:
        who = _found().finish(request.args, begun, _return_address())
    except oidc.Away as away:
        return _away(away, destination)
    except oidc.Rejected as rejected:
        log.warning("a sign-in at the provider failed: %s", rejected)
        note("", rejected.reason, "oidc")
        form = SignInForm(formdata=None, next=destination)
        return page(form, HTTPStatus.FORBIDDEN, _why_rejected(rejected.reason))
    people.get().sign_in("oidc", who.name, who.role, _found().fingerprint)
    counters.sign_ins.labels("oidc", "success").inc()
    audit.record("sign_in", method="oidc", subject=who.subject)
    response = redirect(target(destination), HTTPStatus.SEE_OTHER)
    if len(who.token) <= TOKEN_MAX:
        set_cookie(response, TOKEN_COOKIE, who.token, path=url_for("signing_in.sign_out"))
    return response


# Only for whoever has signed out here, which nobody can do for somebody else.
@views.get("/sign-out/provider")
@decisions.open_to_all
def leave() -> Response:
    """Sends whoever has signed out here to the provider, to sign out there too."""
    if people.current() is not None:
        return redirect(url_for("signing_in.account"), HTTPStatus.SEE_OTHER)
    home = flask.url_for("home.index", _external=True)
    address = _found().logout_address(request.cookies.get(TOKEN_COOKIE, ""), home)
    response = redirect(address or home, HTTPStatus.SEE_OTHER)
    response.headers["Cache-Control"] = "no-store"
    set_cookie(response, TOKEN_COOKIE, "", max_age=0, path=url_for("signing_in.sign_out"))
    return response


def _found() -> oidc.Provider:
    found: oidc.Provider = current_app.extensions["provider"]
    return found


def _away(away: oidc.Away, destination: str) -> Response:
    log.error("nobody can sign in at the provider now: %s", away)
    note("", "away", "oidc")
    fault = _("The provider does not answer, so nobody can sign in there at the moment. Try again in a minute.")
    form = SignInForm(formdata=None, next=destination)
    return later(page(form, HTTPStatus.SERVICE_UNAVAILABLE, fault), errors.RETRY_AFTER_SECONDS)


def _return_address() -> str:
    """Where the provider sends people back to, as it must be registered there."""
    return flask.url_for("provider.finish", _external=True)


def _why_rejected(reason: str) -> str:
    match reason:
        case "state":
            return _("This sign-in was begun in another browser, or too long ago. Please begin again.")
        case "denied":
            return _("The provider did not let you in.")
        case "group":
            return _("Your account is in none of the groups that may use the catalogue. Ask the people who run it.")
    return _("The provider’s answer could not be accepted. If it happens again, tell the people who run the catalogue.")
