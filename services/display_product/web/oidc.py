"""Signs people in at an OpenID Connect provider: discovery, authorization code flow with PKCE, state and nonce.

Authlib speaks the protocol; this module says what is asked for, what is believed, and what each failure is called.
"""

import hashlib
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.base_client import BaseApp, OAuth2Mixin, OpenIDMixin
from authlib.integrations.requests_client import OAuth2Session
from joserfc.errors import JoseError

from catalog.settings import Settings
from display_product.web.accounts import canonical, is_one_line
from serving.access import Role
from serving.issuers import is_safe
from serving.settings import SettingError, read_secret

DISCOVERY = "/.well-known/openid-configuration"
ADDRESSES = ("authorization_endpoint", "token_endpoint", "jwks_uri")
"""Where secrets go, or keys come from."""
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""Signatures by a private key. Those with a shared secret (HS256), and none at all, are refused."""
TIMEOUT = (1.5, 3)
"""Seconds to connect, and to wait for an answer: a page has eight for all its requests together."""
RENEWED_SECONDS = 3600
"""How long the provider's description of itself is believed."""
CLOCK_SECONDS = 120
"""By how much the provider's clock may differ."""
NAME_MAX = 255
EVERYBODY = "*"

# A key or a claim that Authlib does not expect gives one of the last three.
UNACCEPTABLE: tuple[type[Exception], ...] = (AuthlibBaseError, JoseError, ValueError, TypeError, KeyError)

log = logging.getLogger(__name__)


class Away(Exception):
    """The provider does not answer, or not with what it must."""


