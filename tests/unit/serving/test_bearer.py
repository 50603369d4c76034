"""Tokens between services: what is signed is accepted, what is forged, too old or meant for others is not."""

import hashlib
import hmac
import logging
import os
import re
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from joserfc.jwk import OKPKey

from catalog.page_tokens import AUDIENCE, ISSUER
from keys import claims, private_pem, segment, signed
from serving import bearer
from serving.access import BadToken, Principal
from serving.settings import SettingError

ANNA = Principal("person", "Anna Ærø", "editor")


@pytest.fixture
def key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


@pytest.fixture(autouse=True)
def look_always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks for a changed file at each use."""
    monkeypatch.setattr("serving.files.LOOK_SECONDS", -1)


@pytest.fixture
def files(tmp_path: Path, key: Ed25519PrivateKey) -> tuple[Path, Path]:
    """The private key, and the public one."""
    private, public = tmp_path / "signing.pem", tmp_path / "verification.pem"
    private.write_text(private_pem(key))
    public.write_text(bearer.public_keys(private_pem(key)))
    return private, public


@pytest.fixture
def signer(files: tuple[Path, Path]) -> bearer.Signer:
    return bearer.Signer(str(files[0]), "SIGNING", ISSUER, AUDIENCE)


@pytest.fixture
def verifier(files: tuple[Path, Path]) -> bearer.Verifier:
    return bearer.Verifier(str(files[1]), "VERIFICATION", ISSUER, AUDIENCE)


def test_what_the_pages_sign_is_accepted_with_name_kind_and_role(
    signer: bearer.Signer, verifier: bearer.Verifier
) -> None:
    verified = verifier.verify(signer.sign(ANNA))
    assert verified.principal == ANNA
    assert time.time() < verified.until <= time.time() + 60


@pytest.mark.parametrize("name", ["山田\u3000太郎", "Anne\xa0Marie", 'O\'Neil "Mac" <x>', "👩‍🔧", "A" * 255])
def test_names_of_people_everywhere_are_kept(signer: bearer.Signer, verifier: bearer.Verifier, name: str) -> None:
    assert verifier.verify(signer.sign(Principal("person", name, "reader"))).principal.name == name


@pytest.mark.parametrize(
    ("others", "reason"),
    [
        ({"aud": "others"}, "audience"),
        ({"aud": ["others"]}, "audience"),
        ({"aud": None}, "audience"),
        ({"exp": time.time() - 15, "iat": time.time() - 75}, "expired"),
        ({"exp": time.time() + 340, "iat": time.time() + 300}, "not_yet_valid"),
        ({"exp": time.time() + 3600}, "lifetime"),
        ({"exp": True}, "malformed"),
        ({"exp": "tomorrow"}, "malformed"),
        ({"iat": None}, "malformed"),
        ({"role": "owner"}, "malformed"),
        ({"role": ""}, "malformed"),
        ({"kind": "anonymous"}, "malformed"),
        ({"sub": 7}, "malformed"),
        ({"sub": ""}, "malformed"),
        ({"sub": "Anna\nrole: editor"}, "malformed"),
        ({"sub": "Anna\u2028"}, "malformed"),
        ({"sub": "A" * 256}, "malformed"),
    ],
)
def test_a_genuine_token_for_others_or_another_time_is_refused(
    key: Ed25519PrivateKey, verifier: bearer.Verifier, others: dict, reason: str
) -> None:
    with pytest.raises(BadToken) as bad:
        verifier.verify(signed(key, claims(**others)))
    assert bad.value.reason == reason


def test_a_token_without_a_signature_is_refused(key: Ed25519PrivateKey, verifier: bearer.Verifier) -> None:
    kid = OKPKey.import_key(key).thumbprint()
    for token in (
        f"{segment({'alg': 'none', 'kid': kid})}.{segment(claims())}.",
        f"{segment({'alg': 'none', 'kid': kid})}.{segment(claims())}.AAAA",
        f"{segment({'alg': 'Ed25519', 'kid': kid})}.{segment(claims())}.AAAA",
    ):
        with pytest.raises(BadToken):
            verifier.verify(token)


@pytest.mark.parametrize("alg", ["HS256", "HS512"])
def test_the_public_key_is_no_shared_secret(
    key: Ed25519PrivateKey, files: tuple[Path, Path], verifier: bearer.Verifier, alg: str
) -> None:
    head = segment({"alg": alg, "kid": OKPKey.import_key(key).thumbprint()})
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    for secret in (files[1].read_bytes(), files[1].read_bytes().strip(), raw):
        signing_input = f"{head}.{segment(claims())}"
        digest = hmac.new(secret, signing_input.encode(), getattr(hashlib, f"sha{alg[2:]}")).digest()
        with pytest.raises(BadToken) as bad:
            verifier.verify(f"{signing_input}.{segment(digest)}")
        assert bad.value.reason == "signature"


def test_a_key_that_the_token_brings_along_is_not_used(key: Ed25519PrivateKey, verifier: bearer.Verifier) -> None:
    forger = Ed25519PrivateKey.generate()
    theirs, ours = OKPKey.import_key(forger), OKPKey.import_key(key)
    public = {name: value for name, value in theirs.as_dict(private=False).items() if name != "kid"}
    for head in ({"jwk": public}, {"jku": "http://127.0.0.1:1/keys"}, {"x5u": "http://127.0.0.1:1/cert"}):
        with pytest.raises(BadToken) as bad:
            verifier.verify(signed(forger, claims(), kid=ours.thumbprint(), **head))
        assert bad.value.reason == "signature"
        with pytest.raises(BadToken) as bad:
            verifier.verify(signed(forger, claims(), **head))
        assert bad.value.reason == "key"


def test_a_changed_claim_breaks_the_signature(signer: bearer.Signer, verifier: bearer.Verifier) -> None:
    head, _, signature = signer.sign(Principal("person", "Rae", "reader")).split(".")
    with pytest.raises(BadToken) as bad:
        verifier.verify(f"{head}.{segment(claims())}.{signature}")
    assert bad.value.reason == "signature"


@pytest.mark.parametrize("token", ["", "x", "a.b", "a.b.c", "a.b.c.d", "é.e30.e30", "e30.e30.e30\n", "W10.W10.W10"])
def test_what_is_no_token_is_refused(verifier: bearer.Verifier, token: str) -> None:
    try:
        assert verifier.verify(token) is None
    except BadToken as bad:
        assert bad.reason == "malformed"  # noqa: PT017


def test_a_token_of_another_issuer_is_left_to_others(key: Ed25519PrivateKey, verifier: bearer.Verifier) -> None:
    assert verifier.verify(signed(key, claims(iss="https://example.com"))) is None


def test_keys_can_be_replaced_without_a_restart(
    key: Ed25519PrivateKey,
    files: tuple[Path, Path],
    signer: bearer.Signer,
    verifier: bearer.Verifier,
) -> None:
    private, public = files
    new = Ed25519PrivateKey.generate()
    old_token = signer.sign(ANNA)
    _write(public, public.read_text() + bearer.public_keys(private_pem(new)))
    _write(private, private_pem(new) + private_pem(key))
    new_token = signer.sign(ANNA)
    for token in (old_token, old_token, new_token):
        assert verifier.verify(token)
    _write(public, bearer.public_keys(private_pem(new)))
    verifier.verify(new_token)
    with pytest.raises(BadToken, match="not known here"):
        verifier.verify(old_token)


def _write(path: Path, text: str) -> None:
    """Replaces the file, as Kubernetes does with a Secret's."""
    other = path.with_suffix(".new")
    other.write_text(text)
    os.replace(other, path)


