"""Security headers, which tell the browser what these pages never do."""

from urllib.parse import urlsplit

from flask import Flask, Response

from catalog.settings import Settings

# Pico's style sheet embeds its icons as data: URLs.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


HSTS = "max-age=31536000"
"""A year (RFC 6797)."""


def register(app: Flask, settings: Settings) -> None:
    """Adds the headers to every response."""
    headers = dict(HEADERS)
    if _is_for_https_alone(settings.public_url):
        headers["Strict-Transport-Security"] = HSTS

    @app.after_request
    def protect(response: Response) -> Response:
        # Nothing else sets these headers, so extend need not look for existing ones.
        response.headers.extend(headers)
        return response


def _is_for_https_alone(public_url: str | None) -> bool:
    """Whether browsers may be told never to use HTTP for this host again, on any port; on localhost it is needed."""
    parts = urlsplit(public_url or "")
    host = parts.hostname or ""
    return parts.scheme == "https" and host != "localhost" and not host.endswith(".localhost")