class Rejected(Exception):
    """The person cannot be let in; `reason` is a short code."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason


class Begun(msgspec.Struct):
    """What the session remembers of a sign-in while the person is at the provider."""

    nonce: str
    verifier: str
    next: str


@dataclass(frozen=True)
class Identity:
    """Whom the provider has recognised; `token` is its ID token, by which it knows later whom to sign out."""

    name: str
    subject: str
    role: Role
    token: str


# Authlib logs the PKCE verifier in detail.
logging.getLogger("authlib").setLevel(logging.INFO)


class Provider:
    """The provider that the settings name. Thread-safe."""

    def __init__(self, settings: Settings) -> None:
        """Raises SettingError if a setting is missing or contradicts another."""
        if settings.oidc_issuer is None or not settings.oidc_client_id:
            raise SettingError("CATALOG_OIDC_ISSUER and CATALOG_OIDC_CLIENT_ID are needed together")
        if not is_safe(settings.oidc_issuer):
            raise SettingError(f"CATALOG_OIDC_ISSUER is an address without https: {settings.oidc_issuer}")
        self._editors, self._readers = _names(settings.oidc_editor_groups), _names(settings.oidc_reader_groups)
        if not self._editors | self._readers:
            raise SettingError(
                "nobody could sign in at CATALOG_OIDC_ISSUER: name groups in CATALOG_OIDC_EDITOR_GROUPS or "
                "CATALOG_OIDC_READER_GROUPS"
            )
        if "openid" not in settings.oidc_scopes.split():
            raise SettingError("CATALOG_OIDC_SCOPES must contain openid")
        self._claim = settings.oidc_groups_claim
        self._client = _Client(settings)
        self.fingerprint = _fingerprint(settings)
        """Changes with the settings that say who may sign in, which then signs everybody out."""

    def look(self) -> None:
        """Logs now what would go wrong at the first sign-in."""
        try:
            self._client.load_server_metadata()
        except Away as away:
            log.error("nobody can sign in at the provider now: %s", away)

    def begin(self, return_to: str, target: str) -> tuple[str, str, Begun]:
        """The address to send the person to, the state that comes back, and what to remember. Raises Away."""
        found = self._client.create_authorization_url(return_to)
        return found["url"], found["state"], Begun(found["nonce"], found["code_verifier"], target)

    def finish(self, arguments: Mapping[str, str], begun: Begun | None, return_to: str) -> Identity:
        """Whom the provider has recognised, from the arguments that it sends back. Raises Away or Rejected."""
        if begun is None:
            raise Rejected("state", "the sign-in was not begun in this browser, or too long ago")
        if error := arguments.get("error"):
            raise Rejected("denied" if error == "access_denied" else "answer", f"the provider says {error[:100]!r}")
        if arguments.get("iss", self._client.issuer) != self._client.issuer:
            raise Rejected("answer", "another provider has answered")
        try:
            token = self._client.fetch_access_token(
                return_to, code=arguments.get("code", ""), code_verifier=begun.verifier
            )
            claims = self._client.claims(token, begun.nonce)
        except requests.RequestException as error:
            raise Away(f"{self._client.issuer} does not answer: {error}") from None
        except UNACCEPTABLE as error:
            raise Rejected("answer", f"{type(error).__name__}: {error}") from error
        role = self._role(claims.get(self._claim))
        if not role:
            raise Rejected("group", f"{claims['sub']!r} is in none of the groups")
        return Identity(_name(claims), str(claims["sub"]), role, token["id_token"])

    def offers_sign_out(self) -> bool:
        """Whether the provider can be asked to end its own session (OpenID Connect RP-Initiated Logout 1.0)."""
        try:
            return "end_session_endpoint" in self._client.load_server_metadata()
        except Away:
            return False

    def logout_address(self, id_token: str, return_to: str) -> str | None:
        """Where the provider ends its own session; None if it does not offer that, or cannot be asked now."""
        if not self.offers_sign_out():
            return None
        hint = {"id_token_hint": id_token} if id_token else {}
        found = self._client.create_logout_url(return_to, client_id=self._client.client_id, **hint)
        return str(found["url"])

    def _role(self, claim: Any) -> Role:
        # A list; with some providers a single text, or an object whose members are named like the groups.
        found = claim if isinstance(claim, list | dict) else [claim]
        groups = {each for each in found if isinstance(each, str)}
        if groups & self._editors:
            return "editor"
        return "reader" if groups & self._readers or EVERYBODY in self._readers else ""


# Authlib has no types.
class _Client(OAuth2Mixin, OpenIDMixin, BaseApp):  # type: ignore[misc]
    """Authlib's client, whose description of the provider is checked, and renewed now and then."""

    client_cls = OAuth2Session

    def __init__(self, settings: Settings) -> None:
        secret = None
        if settings.oidc_client_secret_file:
            secret = read_secret(settings.oidc_client_secret_file, "CATALOG_OIDC_CLIENT_SECRET_FILE")
        super().__init__(
            None,
            client_id=settings.oidc_client_id,
            client_secret=secret,
            client_kwargs={
                "scope": settings.oidc_scopes,
                "code_challenge_method": "S256",
                "default_timeout": TIMEOUT,
                "verify": settings.oidc_ca_file or True,
                # A public client has PKCE only.
                **({} if secret else {"token_endpoint_auth_method": "none"}),
            },
        )
        self.server_metadata: dict[str, Any] = {}
        self.issuer = settings.oidc_issuer or ""
        self._renewed_at = 0.0

    def load_server_metadata(self) -> dict[str, Any]:
        """The provider's description of itself (OpenID Connect Discovery 1.0). Raises Away."""
        if not self.server_metadata or time.monotonic() > self._renewed_at:
            try:
                self.server_metadata = self._discover()
            except Away:
                if not self.server_metadata:
                    raise
            self._renewed_at = time.monotonic() + RENEWED_SECONDS
        return self.server_metadata

    def claims(self, token: Mapping[str, Any], nonce: str) -> dict[str, Any]:
        """The verified claims of the ID token. Raises what Authlib and joserfc raise."""
        options = {
            "iss": {"essential": True, "value": self.issuer},
            # Authlib would also take a token for another client that says that it was issued to this one.
            "aud": {"essential": True, "values": [self.client_id]},
        }
        found = self.parse_id_token(token, nonce, options, leeway=CLOCK_SECONDS)
        if not found or not isinstance(found.get("sub"), str):
            raise ValueError("there is no ID token")
        return dict(found)

    def _discover(self) -> dict[str, Any]:
        address = self.issuer.rstrip("/") + DISCOVERY
        try:
            with self._get_session() as session:
                answer = session.request("GET", address, withhold_token=True)
                answer.raise_for_status()
                found: dict[str, Any] = answer.json()
        except requests.RequestException as error:
            raise Away(f"{address} does not describe a provider: {error}") from error
        if not isinstance(found, dict) or found.get("issuer") != self.issuer:
            said = found.get("issuer") if isinstance(found, dict) else None
            raise Away(f"{address} describes the issuer {said!r}, but CATALOG_OIDC_ISSUER is {self.issuer!r}")
        for key in ADDRESSES:
            if not is_safe(str(found.get(key) or self.issuer)):
                raise Away(f"{address} gives a {key} without https: {found[key]}")
        offered = found.get("id_token_signing_alg_values_supported") or ["RS256"]
        found["id_token_signing_alg_values_supported"] = [each for each in offered if each in ALGORITHMS]
        return found


def _name(claims: Mapping[str, Any]) -> str:
    """What the person is called here: their user name, or a confirmed email address, or the provider's number."""
    email = claims.get("email") if claims.get("email_verified", True) else None
    for found in (claims.get("preferred_username"), email, claims["sub"]):
        if isinstance(found, str) and is_one_line(name := canonical(found)):
            return name[:NAME_MAX]
    raise Rejected("answer", "the provider gives no usable name")


def _names(text: str) -> frozenset[str]:
    return frozenset(filter(None, (name.strip() for name in text.split(","))))


def _fingerprint(settings: Settings) -> str:
    parts = (
        settings.oidc_issuer,
        settings.oidc_client_id,
        settings.oidc_groups_claim,
        settings.oidc_editor_groups,
        settings.oidc_reader_groups,
    )
    return hashlib.sha256(msgspec.msgpack.encode(parts)).hexdigest()[:32]
