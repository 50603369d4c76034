"""Tokens of issuers that are trusted: OpenID Connect client credentials, and Kubernetes' service account tokens.

An issuer publishes its public keys as a JWK Set (RFC 7517), whose address it gives by discovery (OpenID Connect
Discovery 1.0) or the configuration does. The keys are fetched before they are needed, and again when a token is signed
with an unknown one.
"""

import base64
import logging
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
import urllib3
from joserfc import jwk
from joserfc.errors import JoseError
from joserfc.jwk import Key
from msgspec import Meta, Struct
from urllib3 import Retry, Timeout

from serving import jwts, problems
from serving.access import BadToken, Principal, Role, Verified
from serving.settings import SettingError, read_secret

ALGORITHMS = {
    "RS256": ("RSA", None),
    "ES256": ("EC", "P-256"),
    "EdDSA": ("OKP", "Ed25519"),
    "Ed25519": ("OKP", "Ed25519"),
}
"""The accepted algorithms, and the type and curve of the keys for each."""
DISCOVERY = "/.well-known/openid-configuration"
RETRY_SECONDS = 10
"""How long after a request for keys the next one may follow: a token with an invented key must not cause many."""
KEYS_SECONDS = 600
"""After how long keys are fetched again, so that one that an issuer has withdrawn is not used for ever."""
WAIT_SECONDS = 3
"""How long a request waits for keys that another one is fetching."""
WAITING_MAX = 2
"""How many requests may fetch keys or wait for them: a slow issuer must not hold the threads of all others."""
TIMEOUT = Timeout(total=2)
DOCUMENT_MAX = 1024 * 1024
KEYS_MAX = 100
RSA_BITS_MIN = 2048
STOP_SECONDS = 10

_REGISTRY = jwts.Registry(tuple(ALGORITHMS))

Text = Annotated[str, Meta(min_length=1, max_length=2000)]

log = logging.getLogger(__name__)


class Issuer(Struct, frozen=True, forbid_unknown_fields=True):
    """An issuer, and what its tokens open."""

    issuer: Text
    audience: Text
    claim: Text
    """Claim that says what the holder may do: a string or a list of strings; dots lead into nested claims."""
    editors: list[Text] = []
    readers: list[Text] = []
    """Values of the claim that make an editor or a reader."""
    jwks_url: Text | None = None
    ca_file: Text | None = None
    token_file: Text | None = None
    """File with a token to send with requests for keys."""

    def role(self, claims: Mapping[str, Any]) -> Role:
        """The highest role that the claim gives."""
        given = _find(claims, self.claim)
        values = [given] if isinstance(given, str) else given if isinstance(given, list) else []
        names = {value for value in values if isinstance(value, str)}
        return "editor" if names & {*self.editors} else "reader" if names & {*self.readers} else ""


class _Discovery(Struct, frozen=True):
    issuer: str
    jwks_uri: str


class _KeySet(Struct, frozen=True):
    keys: list[dict[str, Any]]


class Unavailable(Exception):
    """The keys of an issuer cannot be fetched; the message is a sentence."""


def read(path: str, setting: str) -> list[Issuer]:
    """Reads the configured issuers. Raises SettingError, whose sentence names the `setting`."""
    try:
        found = msgspec.json.decode(read_secret(path, setting), type=list[Issuer])
    except msgspec.ValidationError as error:
        raise SettingError(f"{setting} names a file with a wrong entry: {error}") from None
    except msgspec.DecodeError as error:
        raise SettingError(f"{setting} names a file that is not JSON: {error}") from None
    for each in found:
        _check(each, setting)
    if len({each.issuer for each in found}) < len(found):
        raise SettingError(f"{setting} names a file that lists an issuer twice")
    return found


def _check(each: Issuer, setting: str) -> None:
    start = f"{setting} names a file in which the issuer {each.issuer}"
    if not each.editors and not each.readers:
        raise SettingError(f"{start} has neither editors nor readers, so its tokens would open nothing")
    for url in (each.issuer, each.jwks_url):
        if url is not None and not is_safe(url):
            raise SettingError(f"{start} has an address without https: {url}")
    for file in (each.ca_file, each.token_file):
        if file is not None:
            read_secret(file, f"{start} names a file that cannot be used:")


