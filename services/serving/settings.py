"""The settings of every service. Only this module reads them from the environment."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta

PREFIX = "CATALOG_"
"""Beginning of the name of each environment variable that is a setting."""

# Kubernetes injects variables with these names for every Service of a namespace, and the name of a Service may begin
# like the prefix. They are not settings, and no setting may have such a suffix.
SERVICE_LINK = re.compile(r"_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT|PORT_\d+_(TCP|UDP|SCTP)(_\w+)?)$")

# Read by the tests only.
TEST_PREFIX = f"{PREFIX}TEST_"

Positive = Annotated[int, Meta(ge=1)]
Listen = Annotated[str, Meta(pattern=r"^(\[[0-9A-Fa-f:.]+\]|[^\s:\[\]]+):\d{1,5}$")]


class SettingError(RuntimeError):
    """A wrong setting; the message is a sentence that names it. gunicorn prints the sentence and exits."""


class Settings(msgspec.Struct, frozen=True):
    """The settings of every service; one field per environment variable: `log_level` is PREFIX + `LOG_LEVEL`."""

    listen: Listen = "127.0.0.1:8080"
    """Address and port on which the service listens."""
    metrics_listen: Listen = "127.0.0.1:9090"
    """Address and port on which the service exposes its metrics."""
    workers: Positive = 2
    """Worker processes."""
    threads: Positive = 8
    """Threads in each worker process."""
    keepalive_seconds: Annotated[int, Meta(ge=1, le=3600)] = 75
    """Seconds for which an idle connection stays open: longer than the reverse proxy keeps it."""
    drain_seconds: Annotated[int, Meta(ge=0, le=300)] = 0
    """Seconds to continue serving after SIGTERM, so that proxies stop sending requests first."""
    log_level: Annotated[str, Meta(pattern="^(DEBUG|INFO|WARNING|ERROR)$")] = "INFO"
    """Lowest severity that is logged."""
    auth: Literal["off", "on", "unprotected"] = "off"
    """`on`: writing needs a sign-in or a token; `off`: nothing does, only on a loopback address; `unprotected`: nothing
    does, on any address, so everybody who reaches the service may write."""
    anonymous_read: bool = True
    """Whether reading needs no sign-in, except where it names people."""
    verification_keys_file: str | None = None
    """File with the public Ed25519 keys (PEM) of the pages' signing key, one or more; read again when it changes."""
    jwt_issuers_file: str | None = None
    """JSON file with the issuers whose tokens (JWT) the APIs accept: a list of objects with the fields of
    `serving.issuers.Issuer`."""


Kind = TypeVar("Kind", bound=Settings)


def load(kind: type[Kind], environ: Mapping[str, str] = os.environ, *, others: bool = False) -> Kind:
    """Reads the settings from the environment. Raises SettingError for one that is wrong.

    An unknown setting is wrong as well, unless `others` says that other code reads further settings.
    """
    given = {
        name: value
        for name, value in environ.items()
        if name.startswith(PREFIX) and not name.startswith(TEST_PREFIX) and not SERVICE_LINK.search(name)
    }
    known = {PREFIX + field.upper(): field for field in kind.__struct_fields__}
    unknown = sorted(set(given) - set(known))
    if unknown and not others:
        raise SettingError(f"{unknown[0]} is not a setting; there are: {', '.join(known)}")
    values = {known[name]: value for name, value in given.items() if value != "" and name in known}
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        raise SettingError(_sentence(str(error))) from None


def _sentence(error: str) -> str:
    """Turns msgspec's "what - at `$.field`" into a sentence about the variable."""
    what, _, where = error.partition(" - at `$.")
    return f"{PREFIX}{where.rstrip('`').upper()} is wrong: {what}"


def read_secret(path: str, setting: str, least: int = 1) -> str:
    """The text of a secret file without its final line break.

    Raises SettingError if the file cannot be read or is shorter than `least` characters.
    """
    try:
        secret = Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"{setting} names a file that cannot be read: {error}") from None
    if len(secret) < least:
        raise SettingError(f"{setting} names a file with fewer than {least} characters")
    return secret
