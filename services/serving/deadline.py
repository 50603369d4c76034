"""The deadline of the current request: code that waits for another component asks here how long it may wait."""

import math
import time

from flask import Flask, current_app, g, has_request_context, request

ARRIVED = "serving.arrived"
"""Key in the WSGI environment: when the whole request had arrived, in seconds of time.monotonic."""


class Exceeded(Exception):
    """The request's deadline has passed."""

    def __init__(self) -> None:
        super().__init__("no answer before the deadline of the request")


def register(app: Flask, seconds: float) -> None:
    """Sets the deadline of each request: this many seconds after its arrival, or after the end of a large body."""
    app.extensions["answer_seconds"] = seconds


def left() -> float:
    """Seconds left; infinite outside requests, and for a request without a deadline."""
    if not has_request_context():
        return math.inf
    if "deadline" not in g:
        g.deadline = request.environ.get(ARRIVED, time.monotonic()) + current_app.extensions["answer_seconds"]
    end: float = g.deadline
    return end - time.monotonic()


def check() -> None:
    """Raises Exceeded if no time is left."""
    if left() <= 0:
        raise Exceeded


def renew() -> None:
    """Restarts the current request's time, after it has waited for something other than another component."""
    if has_request_context():
        g.deadline = time.monotonic() + current_app.extensions["answer_seconds"]


def lift() -> None:
    """Removes the current request's deadline; each of its steps keeps its own timeout."""
    g.deadline = math.inf
