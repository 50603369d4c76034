"""Long answers, whose readers may be slow: at most half of a process's threads send one, so others are answered."""

import threading
import weakref
from collections.abc import Callable

from flask import Flask, Response, current_app

from serving import problems
from serving.settings import Settings


class Full(Exception):
    """As many long answers as may be are under way."""


def register(app: Flask, settings: Settings) -> None:
    """Sets how many long answers the process sends at the same time."""
    app.extensions["streams"] = threading.BoundedSemaphore(max(1, settings.threads // 2))
    app.register_error_handler(Full, _full)


def admit(answer: Callable[[], Response]) -> Response:
    """What `answer` makes, which counts as a long one until it is sent or its reader is gone. Raises Full."""
    places: threading.BoundedSemaphore = current_app.extensions["streams"]
    if not places.acquire(blocking=False):
        raise Full
    try:
        response = answer()
    except BaseException:
        places.release()
        raise
    # Once, also where nobody closes the answer.
    response.call_on_close(weakref.finalize(response, places.release))
    return response


def _full(_error: Full) -> Response:
    return problems.response(problems.unavailable("Too many long answers are being read; try again in some seconds."))
