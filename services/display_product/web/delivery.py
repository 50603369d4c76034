"""How a page reaches the browser: what may be kept, asked for again by ETag, and compressed."""

from flask import Flask, Response, g, request, session

from display_product.web import kept


def register(app: Flask) -> None:
    """Sets the caching headers of pages, answers 304, and compresses what holds no secret.

    A page with a CSRF token is never compressed: whoever can make the browser ask for pages that repeat a text of
    his choice could tell the token by their lengths (BREACH). Such a page also differs each time, so it gets no ETag.
    """

    @app.after_request
    def deliver(response: Response) -> Response:
        if response.mimetype != "text/html":
            return response
        response.headers["Vary"] = "Accept-Encoding, Accept-Language, Cookie"
        response.headers.setdefault("Cache-Control", "private, no-cache")
        if "ETag" in response.headers:  # It is a kept page.
            return response
        if response.is_streamed or "csrf_token" in g or session.modified:
            return response
        if response.status_code == 200:
            # Weak, since the same page travels compressed and plain.
            response.add_etag(weak=True)
            response.make_conditional(request)
        if response.status_code != 304:
            kept.send(response, kept.Page(response.get_data()))
        return response