def is_safe(url: str) -> bool:
    """Whether nobody between here and there can replace the keys."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost"))


def _find(claims: Mapping[str, Any], path: str) -> Any:
    """The claim with this name, which may contain dots, or which dots lead to."""
    if path in claims:
        return claims[path]
    parts = path.split(".")
    for number in range(1, len(parts)):
        inner = claims.get(".".join(parts[:number]))
        if isinstance(inner, dict) and (found := _find(inner, ".".join(parts[number:]))) is not None:
            return found
    return None


class Keys:
    """The keys of an issuer. Thread-safe."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer
        self._keys: dict[str, Key] | None = None
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(WAITING_MAX)
        self._tried_at = -float(RETRY_SECONDS)
        self._fetched_at = 0.0

    def get(self, head: jwts.Head) -> Key:
        """The key that has signed a token. Raises BadToken, or a 503 problem if the keys cannot be fetched now."""
        key = self._find(head)
        if key is None:
            if not self._places.acquire(blocking=False):
                raise _unavailable()
            try:
                key = self._wait_for(head)
            finally:
                self._places.release()
            if self._keys is None:
                raise _unavailable()
        elif time.monotonic() - self._fetched_at > KEYS_SECONDS and time.monotonic() - self._tried_at > RETRY_SECONDS:
            self._tried_at = time.monotonic()
            threading.Thread(target=self.refresh, name="fetches keys", daemon=True).start()
        if key is None:
            raise BadToken("key", "The token is signed with a key that its issuer does not publish.")
        return key

    def refresh(self) -> None:
        """Fetches the keys; a failure is logged, and the earlier ones stay."""
        self._tried_at = time.monotonic()
        try:
            self._keys = _fetch(self._issuer)
            self._fetched_at = time.monotonic()
        except Unavailable as error:
            log.error("the keys of the issuer %s cannot be fetched: %s", self._issuer.issuer, error)

    def _wait_for(self, head: jwts.Head) -> Key | None:
        if not self._lock.acquire(timeout=WAIT_SECONDS):
            return None
        try:
            return self._find(head) or self._find_anew(head)
        finally:
            self._lock.release()

    def _find_anew(self, head: jwts.Head) -> Key | None:
        if time.monotonic() - self._tried_at < RETRY_SECONDS:
            return None
        self.refresh()
        return self._find(head)

    def _find(self, head: jwts.Head) -> Key | None:
        keys = self._keys or {}
        if not head.kid and len(keys) == 1:
            return next(iter(keys.values()))
        return keys.get(head.kid)


def _unavailable() -> problems.ProblemError:
    return problems.unavailable("The keys of the token's issuer cannot be fetched; try again in a few seconds.")


def _fetch(issuer: Issuer) -> dict[str, Key]:
    """The published keys that can verify tokens, by id. Raises Unavailable."""
    url = issuer.jwks_url
    if url is None:
        found = _get(issuer, issuer.issuer.rstrip("/") + DISCOVERY, _Discovery)
        if found.issuer != issuer.issuer:
            raise Unavailable(f"it calls itself {found.issuer}, which must be the same")
        url = found.jwks_uri
        if not is_safe(url):
            raise Unavailable(f"it publishes them without https, at {url}")
    found_keys = _get(issuer, url, _KeySet).keys[:KEYS_MAX]
    keys = {str(each.get("kid", "")): key for each in found_keys if (key := _key(each))}
    if not keys:
        raise Unavailable(f"{url} has none for the algorithms {', '.join(ALGORITHMS)}")
    return keys


