"""Who is signed in. The session, a signed cookie, says who it was; each request checks that it still holds.

A session ends 8 hours after its last use, 7 days after it began, with a change of the account's password, with the
account itself, and with a new generation, which signs everybody out.
"""

import time
from collections.abc import Callable
from typing import Any, Literal

import msgspec
from flask import Flask, current_app, flash, g, request, session
from flask_babel import lazy_gettext

from catalog.settings import Settings
from serving.access import ANONYMOUS, Principal, Role

IDLE_SECONDS = 8 * 3600
LASTS_SECONDS = 7 * 24 * 3600
NOTED_SECONDS = 300
"""How exactly the last use is known: not each response needs a new cookie."""
CLOCKS_APART_SECONDS = 300
KEY = "person"
FOR_EVERYBODY = ("assets.static", "livez", "readyz")

Method = Literal["account", "oidc"]
Confirm = Callable[["SignedIn"], Role]
"""The role that the person has now; "" if the fingerprint is no longer that of their account."""

ENDED = {
    "idle": lazy_gettext("You have been signed out because you did nothing here for 8 hours, or signed in 7 days ago."),
    "account": lazy_gettext("You have been signed out because your account, or how people sign in, has changed."),
}


class SignedIn(msgspec.Struct):
    """What the session holds; times are in seconds since 1970."""

    method: Method
    name: str
    role: Role
    fingerprint: str
    generation: int
    started: int
    seen: int


class People:
    """Checks sessions. `confirm` has a function for each way in which people can sign in."""

    def __init__(self, settings: Settings, confirm: dict[Method, Confirm]) -> None:
        self._generation = settings.session_generation
        self._confirm = confirm

    def sign_in(self, method: Method, name: str, role: Role, fingerprint: str) -> None:
        """Begins a session that has nothing of the one before, so that nobody can have prepared it."""
        now = int(time.time())
        session.clear()
        g.pop("csrf_token", None)
        person = SignedIn(method, name, role, fingerprint, self._generation, now, now)
        session[KEY] = msgspec.to_builtins(person)
        g.principal = Principal("person", name, role)

    def recognise(self) -> None:
        """Makes whoever is signed in the principal of the request."""
        # Any cache may keep these responses, so they must not carry anybody's cookie.
        if request.endpoint in FOR_EVERYBODY:
            return
        if current_app.config["SESSION_COOKIE_NAME"] not in request.cookies or KEY not in session:
            return
        now = time.time()
        person, ended = self._check(session[KEY], now)
        if person is None:
            session.clear()
            flash(str(ENDED[ended]))
            return
        if now - person.seen > NOTED_SECONDS:
            person.seen = int(now)
            session[KEY] = msgspec.to_builtins(person)
        g.person = person
        g.principal = Principal("person", person.name, person.role)

    def _check(self, found: Any, now: float) -> tuple[SignedIn | None, str]:
        try:
            person = msgspec.convert(found, SignedIn)
        except msgspec.ValidationError:
            return None, "account"
        age, idle = now - person.started, now - person.seen
        if not (-CLOCKS_APART_SECONDS <= age < LASTS_SECONDS and -CLOCKS_APART_SECONDS <= idle < IDLE_SECONDS):
            return None, "idle"
        confirm = self._confirm.get(person.method)
        role = confirm(person) if confirm and person.generation == self._generation else ""
        if not role:
            return None, "account"
        person.role = role
        return person, ""


def register(app: Flask, people: People) -> None:
    """Recognises people at each request."""
    app.extensions["people"] = people
    app.before_request(people.recognise)


def get() -> People:
    """The app's people."""
    found: People = current_app.extensions["people"]
    return found


def current() -> SignedIn | None:
    """Whoever is signed in at this request."""
    found: SignedIn | None = g.get("person")
    return found


def sign_out() -> None:
    """Ends the session. The cookies of language and colours are others."""
    session.clear()
    g.pop("csrf_token", None)
    g.pop("person", None)
    g.principal = ANONYMOUS
