"""Caching headers, conditional requests and compression of pages."""

from flask import Flask, Response, g, request, session

from display_product.web import kept


def register(app: Flask) -> None:
    """Sets the caching headers of pages, responds with 304, and compresses pages that contain no secret.

    A page with a CSRF token is never compressed: an attacker who can make the browser request pages that reflect a
    chosen text could infer the token from their lengths (BREACH). Such a page differs each time, so it has no ETag.
    """

    @app.after_request
    def deliver(response: Response) -> Response:
        if response.mimetype != "text/html":
            return response
        response.headers["Vary"] = "Accept-Encoding, Accept-Language, Cookie"
        response.headers.setdefault("Cache-Control", "private, no-cache")
        if "ETag" in response.headers:  # A cached page.
            return response
        if response.is_streamed or "csrf_token" in g or session.modified:
            return response
        if response.status_code == 200:
            # Weak, since the same page is sent both compressed and plain.
            response.add_etag(weak=True)
            response.make_conditional(request)
        if response.status_code != 304:
            kept.send(response, kept.Page(response.get_data()))
        return response