def _key(published: Mapping[str, Any]) -> Key | None:
    """The key, if tokens may be signed with it."""
    kind = (published.get("kty"), None if published.get("kty") == "RSA" else published.get("crv"))
    if kind not in ALGORITHMS.values() or published.get("use", "sig") != "sig":
        return None
    if published.get("alg", "RS256") not in ALGORITHMS or (kind[0] == "RSA" and not _is_long(published)):
        return None
    public = {name: value for name, value in published.items() if name in ("kty", "crv", "n", "e", "x", "y", "kid")}
    try:
        return jwk.import_key(public)
    except (JoseError, ValueError, TypeError):
        return None


def _is_long(published: Mapping[str, Any]) -> bool:
    modulus = published.get("n")
    if not isinstance(modulus, str):
        return False
    try:
        number = int.from_bytes(base64.urlsafe_b64decode(modulus + "=" * (-len(modulus) % 4)))
    except ValueError:
        return False
    return number.bit_length() >= RSA_BITS_MIN


def _get(issuer: Issuer, url: str, kind: type[Any]) -> Any:
    # Kubernetes has its keys in the second type only (RFC 7517, 8.5), and answers 406 to whoever does not name it.
    headers = {"Accept": "application/json, application/jwk-set+json"}
    try:
        if issuer.token_file:
            headers["Authorization"] = f"Bearer {read_secret(issuer.token_file, 'token_file')}"
        # A new pool each time: a new certificate authority is used without a restart.
        with urllib3.PoolManager(1, ca_certs=issuer.ca_file, cert_reqs="CERT_REQUIRED", timeout=TIMEOUT) as pool:
            answer = pool.request(
                "GET", url, headers=headers, retries=Retry(0, redirect=0, raise_on_status=False), redirect=False,
                preload_content=False,
            )  # fmt: skip
            try:
                body = answer.read(DOCUMENT_MAX + 1)
            finally:
                answer.close()
    except (urllib3.exceptions.HTTPError, OSError, SettingError) as error:
        raise Unavailable(f"{url} does not respond ({error})") from None
    if answer.status != 200:
        hint = "; an issuer without discovery needs a jwks_url" if kind is _Discovery else ""
        raise Unavailable(f"{url} responded {answer.status}{hint}")
    if len(body) > DOCUMENT_MAX:
        raise Unavailable(f"{url} is larger than {DOCUMENT_MAX} bytes")
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise Unavailable(f"{url} is not what it should be: {error}") from None


class Issuers:
    """Verifies the tokens of all configured issuers. A background task fetches their keys first."""

    def __init__(self, issuers: Sequence[Issuer]) -> None:
        self._issuers = {each.issuer: (each, Keys(each)) for each in issuers}
        self._clocks = jwts.Clocks()
        self._thread: threading.Thread | None = None

    def verify(self, token: str) -> Verified | None:
        """Who the token speaks for; None if no configured issuer has made it. Raises BadToken, or a 503 problem."""
        found = self._issuers.get(jwts.issuer(token))
        if found is None:
            return None
        issuer, keys = found
        head = jwts.head(token)
        if head.alg not in ALGORITHMS:
            raise BadToken("signature", "The token is signed in a way that is not accepted.")
        key = keys.get(head)
        if (key.key_type, None if key.key_type == "RSA" else key.get("crv")) != ALGORITHMS[head.alg]:
            raise BadToken("signature", "The token is signed in a way that its key is not for.")
        claims = jwts.verify(token, key, _REGISTRY)
        try:
            ends = jwts.check(claims, issuer.issuer, issuer.audience)
        except BadToken as bad:
            if bad.reason == "not_yet_valid":
                self._clocks.tell(issuer.issuer, claims)
            raise
        return Verified(Principal("workload", jwts.subject(claims), issuer.role(claims)), ends)

    def start(self) -> None:
        """Fetches the keys of all issuers in a thread of its own."""
        self._thread = threading.Thread(target=self._fetch_all, name="fetches keys", daemon=True)
        self._thread.start()

    def retire(self) -> None:
        """Does nothing: the thread ends by itself."""

    def stop(self) -> None:
        """Waits until the thread has ended."""
        if self._thread:
            self._thread.join(STOP_SECONDS)

    def _fetch_all(self) -> None:
        for _, keys in self._issuers.values():
            keys.refresh()
