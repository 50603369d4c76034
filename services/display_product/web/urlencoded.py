"""Forms as the pages send them: URL-encoded (WHATWG, URL Standard, 5) and in UTF-8.

Werkzeug leaves bytes that are no UTF-8 as they were escaped, `Caf%E9`, or puts U+FFFD in their place, and so they would
be stored.
"""

from typing import IO
from urllib.parse import parse_qsl

import flask
from flask import Flask, abort
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.formparser import FormDataParser

URLENCODED = "application/x-www-form-urlencoded"


class _Parser(FormDataParser):
    def parse(
        self,
        stream: IO[bytes],
        mimetype: str,
        content_length: int | None,
        options: dict[str, str] | None = None,
    ) -> tuple[IO[bytes], MultiDict[str, str], MultiDict[str, FileStorage]]:
        """See FormDataParser. Aborts with 400 for a form that no page sends."""
        if mimetype == "multipart/form-data":
            abort(400)
        if mimetype != URLENCODED:
            return stream, self.cls(), self.cls()
        try:
            fields = parse_qsl(stream.read().decode(), keep_blank_values=True, errors="strict")
        except UnicodeDecodeError:
            abort(400)
        return stream, self.cls(fields), self.cls()


class _Request(flask.Request):
    form_data_parser_class = _Parser


def register(app: Flask) -> None:
    """Makes `request.form` take such forms only; a form with a file is read by its view, piece by piece."""
    app.request_class = _Request
