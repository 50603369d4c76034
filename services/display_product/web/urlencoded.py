"""Parses forms as the pages send them: URL-encoded (WHATWG, URL Standard, 5) and in UTF-8.

Werkzeug leaves bytes that are not UTF-8 escaped, `Caf%E9`, or replaces them with U+FFFD, and the catalogue would store
the result.
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
    """Makes `request.form` accept only such forms; the view of a form with a file reads it piece by piece."""
    app.request_class = _Request
