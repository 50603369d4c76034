"""Requests that can be retried safely (the Idempotency-Key header, draft-ietf-httpapi-idempotency-key-header).

One transaction writes the key, the product and the response: either all three are stored or none, even if a process
dies halfway. A second request with the same key blocks on the key's row until the first one's transaction ends.
"""

import contextlib
import hashlib
import re
import time
from datetime import UTC, datetime, timedelta

import msgspec
from sqlalchemy import Connection, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError, OperationalError

from add_product import writing
from catalog import database, wire
from catalog.models import IDEMPOTENCY_KEY_MAX, IdempotencyKey
from catalog.statements import Statement
from serving import bodies
from serving.answers import FieldError
from serving.problems import ProblemError, conflict, invalid, malformed

HEADER = "Idempotency-Key"
PATTERN = rf"^[!-~]{{1,{IDEMPOTENCY_KEY_MAX}}}$"
KEPT = timedelta(hours=24)
FORGET_EVERY_SECONDS = 60
FORGET_MAX = 500

_KEY = re.compile(PATTERN)
_TABLE = IdempotencyKey.__table__
_TAKE = Statement(
    insert(_TABLE).values({name: bindparam(name) for name in ("key", "request_hash", "created_at", "body")})
)
_STORE_RESPONSE = Statement(update(_TABLE).where(_TABLE.c.key == bindparam("taken_key")).values(body=bindparam("body")))
_FIND = Statement(select(_TABLE.c.request_hash, _TABLE.c.body).where(_TABLE.c.key == bindparam("key")))
_forgotten_at = 0.0


class Used(Exception):
    """The key was used before."""


def check_key(key: str | None) -> str | None:
    """The key unchanged. Raises a 400 problem unless it is 1 to 255 visible ASCII characters."""
    if key is not None and not _KEY.fullmatch(key):
        detail = f"must be 1 to {IDEMPOTENCY_KEY_MAX} visible ASCII characters"
        raise malformed(f"{HEADER} {detail}.", FieldError(HEADER, detail, "parameter"))
    return key


def add_once(key: str, body: bytes, fields: wire.NewProduct) -> tuple[wire.Product, bool]:
    """Adds a product, or returns the one that this key and body added before; also returns whether it is new.

    Raises a 422 problem if the key was used with another body, 409 if the first request is still in progress.
    """
    request_hash = hashlib.sha256(body).hexdigest()

    def add(connection: Connection) -> wire.Product:
        # Insert the key first, so that a second request waits here instead of failing on the duplicate SKU.
        row = {"key": key, "request_hash": request_hash, "created_at": datetime.now(UTC), "body": b""}
        try:
            _TAKE.insert(connection, **row)
        except IntegrityError:
            raise Used from None
        product = writing.add(connection, fields)
        _STORE_RESPONSE.change(connection, taken_key=key, body=bodies.encode(product))
        return product

    _forget_old()
    try:
        return database.transaction(add), True
    except Used:
        return _replay(key, request_hash), False
    except OperationalError as error:
        if database.error_code(error) == database.LOCK_WAIT_TIMEOUT:
            raise _under_way() from None
        raise


def _replay(key: str, request_hash: str) -> wire.Product:
    with database.reading() as connection:
        row = _FIND.row(connection, key=key)
    if row is None:
        raise _under_way()
    known_hash, body = row
    if known_hash != request_hash:
        raise reused("another body")
    return msgspec.json.decode(body, type=wire.Product)


def reused(other: str) -> ProblemError:
    """422: the key was used before for a different request."""
    detail = f"was used before with {other}"
    return invalid([FieldError(HEADER, detail, "reused")], f"The {HEADER} {detail}; use a new key for each request.")


def _under_way() -> ProblemError:
    problem = conflict(f"The first request with this {HEADER} is still under way; try again in a few seconds.")
    problem.headers["Retry-After"] = "1"
    return problem


def _forget_old() -> None:
    """Deletes some of the keys that are older than 24 hours, at most once a minute."""
    global _forgotten_at
    if time.monotonic() - _forgotten_at < FORGET_EVERY_SECONDS:
        return
    _forgotten_at = time.monotonic()
    old = select(IdempotencyKey.key).where(IdempotencyKey.created_at < datetime.now(UTC) - KEPT).limit(FORGET_MAX)

    def forget(connection: Connection) -> None:
        keys = connection.scalars(old).all()
        if keys:
            connection.execute(delete(IdempotencyKey).where(IdempotencyKey.key.in_(keys)))

    # A lock on one of these rows, or an unreachable database, must not fail the request that triggered the cleanup.
    with contextlib.suppress(OperationalError):
        database.transaction(forget)
