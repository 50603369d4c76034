"""The audit log: one line for each thing that somebody did, or tried to do and could not, under the logger `audit`."""

import ipaddress
import logging

from flask import request

from serving import access

log = logging.getLogger("audit")


def record(event: str, who: access.Principal | None = None, **details: str | int | None) -> None:
    """Logs an event of the current request, with whoever sent it unless `who` is someone else.

    The request id is part of each line of the log. No detail may be a secret.
    """
    principal = who or access.current()
    found = {name: value for name, value in details.items() if value is not None}
    log.info(
        event,
        extra={
            "event": event,
            "who": principal.name,
            "kind": principal.kind,
            "role": principal.role,
            "address": address(),
            **found,
        },
    )


def address() -> str:
    """The IP address of the client as the nearest proxy gives it, or else the peer's.

    Proxies append the address that they see to `X-Forwarded-For`. Whatever stands before that comes from the client,
    who may write anything there. Without a proxy the whole header does, so the address is for logs and for limits that
    do not depend on it alone.
    """
    last = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    try:
        return str(ipaddress.ip_address(last.strip("[]")))
    except ValueError:
        pass
    host, _, port = last.rpartition(":")
    try:
        return str(ipaddress.ip_address(host.strip("[]"))) if port.isdecimal() else request.remote_addr or ""
    except ValueError:
        return request.remote_addr or ""
