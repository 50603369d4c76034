"""The tokens that the pages send: signed once for many requests, and never close to their end."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import people
from catalog import page_tokens
from catalog.settings import Settings
from display_product import signer
from serving.access import Principal
from serving.bearer import LIFETIME_SECONDS

ZOE = Principal("person", "Zoë", "editor")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with keys."""
    made = people.files(tmp_path)
    return Settings(signing_key_file=made["signing_key_file"], verification_keys_file=made["verification_keys_file"])


def test_a_token_says_who_is_at_the_page(settings: Settings) -> None:
    token = signer.Tokens(settings).of(ZOE)
    verifier = page_tokens.verifier(settings)
    assert verifier
    assert verifier.verify(token).principal == ZOE


def test_people_and_roles_never_share_a_token(settings: Settings) -> None:
    tokens = signer.Tokens(settings)
    others = [Principal("person", "Lou", "editor"), Principal("person", "Zoë", "reader"), ZOE]
    assert len({tokens.of(each) for each in others}) == 3


def test_a_token_is_signed_again_only_when_little_time_is_left(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [time.monotonic()]
    wall = time.time() - now[0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "time", lambda: wall + now[0])
    tokens = signer.Tokens(settings)
    first = tokens.of(ZOE)
    now[0] += LIFETIME_SECONDS - signer.RENEWED_SECONDS - 1
    assert tokens.of(ZOE) == first
    now[0] += 1
    assert tokens.of(ZOE) != first


def test_however_many_people_come_few_tokens_are_kept(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signer, "KEPT", 3)
    tokens = signer.Tokens(settings)
    for number in range(10):
        tokens.of(Principal("person", str(number), "reader"))
    assert len(tokens._kept) == 3


def test_without_authentication_nothing_of_it_is_loaded(tmp_path: Path) -> None:
    """Start and memory stay what they were."""
    (tmp_path / "key").write_text("k" * 64)
    program = f"""
import sys
import display_product
from catalog.settings import Settings
display_product.create_app(Settings(secret_key_file={str(tmp_path / "key")!r}))
print(*[name for name in ("authlib", "bcrypt", "cryptography", "joserfc", "requests") if name in sys.modules])
"""
    environment = {**os.environ, "PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.split() == []
