"""Signs people in by name and password, and signs everybody out."""

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import (
    Blueprint,
    abort,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from werkzeug.wrappers import Response
from wtforms import HiddenField, PasswordField, StringField

from catalog import counters
from display_product import errors
from display_product.forms import PlainForm
from display_product.web import decisions, door, people, preferences
from display_product.web.accounts import canonical
from display_product.web.sessions import csrf
from serving import access, audit
from serving.credentials import PASSWORD_BYTES_MAX

if TYPE_CHECKING:
    from display_product.web.oidc import Provider

views = Blueprint("signing_in", __name__)


class SignInForm(PlainForm):
    """Name and password, and where to go then."""

    name = StringField(lazy_gettext("Name"))
    password = PasswordField(lazy_gettext("Password"))
    next = HiddenField()


@views.get("/sign-in")
@decisions.open_to_all
def show() -> Response:
    """Shows the form."""
    return page(SignInForm(formdata=None, next=request.args.get("next", "")))


# The view checks the CSRF token itself, so that the name is kept if the token has expired.
@views.post("/sign-in")
@decisions.open_to_all
@csrf.exempt
def sign_in() -> Response:
    """Checks name and password, and goes on to where the person wanted to go."""
    form = SignInForm()
    entrance: door.Door | None = current_app.extensions["door"]
    if entrance is None:
        abort(HTTPStatus.NOT_FOUND)
    if preferences.switched():
        return page(form)
    if not form.validate_on_submit():
        fault = _("The form was open for too long, or your browser blocks cookies. Please send it again.")
        return page(form, HTTPStatus.FORBIDDEN, fault)
    name = canonical(form.name.data or "")
    try:
        account = entrance.enter(name, form.password.data or "", audit.address(), door.recall(name))
    except door.TooOften as error:
        note(name, "throttled")
        fault = _("There were too many attempts. Wait for %(seconds)s seconds, then try again.", seconds=error.seconds)
        return later(page(form, HTTPStatus.TOO_MANY_REQUESTS, fault), error.seconds)
    except door.Busy:
        note(name, "busy")
        fault = _("Many people are signing in at the moment. Try again in a few seconds.")
        return later(page(form, HTTPStatus.SERVICE_UNAVAILABLE, fault), door.BUSY_SECONDS)
    if account is None:
        note(name, "refused")
        return page(form, HTTPStatus.UNPROCESSABLE_ENTITY, _why_not(form.password.data or ""))
    people.get().sign_in("account", account.name, account.role, account.fingerprint)
    counters.sign_ins.labels("account", "success").inc()
    audit.record("sign_in", method="account")
    response = redirect(target(form.next.data or ""), HTTPStatus.SEE_OTHER)
    door.remember(response, account.name)
    return response


@views.get("/account")
@decisions.member
def account() -> Response:
    """Shows who is signed in, and the way out."""
    page = render_template("account.html", form=PlainForm(formdata=None), person=people.current())
    response = make_response(page)
    response.headers["Cache-Control"] = "private, no-store"
    return response


# Whoever is signed out already needs no token for it.
@views.post("/sign-out")
@decisions.open_to_all
@csrf.exempt
def sign_out() -> Response:
    """Ends the session."""
    person = people.current()
    if person is not None:
        if not PlainForm().validate_on_submit():
            return errors.expired()
        audit.record("sign_out", method=person.method)
        people.sign_out()
    provider: Provider | None = current_app.extensions["provider"]
    response: Response
    if provider is not None and person is not None and person.method == "oidc" and provider.offers_sign_out():
        # No redirect: the policy of the pages lets no form lead to another site.
        address = url_for("provider.leave")
        response = make_response(render_template("signed_out.html", address=address))
        response.headers["Refresh"] = f"0; url={address}"
        response.headers["Cache-Control"] = "private, no-store"
    else:
        flash(_("You have signed out."))
        response = redirect(url_for("home.index"), HTTPStatus.SEE_OTHER)
    # So that the Back button shows nobody else what this person saw.
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def page(form: SignInForm, status: int = HTTPStatus.OK, fault: str | None = None) -> Response:
    """The sign-in page."""
    html = render_template(
        "sign_in.html", form=form, fault=fault, here=url_for("signing_in.show", next=form.next.data or None),
        by_name=current_app.extensions["door"] is not None, by_provider=current_app.extensions["provider"] is not None,
    )  # fmt: skip
    response = make_response(html, status)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def later(response: Response, seconds: int) -> Response:
    """The response, with the time after which to try again."""
    response.headers["Retry-After"] = str(seconds)
    return response


def _why_not(password: str) -> str:
    if len(password.encode()) > PASSWORD_BYTES_MAX:
        return _("A password can have %(most)s bytes at most.", most=PASSWORD_BYTES_MAX)
    return _("Name or password is wrong.")


def note(name: str, result: str, method: people.Method = "account") -> None:
    """Counts and logs an attempt that failed. Only the name of an account is logged: others may be a password."""
    counters.sign_ins.labels(method, result).inc()
    entrance: door.Door | None = current_app.extensions["door"]
    known = name if entrance is not None and entrance.knows(name) else None
    audit.record("sign_in_failed", access.ANONYMOUS, method=method, reason=result, name_given=known)


def target(address: str) -> str:
    """Where to go after the sign-in: never out of these pages, and not back to this one."""
    found = preferences.local(address)
    return url_for("home.index") if found.startswith(url_for("signing_in.show")) else found
