"""What a new installation gets lets people sign in, and nothing of it can be guessed or fails silently."""

import os
import subprocess
import sys
from pathlib import Path

import bcrypt
import pytest

from serving import access, bearer, credentials

SERVICES = Path(credentials.__file__).parents[1]


def test_the_generated_password_opens_the_generated_account() -> None:
    made = credentials.sign_in()
    name, _, hashed = made["editors"].strip().partition(":")
    assert name == "editor"
    assert bcrypt.checkpw(made["editor-password"].encode(), hashed.encode())


def test_what_the_generated_key_signs_is_verified_by_the_generated_public_key(tmp_path: Path) -> None:
    made = credentials.sign_in()
    for key in ("signing-key", "verification-keys"):
        (tmp_path / key).write_text(made[key], encoding="utf-8")
    signer = bearer.Signer(str(tmp_path / "signing-key"), "A", "display-product", "product-catalog")
    verifier = bearer.Verifier(str(tmp_path / "verification-keys"), "B", "display-product", "product-catalog")
    person = access.Principal("person", "editor", "editor")
    verified = verifier.verify(signer.sign(person))
    assert verified
    assert verified.principal == person


def test_no_two_installations_share_anything() -> None:
    first, second = credentials.sign_in(), credentials.sign_in()
    assert [key for key in first if first[key] == second[key]] == ["readers"]


def test_the_command_prints_a_line_that_the_password_fits() -> None:
    done = call("Zoé", "correct horse\n")
    name, _, hashed = done.stdout.strip().partition(":")
    assert name == "Zoé"
    assert bcrypt.checkpw(b"correct horse", hashed.encode())


@pytest.mark.parametrize(
    ("name", "password", "sentence"),
    [
        ("a:b", "correct horse", "colon"),
        ("", "correct horse", "empty"),
        ("a\nb", "correct horse", "cannot be seen"),
        ("a", "short", "at least 8 characters"),
        ("a", "é" * 37, "at most 72 bytes"),
    ],
)
def test_the_command_refuses_with_a_sentence_what_bcrypt_or_the_file_would_spoil(
    name: str, password: str, sentence: str
) -> None:
    done = call(name, password)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert done.stdout == ""


def call(name: str, password: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "serving.credentials", name]
    environment = {**os.environ, "PYTHONPATH": str(SERVICES)}
    return subprocess.run(command, input=password, capture_output=True, text=True, env=environment, check=False)
