"""The tokens of programs: `pcat_`, 32 random bytes and a checksum. Only a hash of each is stored.

For the engineer: `python -m catalog.api_tokens create --name NAME --role ROLE --days DAYS` prints a new token, `list`
lists all of them, `revoke ID` revokes one.
"""

import argparse
import hashlib
import hmac
import re
import secrets
import string
import sys
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, insert, make_url, select, update
from sqlalchemy.exc import DBAPIError

from catalog import engine, text, wire
from catalog.models import ApiToken
from catalog.settings import load
from catalog.statements import Statement
from serving import parameters
from serving.bodies import Invalid
from serving.settings import SettingError

PREFIX = "pcat_"
"""By this, people and secret scanners recognise a token."""
SECRET_BYTES = 32
SECRET_LETTERS = 43
CHECKSUM_LETTERS = 6
SHAPE = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{SECRET_LETTERS + CHECKSUM_LETTERS}}}")
COMMAND = "the command line"
"""The name under which the engineer's command makes tokens."""

_LETTERS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_ADD = Statement(
    insert(ApiToken.__table__).values(
        {column.name: bindparam(column.name) for column in ApiToken.__table__.c if column.name != "id"}
    )
)
_SHOWN = [getattr(ApiToken, name) for name in wire.Token.__struct_fields__]


def generate() -> str:
    """A new token."""
    secret = _in_letters(int.from_bytes(secrets.token_bytes(SECRET_BYTES)), SECRET_LETTERS)
    return PREFIX + secret + _checksum(secret)


def is_well_formed(token: str) -> bool:
    """Whether the checksum is right: a token that was cut or mistyped costs no query, and scanners report no other."""
    if not SHAPE.fullmatch(token):
        return False
    secret = token[len(PREFIX) : -CHECKSUM_LETTERS]
    return hmac.compare_digest(_checksum(secret), token[-CHECKSUM_LETTERS:])


def digest(token: str) -> str:
    """What is stored of a token. Since the token is random, the hash needs neither salt nor many rounds."""
    return hashlib.sha256(token.encode()).hexdigest()


def _checksum(secret: str) -> str:
    return _in_letters(zlib.crc32(secret.encode()), CHECKSUM_LETTERS)


def _in_letters(number: int, length: int) -> str:
    """The number in base 62."""
    letters = ""
    for _ in range(length):
        number, rest = divmod(number, len(_LETTERS))
        letters = _LETTERS[rest] + letters
    return letters


def make(connection: Connection, name: str, role: str, days: int, created_by: str) -> wire.MadeToken:
    """Stores a new token; the answer is the only one that has the token itself."""
    token, now = generate(), datetime.now(UTC)
    values = {
        "name": name,
        "role": role,
        "created_by": created_by,
        "created_at": now,
        "expires_at": now + timedelta(days=days),
        "used_at": None,
        "revoked_at": None,
    }
    number = _ADD.insert(connection, digest=digest(token), **values)
    return wire.MadeToken(token, msgspec.convert({"id": number, **values}, wire.Token))


def page(connection: Connection, limit: int, before: int | None) -> list[wire.Token]:
    """At most `limit` tokens with ids below `before`, newest first."""
    statement = select(*_SHOWN).order_by(ApiToken.id.desc()).limit(limit)
    rows = connection.execute(statement if before is None else statement.where(ApiToken.id < before)).all()
    return [_from_row(row) for row in rows]


def find(connection: Connection, token: str) -> wire.Token | None:
    """What is stored of this token."""
    given = digest(token)
    row = connection.execute(select(*_SHOWN, ApiToken.digest).where(ApiToken.digest == given)).first()
    return _from_row(row) if row and hmac.compare_digest(row.digest, given) else None


def revoke(connection: Connection, token_id: int) -> bool:
    """Revokes a token. Returns False if there is none with this id; one that was revoked stays so."""
    if token_id > parameters.ID_MAX:
        return False
    now = datetime.now(UTC)
    chosen = ApiToken.id == token_id
    connection.execute(update(ApiToken).where(chosen, ApiToken.revoked_at.is_(None)).values(revoked_at=now))
    return connection.scalar(select(ApiToken.id).where(chosen)) is not None


def note_use(connection: Connection, token_id: int, hour: datetime) -> None:
    """Notes the hour in which a token was used."""
    is_earlier = ApiToken.used_at.is_(None) | (ApiToken.used_at < hour)
    connection.execute(update(ApiToken).where(ApiToken.id == token_id, is_earlier).values(used_at=hour))


def _from_row(row: Any) -> wire.Token:
    return wire.Token(**{name: getattr(row, name) for name in wire.Token.__struct_fields__})


def main(arguments: list[str] | None = None) -> None:
    """Entry point of `python -m catalog.api_tokens`."""
    parser = argparse.ArgumentParser(prog="python -m catalog.api_tokens", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    create = actions.add_parser("create", help="make a token and print it")
    create.add_argument("--name", required=True, help="what it is for")
    create.add_argument("--role", required=True, choices=["reader", "editor"])
    create.add_argument("--days", type=int, default=90, help="for how long it is valid (90)")
    actions.add_parser("list", help="list all tokens")
    actions.add_parser("revoke", help="revoke a token").add_argument("id", type=int)
    options = parser.parse_args(arguments)
    try:
        settings = load()
        with engine.opened(settings) as database, database.begin() as connection:
            _act(connection, options)
    except SettingError as error:
        sys.exit(f"error: {error}")
    except Invalid as error:
        sys.exit(f"error: the name {error.detail}")
    except DBAPIError as error:
        sys.exit(f"error: the database at {make_url(settings.database_url).render_as_string()} refused: {error.orig}")


def _act(connection: Connection, options: argparse.Namespace) -> None:
    if options.action == "create":
        if not 1 <= options.days <= wire.TOKEN_DAYS_MAX:
            sys.exit(f"error: --days must be from 1 to {wire.TOKEN_DAYS_MAX}")
        made = make(connection, text.name(options.name), options.role, options.days, COMMAND)
        print(f"token {made.details.id}, valid until {made.details.expires_at:%Y-%m-%d}:", file=sys.stderr)
        print(made.token)
    elif options.action == "list":
        before = None
        while tokens := page(connection, 100, before):
            for token in tokens:
                print(_line(token))
            before = tokens[-1].id
    elif not revoke(connection, options.id):
        sys.exit(f"error: there is no token {options.id}")


def _line(token: wire.Token) -> str:
    state = "revoked" if token.revoked_at else "ended" if token.expires_at <= datetime.now(UTC) else "valid"
    used = f"used {token.used_at:%Y-%m-%d %H}:00 UTC" if token.used_at else "never used"
    until = f"until {token.expires_at:%Y-%m-%d}"
    return "\t".join((str(token.id), state, token.role, until, used, token.name, f"by {token.created_by}"))


if __name__ == "__main__":
    main()
