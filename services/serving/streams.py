"""Long responses, whose clients may read slowly: at most half of a process's threads send them.

The other half stays free for other requests.
"""

import threading
import weakref
from collections.abc import Callable

from flask import Flask, Response, current_app

from serving import problems
from serving.settings import Settings


class TooMany(Exception):
    """The limit of concurrent long responses is reached."""


def register(app: Flask, settings: Settings) -> None:
    """Limits how many long responses the process sends at the same time."""
    app.extensions["streams"] = threading.BoundedSemaphore(max(1, settings.threads // 2))
    app.register_error_handler(TooMany, _too_many)


def admit(answer: Callable[[], Response]) -> Response:
    """Gets the response of `answer`, which counts as long until it is sent or the client disconnects.

    Raises TooMany.
    """
    places: threading.BoundedSemaphore = current_app.extensions["streams"]
    if not places.acquire(blocking=False):
        raise TooMany
    try:
        response = answer()
    except BaseException:
        places.release()
        raise
    # Releases once only, and also if the response is never closed.
    response.call_on_close(weakref.finalize(response, places.release))
    return response


def _too_many(_error: TooMany) -> Response:
    return problems.response(problems.unavailable("Too many long responses are being sent; try again soon."))