def test_a_file_that_becomes_unusable_is_reported_and_its_keys_stay(
    files: tuple[Path, Path],
    signer: bearer.Signer,
    verifier: bearer.Verifier,
    caplog: pytest.LogCaptureFixture,
) -> None:
    token = signer.sign(ANNA)
    verifier.verify(token)
    _write(files[1], "nonsense")
    assert verifier.verify(token)
    assert verifier.verify(token)
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "VERIFICATION names a file that cannot be used: it holds no key" in caplog.text


@pytest.mark.parametrize("minutes", [-5, 5])
def test_a_clock_that_is_five_minutes_off_is_named_in_the_log(
    key: Ed25519PrivateKey, verifier: bearer.Verifier, caplog: pytest.LogCaptureFixture, minutes: int
) -> None:
    made = int(time.time()) + minutes * 60
    for _ in range(2):
        with pytest.raises(BadToken):
            verifier.verify(signed(key, claims(iat=made, exp=made + 60)))
    assert len(caplog.records) == 1, "once a minute is enough"
    assert caplog.records[0].levelno == logging.WARNING
    assert "by the clock of this machine" in caplog.text
    assert re.search(r"(299|300|301) s ago" if minutes < 0 else r"(299|300|301) s in the future", caplog.text)


def test_an_unusable_key_file_is_refused_at_the_start_with_its_setting(tmp_path: Path, key: Ed25519PrivateKey) -> None:
    other = generate_private_key(SECP256R1())
    other_private = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    other_public = other.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    file = tmp_path / "keys.pem"
    for text, sentence in (
        ("", "no key in PEM format"),
        (private_pem(key), "holds a private key"),
        (other_public, "not an Ed25519 key"),
        ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "other than public keys"),
    ):
        file.write_text(text)
        with pytest.raises(SettingError, match=f"^VERIFICATION .*{sentence}"):
            bearer.Verifier(str(file), "VERIFICATION", ISSUER, AUDIENCE)
    for text, sentence in ((other_private, "not an Ed25519 key"), (other_public, "other than private keys")):
        file.write_text(text)
        with pytest.raises(SettingError, match=f"^SIGNING .*{sentence}"):
            bearer.Signer(str(file), "SIGNING", ISSUER, AUDIENCE)
    with pytest.raises(SettingError, match=r"^SIGNING names a file that cannot be read"):
        bearer.Signer(str(tmp_path / "none"), "SIGNING", ISSUER, AUDIENCE)
