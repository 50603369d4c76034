"""Until when the request at hand must be answered: whoever waits for another part asks here how long it may."""

import math
import time

from flask import Flask, current_app, g, has_request_context, request

ARRIVED = "serving.arrived"
"""Key of the WSGI environment: when the whole request was there, in seconds of time.monotonic."""


class Passed(Exception):
    """The request has had its time."""

    def __init__(self) -> None:
        super().__init__("it did not answer in the time that the request has")


def register(app: Flask, seconds: float) -> None:
    """Gives each request of the app this many seconds from its arrival on, or from the end of a large body."""
    app.extensions["answer_seconds"] = seconds


def left() -> float:
    """Seconds that are left; infinite outside requests, and for a request that has no end."""
    if not has_request_context():
        return math.inf
    if "deadline" not in g:
        g.deadline = request.environ.get(ARRIVED, time.monotonic()) + current_app.extensions["answer_seconds"]
    end: float = g.deadline
    return end - time.monotonic()


def check() -> None:
    """Raises Passed when nothing is left."""
    if left() <= 0:
        raise Passed


def renew() -> None:
    """Gives the request at hand its time anew, since it has waited for something else than another part."""
    if has_request_context():
        g.deadline = time.monotonic() + current_app.extensions["answer_seconds"]


def lift() -> None:
    """Lets the request at hand take as long as its work does; each step of it keeps the bound that it has by itself."""
    g.deadline = math.inf
