"""Error pages: what happened, what to do next, and a way back, in the person's language."""

import logging
from http import HTTPStatus

from flask import Flask, Response, current_app, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from display_product import client, messages
from display_product.formats import number
from display_product.web import decisions, limits, preferences
from serving import problems, streams

RETRY_AFTER_SECONDS = 5

log = logging.getLogger(__name__)


def register(app: Flask) -> None:
    """Makes the app respond to every error with a page."""
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(CSRFError, expired)
    app.register_error_handler(client.Away, away)
    app.register_error_handler(streams.TooMany, _too_many)
    app.register_error_handler(client.Missing, missing)
    app.register_error_handler(client.Refused, refused)
    app.register_error_handler(decisions.SignInNeeded, _sign_in)
    app.register_error_handler(decisions.NotAllowed, not_allowed)
    app.register_error_handler(client.Forbidden, not_allowed)
    app.register_error_handler(client.Unrecognised, unrecognised)
    app.register_error_handler(OSError, _storage_full)
    app.register_error_handler(Exception, _bug)


def page(status: int, title: str, *sentences: str) -> Response:
    """An error page."""
    return make_response(render_template("error.html", status=status, heading=title, sentences=sentences), status)


def away(error: client.Away) -> Response:
    """503: a service does not respond; says what still works."""
    if error.service == client.ADD:
        what = _("Products cannot be added, changed or deleted at the moment, but you can still view them.")
    else:
        what = _("The products cannot be shown at the moment. Nothing is lost.")
    response = page(503, _("The catalogue is out of reach"), what, _("Try again in a minute."))
    response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _too_many(_error: streams.TooMany) -> Response:
    return away(client.Away(client.READ))


def missing(error: client.Missing) -> Response:
    """404: no such product."""
    return page(
        404,
        _("There is no such product"),
        _("It may have been deleted, or its address may be mistyped."),
        _("Search for it by name, or browse the list."),
    )


def refused(error: client.Refused) -> Response:
    """400: the list's address has an invalid argument; 503: the search is too expensive."""
    if error.status == HTTPStatus.SERVICE_UNAVAILABLE:
        return page(
            error.status,
            _("This search takes too long"),
            _("Too many products have words that begin with these."),
            _("Try more or longer words."),
        )
    parameter = error.errors[0].pointer if error.errors else ""
    return page(
        400,
        _("This address does not work"),
        messages.of_parameter(parameter),
        _("Start again from the first page of the list."),
    )


def expired(error: CSRFError | None = None) -> Response:
    """403: the CSRF token is wrong, or its session has ended."""
    return page(
        403,
        _("The form could not be accepted"),
        _("It was open for too long, or your browser blocks cookies for this site. Nothing was changed."),
        _("Go back, reload the page and send the form again."),
    )


def not_allowed(error: decisions.NotAllowed | client.Forbidden | None = None) -> Response:
    """403: the role of whoever is signed in does not suffice."""
    limits.drain(current_app.extensions["drain_max"])
    return page(
        403,
        _("You may look, but not change anything"),
        _("You are signed in as a reader. Adding, changing, deleting and importing is for editors."),
        _("If that is part of your work, ask the people who run the catalogue to make you an editor."),
    )


def unrecognised(error: client.Unrecognised) -> Response:
    """503: a service does not believe who is at the page, so the keys, clocks or settings of the services differ."""
    response = page(
        503,
        _("The catalogue does not recognise you"),
        _("One part of the catalogue does not accept that you have signed in here. The fault is ours."),
        _("Try again in a minute. If it happens again, tell the people who run the catalogue."),
    )
    response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _sign_in(error: decisions.SignInNeeded) -> BaseResponse:
    """Leads to the sign-in page, and from there back to this one, or home if this one is only reached by a form."""
    limits.drain(current_app.extensions["drain_max"])
    response = redirect(url_for("signing_in.show", next=preferences.here()), HTTPStatus.SEE_OTHER)
    response.headers["Cache-Control"] = "no-store"
    return response


def _http_error(error: HTTPException) -> Response:
    """Errors that Flask and Werkzeug raise: unknown addresses and methods, bodies that are too large, …"""
    status = error.code or 500
    if error.response is not None or status < 400:
        return error.get_response()  # type: ignore[return-value]
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        limits.drain(current_app.extensions["drain_max"])
    response = page(status, *_texts(status))
    for name, value in error.get_headers():
        if name not in ("Content-Type", "Content-Length"):
            response.headers[name] = value
    return response


def _texts(status: int) -> tuple[str, ...]:
    most = number(current_app.extensions["settings"].import_max_bytes / 1024 / 1024)
    match status:
        case HTTPStatus.NOT_FOUND:
            return (
                _("There is no page at this address"),
                _("The address may be mistyped, or the page may have moved."),
                _("Start from the home page, or search for a product."),
            )
        case HTTPStatus.METHOD_NOT_ALLOWED:
            return (
                _("This address cannot be used like that"),
                _("It only accepts forms, or it is read-only."),
                _("Start from the home page."),
            )
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return (
                _("That is too large"),
                _("An import file can be up to %(most)s MB; a product’s text must be much shorter.", most=most),
                _("Split the file into smaller ones, or shorten the text. Nothing was changed."),
            )
    return (
        _("The request could not be understood"),
        _("There is a mistake in the address or the form. Nothing was changed."),
        _("Go back and try again."),
    )


def _storage_full(error: OSError) -> Response:
    """507: there is no room to store the request while it is read."""
    if not problems.is_storage_full(error):
        return _bug(error)
    log.error("no room: %s", error)
    return page(
        HTTPStatus.INSUFFICIENT_STORAGE,
        _("The server is out of space"),
        _("The server could not store what you sent. Nothing was changed."),
        _("Try again in a minute. If it happens again, tell the people who run the catalogue."),
    )


def _bug(error: Exception) -> Response:
    log.error("unhandled error at %s", request.path, exc_info=error)
    return page(
        500,
        _("Something went wrong"),
        _("The fault is ours. It has been logged under the number below."),
        _("Try again. If it happens again, give that number to the people who run the catalogue."),
    )
