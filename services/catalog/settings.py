"""The settings of the catalogue's services, in addition to those of every service."""

import os
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlsplit

from msgspec import Meta

from serving import settings
from serving.settings import Positive, SettingError

BaseUrl = Annotated[str, Meta(pattern=r"^https?://[^/?#\s]+(/[^?#\s]*)?$")]


class Settings(settings.Settings, frozen=True):
    """One field per environment variable: `database_url` is `CATALOG_DATABASE_URL`."""

    database_url: str = "sqlite:///var/catalog.sqlite3"
    """SQLAlchemy URL without a password; `sqlite:///FILE` or `mysql://USER@HOST:PORT/DATABASE`."""
    database_password_file: str | None = None
    """File that holds the password; read for each new connection, so a rotated password needs no restart."""
    database_tls_ca_file: str | None = None
    """CA certificate that must have issued the database server's certificate."""
    database_pool_size: Positive = 8
    """Connections that each worker process keeps open."""
    add_url: BaseUrl = "http://127.0.0.1:8081"
    """URL at which display-product reaches add-product."""
    read_url: BaseUrl = "http://127.0.0.1:8082"
    """URL at which display-product reaches read-product."""
    public_url: BaseUrl | None = None
    """Public URL of the pages, including the path; if not set, each request's own host is used."""
    secret_key_file: str | None = None
    """File with at least 32 characters, the key that signs the pages' session cookie; in a file with several lines, the
    first one signs, and all are valid (this and the following up to `oidc_reader_groups`: display-product only)."""
    signing_key_file: str | None = None
    """File with an Ed25519 private key (PEM, PKCS #8), which signs the requests to the other services; the first one of
    several."""
    editors_file: str | None = None
    """File in htpasswd format, with bcrypt, of the accounts that may write; read again when it changes."""
    readers_file: str | None = None
    """The same of the accounts that may only read."""
    session_generation: Positive = 1
    """Raising it signs everybody out."""
    oidc_issuer: BaseUrl | None = None
    """URL of the OpenID Connect provider through which people sign in."""
    oidc_client_id: str | None = None
    """ID of the pages at the provider."""
    oidc_client_secret_file: str | None = None
    """File with the secret of the pages at the provider."""
    oidc_ca_file: str | None = None
    """CA certificate that must have issued the provider's certificate; without it, a public CA must have."""
    oidc_scopes: str = "openid profile email groups"
    """Scopes that the pages request, separated by spaces."""
    oidc_groups_claim: str = "groups"
    """Claim of the ID token that lists a person's groups."""
    oidc_editor_groups: str = ""
    """Groups whose members may write, separated by commas."""
    oidc_reader_groups: str = ""
    """Groups whose members may read, separated by commas; `*` stands for everybody who can sign in there."""
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")] = "EUR"
    """ISO 4217 code of every price in the catalogue."""
    import_max_bytes: Positive = 64 * 1024 * 1024
    """Largest import file in bytes."""
    read_cache_seconds: Annotated[int, Meta(ge=0, le=60)] = 1
    """Seconds for which read-product caches a page of the list for all clients; 0 disables the cache."""


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """Reads all `CATALOG_*` variables. Raises SettingError for one that is unknown or wrong."""
    read = settings.load(Settings, environ)
    _refuse_password(read.database_url)
    return read


def _refuse_password(database_url: str) -> None:
    """Refuses a password in the URL: it would be visible in manifests and process lists, and may need escaping."""
    if "://" not in database_url:
        raise SettingError("CATALOG_DATABASE_URL is wrong: it must look like mysql://USER@HOST:PORT/DATABASE")
    if urlsplit(database_url).password is not None:
        raise SettingError(
            "CATALOG_DATABASE_URL must not hold a password; name a file in CATALOG_DATABASE_PASSWORD_FILE instead"
        )
