"""Accounts from htpasswd files: which lines are accepted, what a change does, and that no name can be told apart."""

import logging
import os
from pathlib import Path

import bcrypt
import pytest

from display_product.web.accounts import Accounts
from people import line
from serving.settings import SettingError

HASH = "$2y$04$" + "a" * 53


def of(directory: Path, editors: str | bytes, readers: str = "") -> Accounts:
    files = {"editor": directory / "editors", "reader": directory / "readers"}
    files["editor"].write_bytes(editors.encode() if isinstance(editors, str) else editors)
    files["reader"].write_text(readers)
    return Accounts({"editor": str(files["editor"]), "reader": str(files["reader"])})


def test_each_file_gives_its_role(tmp_path: Path) -> None:
    found = of(tmp_path, "# the team\n\n" + line("Zoë", "one"), line("Lou", "two"))
    assert found.verify("Zoë", "one").role == "editor"
    assert found.verify("Lou", "two").role == "reader"
    assert found.verify("Zoë", "two") is None
    assert found.verify("Nobody", "one") is None
    assert found.verify("", "") is None


@pytest.mark.parametrize("prefix", ["$2y$", "$2a$", "$2b$"])
def test_each_kind_of_bcrypt_is_known(prefix: str, tmp_path: Path) -> None:
    assert of(tmp_path, line("Lou", "secret").replace("$2y$", prefix)).verify("Lou", "secret")


def test_a_name_may_be_in_any_script_and_is_found_as_phones_and_macs_type_it(tmp_path: Path) -> None:
    names = ["Zoë", "Анна", "李雷", 'o\'Brien "x" <b>', "a b", "مها", "نیک\u200cنام", "佐藤\u3000花子"]
    found = of(tmp_path, "".join(line(name, "x") for name in names))
    for name in names:
        assert found.verify(name, "x").name == name
    assert found.verify("Zoe\u0308 ", "x").name == "Zoë"


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (b"Lou:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", "bcrypt"),
        (b"Lou:$apr1$abcdefgh$0123456789abcdefghijkl", "bcrypt"),
        (b"Lou:plain", "bcrypt"),
        (b"Lou:", "bcrypt"),
        (b"Lou:$2y$04$short", "bcrypt"),
        (b"Lou", "colon"),
        (HASH.encode(), "colon"),
        (f":{HASH}".encode(), "empty"),
        (b"L\xe9a:" + HASH.encode(), "UTF-8"),
        (f"a\tb:{HASH}".encode(), "control character"),
        (f"a\x00b:{HASH}".encode(), "control character"),
        (f"a\u2028b:{HASH}".encode(), "control character"),
        (f"{'x' * 256}:{HASH}".encode(), "255"),
        (f"Zoë:{HASH}".encode(), "has an account already"),
        (f"Zoe\u0308:{HASH}".encode(), "has an account already"),
        (f"Lou:{HASH}".replace("$04$", "$31$").encode(), "cost"),
        (f"Lou:{HASH}".replace("$04$", "$03$").encode(), "cost"),
    ],
)
def test_a_line_that_cannot_be_used_is_named_without_its_secret(bad: bytes, why: str, tmp_path: Path) -> None:
    with pytest.raises(SettingError) as caught:
        of(tmp_path, line("Zoë", "x").encode() + bad)
    said = str(caught.value)
    assert why in said
    assert f"{tmp_path}/editors, line 2:" in said
    assert bad.rpartition(b":")[2].decode("latin-1") not in said.partition("line 2:")[2] or b":" not in bad[:-1]


def test_nobody_can_be_reader_and_editor(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="readers, line 1: this name has an account already"):
        of(tmp_path, line("Lou", "x"), line("Lou", "y"))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="gone"):
        Accounts({"editor": str(tmp_path / "gone")})


def test_a_mounted_secret_applies_when_its_link_is_changed(tmp_path: Path) -> None:
    """As the kubelet does it: the file is a link into a folder that is exchanged as a whole."""
    for number, name in enumerate(("Lou", "Zoë")):
        (tmp_path / f"v{number}").mkdir()
        (tmp_path / f"v{number}" / "editors").write_text(line(name, "x"))
    (tmp_path / "data").symlink_to("v0")
    (tmp_path / "editors").symlink_to("data/editors")
    found = Accounts({"editor": str(tmp_path / "editors")})
    assert found.find("Lou")
    (tmp_path / "new").symlink_to("v1")
    os.replace(tmp_path / "new", tmp_path / "data")
    assert found.find("Lou") is None
    assert found.find("Zoë")


def test_a_change_that_cannot_be_used_is_logged_once_and_leaves_the_accounts(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    found = of(tmp_path, line("Lou", "x"))
    for content in ("Lou:plain\n", None):
        caplog.clear()
        if content is None:
            (tmp_path / "editors").unlink()
        else:
            (tmp_path / "editors").write_text(content)
        for _ in range(2):
            assert found.verify("Lou", "x")
        (record,) = [each for each in caplog.records if each.levelno == logging.ERROR]
        assert "editors" in record.getMessage()
        assert "plain" not in record.getMessage()
    (tmp_path / "editors").write_text(line("Zoë", "x"))
    assert found.find("Lou") is None


def test_a_new_password_has_another_fingerprint_and_so_has_the_same_one_set_again(tmp_path: Path) -> None:
    before = of(tmp_path, line("Lou", "x")).find("Lou").fingerprint
    assert of(tmp_path, line("Lou", "y")).find("Lou").fingerprint != before
    assert of(tmp_path, line("Lou", "x")).find("Lou").fingerprint != before


@pytest.mark.parametrize("password", ["x" * 73, "é" * 37, "a\0b"])
def test_a_password_that_bcrypt_would_cut_is_refused(password: str, tmp_path: Path) -> None:
    assert of(tmp_path, line("Lou", password.encode()[:72].decode().rstrip("\0"))).verify("Lou", password) is None


@pytest.mark.parametrize("name", ["cheap", "dear", "nobody"])
def test_each_name_costs_the_same_number_of_rounds(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = of(tmp_path, line("cheap", "x", 4), line("dear", "x", 7))
    rounds = []

    def check(password: bytes, hashed: bytes) -> bool:
        rounds.append(2 ** int(hashed[4:6]))
        return bcrypt_check(password, hashed)

    bcrypt_check = bcrypt.checkpw
    monkeypatch.setattr(bcrypt, "checkpw", check)
    assert found.verify(name, "wrong") is None
    assert sum(rounds) == 2**7
