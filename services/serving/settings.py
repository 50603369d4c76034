"""The settings of every service: read from the environment here and nowhere else."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

PREFIX = "CATALOG_"

# Kubernetes injects such names for every Service of a namespace: a Service called "catalog-db" gives
# CATALOG_DB_PORT. They are not settings, and no setting may end like them.
SERVICE_LINK = re.compile(r"_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT|PORT_\d+_(TCP|UDP|SCTP)(_\w+)?)$")

# Read by the tests only.
TEST_PREFIX = "CATALOG_TEST_"

Positive = Annotated[int, Meta(ge=1)]
Listen = Annotated[str, Meta(pattern=r"^(\[[0-9A-Fa-f:.]+\]|[^\s:\[\]]+):\d{1,5}$")]


class SettingError(RuntimeError):
    """A wrong setting; the message is a sentence that names it. gunicorn stops at it with that sentence."""


class Settings(msgspec.Struct, frozen=True):
    """What every service has; one field per environment variable: `log_level` is `CATALOG_LOG_LEVEL`."""

    listen: Listen = "127.0.0.1:8080"
    """Address and port of the service."""
    metrics_listen: Listen = "127.0.0.1:9090"
    """Address and port of its metrics."""
    workers: Positive = 2
    """Worker processes."""
    threads: Positive = 8
    """Threads in each worker process."""
    keepalive_seconds: Annotated[int, Meta(ge=1, le=3600)] = 75
    """Seconds for which a connection without a request stays open: more than the proxy in front keeps it."""
    drain_seconds: Annotated[int, Meta(ge=0, le=300)] = 0
    """Seconds to go on serving after SIGTERM, so that proxies stop sending first."""
    log_level: Annotated[str, Meta(pattern="^(DEBUG|INFO|WARNING|ERROR)$")] = "INFO"
    """Least severe log entry that is written."""


Kind = TypeVar("Kind", bound=Settings)


def load(kind: type[Kind], environ: Mapping[str, str] = os.environ, *, others: bool = False) -> Kind:
    """Reads the environment's settings. Raises SettingError for one that is wrong.

    One that is unknown is wrong as well, unless `others` says that somebody else reads more of them.
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
    """The text of a secret file without its final line break. Raises SettingError when it cannot serve."""
    try:
        secret = Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"{setting} names a file that cannot be read: {error}") from None
    if len(secret) < least:
        raise SettingError(f"{setting} names a file with fewer than {least} characters")
    return secret
