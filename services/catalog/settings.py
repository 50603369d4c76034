"""The settings of every service: read from the environment here and nowhere else."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

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
BaseUrl = Annotated[str, Meta(pattern=r"^https?://[^/?#\s]+(/[^?#\s]*)?$")]


class SettingError(ValueError):
    """A wrong setting; the message is a sentence that names it."""


class Settings(msgspec.Struct, frozen=True):
    """One field per environment variable: `database_url` is `CATALOG_DATABASE_URL`."""

    database_url: str = "sqlite:///var/catalog.sqlite3"
    """SQLAlchemy URL without a password; `sqlite:///FILE` or `mysql://USER@HOST:PORT/DATABASE`."""
    database_password_file: str | None = None
    """File that holds the password; read at each connection, so a rotated password needs no restart."""
    database_tls_ca_file: str | None = None
    """Certificate authority that the database server's certificate must come from."""
    database_pool_size: Positive = 8
    """Connections that each worker process keeps."""
    add_url: BaseUrl = "http://127.0.0.1:8081"
    """Where display-product reaches add-product."""
    read_url: BaseUrl = "http://127.0.0.1:8082"
    """Where display-product reaches read-product."""
    public_url: BaseUrl | None = None
    """Address under which people open the pages, path included; unset: as each request names it."""
    secret_key_file: str | None = None
    """File with at least 32 characters that sign the pages' session cookie (display-product only)."""
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")] = "EUR"
    """ISO 4217 code of every price in the catalogue."""
    import_max_bytes: Positive = 64 * 1024 * 1024
    """Largest import file in bytes."""
    read_cache_seconds: Annotated[int, Meta(ge=0, le=60)] = 1
    """Seconds for which read-product gives the same page of the list to all who ask for it; 0 turns that off."""
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


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """Reads every `CATALOG_*` variable. Raises SettingError for one that is unknown or wrong."""
    given = {
        name: value
        for name, value in environ.items()
        if name.startswith(PREFIX) and not name.startswith(TEST_PREFIX) and not SERVICE_LINK.search(name)
    }
    known = {PREFIX + field.upper(): field for field in Settings.__struct_fields__}
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise SettingError(f"{unknown[0]} is not a setting; there are: {', '.join(known)}")
    values = {known[name]: value for name, value in given.items() if value != ""}
    try:
        settings = msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingError(_sentence(str(error))) from None
    _refuse_password(settings.database_url)
    return settings


def _sentence(error: str) -> str:
    """Turns msgspec's "what - at `$.field`" into a sentence about the variable."""
    what, _, where = error.partition(" - at `$.")
    return f"{PREFIX}{where.rstrip('`').upper()} is wrong: {what}"


def _refuse_password(database_url: str) -> None:
    """A password in a URL ends up in manifests and process lists, and breaks on reserved characters."""
    if "://" not in database_url:
        raise SettingError("CATALOG_DATABASE_URL is wrong: it must look like mysql://USER@HOST:PORT/DATABASE")
    if urlsplit(database_url).password is not None:
        raise SettingError(
            "CATALOG_DATABASE_URL must not hold a password; name a file in CATALOG_DATABASE_PASSWORD_FILE instead"
        )


def read_secret(path: str, setting: str, least: int = 1) -> str:
    """The text of a secret file without its final line break. Raises SettingError when it cannot serve."""
    try:
        secret = Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"{setting} names a file that cannot be read: {error}") from None
    if len(secret) < least:
        raise SettingError(f"{setting} names a file with fewer than {least} characters")
    return secret
