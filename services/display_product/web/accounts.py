"""The accounts of this installation: files as `htpasswd -nB` writes them, one of editors and one of readers.

A change of the files applies at once. Mounted Secrets change by a new symbolic link, so their target is what counts.
"""

import hashlib
import logging
import os
import re
import threading
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import bcrypt

from serving.access import Role
from serving.credentials import PASSWORD_BYTES_MAX
from serving.settings import SettingError

NAME_BYTES_MAX = 255
COST_MAX = 14
"""Each step doubles the time of a sign-in; this one takes about a second."""
COST_DEFAULT = 10
"""What an unknown name costs as long as there is no account."""
HASH = re.compile(rb"\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}")

Stamp = tuple[int, ...]
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Account:
    """An account with its bcrypt hash."""

    name: str
    role: Role
    hashed: bytes

    @cached_property
    def cost(self) -> int:
        """Logarithm to base 2 of the number of rounds."""
        return int(self.hashed[4:6])

    @cached_property
    def fingerprint(self) -> str:
        """Changes with the password. The salt of the hash makes it useless for guessing the password."""
        return hashlib.sha256(self.hashed).hexdigest()[:32]


class Accounts:
    """The accounts of both files. Thread-safe.

    Raises SettingError if a file cannot be used; when that happens later, the error is logged and the accounts of
    before remain in force.
    """

    def __init__(self, files: Mapping[Role, str]) -> None:
        self._files = files
        self._lock = threading.Lock()
        self._stamps = self._look()
        self._accounts = _read(files)

    def find(self, name: str) -> Account | None:
        """The account of this name."""
        return self._current().get(canonical(name))

    def verify(self, name: str, password: str) -> Account | None:
        """The account if the password is right. Takes the same time for each name, with or without an account."""
        accounts = self._current()
        account = accounts.get(canonical(name))
        most = max((each.cost for each in accounts.values()), default=COST_DEFAULT)
        secret = password.encode()
        if len(secret) > PASSWORD_BYTES_MAX or b"\0" in secret:
            return None
        is_right = bcrypt.checkpw(secret, account.hashed if account else _nobody(most))
        # 2^c + (2^c + 2^(c+1) + … + 2^(most-1)) = 2^most rounds, whatever the account's own cost is.
        for cost in range(account.cost if account else most, most):
            bcrypt.checkpw(secret, _nobody(cost))
        return account if is_right else None

    def _current(self) -> Mapping[str, Account]:
        stamps = self._look()
        if stamps != self._stamps:
            with self._lock:
                if stamps != self._stamps:
                    self._renew(stamps)
        return self._accounts

    def _renew(self, stamps: tuple[Stamp, ...]) -> None:
        self._stamps = stamps
        try:
            self._accounts = _read(self._files)
        except SettingError as error:
            log.error("the accounts remain as they were: %s", error)

    def _look(self) -> tuple[Stamp, ...]:
        return tuple(_stamp(path) for path in self._files.values())


def canonical(name: str) -> str:
    """The name as it is compared: with composed characters, and without the blank that a phone may append."""
    return unicodedata.normalize("NFC", name.strip())


def is_one_line(name: str) -> bool:
    """Whether pages, logs and tokens can hold the name: any script, but no control characters or line breaks."""
    return bool(name) and not any(unicodedata.category(each) in ("Cc", "Cs", "Zl", "Zp") for each in name)


def _stamp(path: str) -> Stamp:
    try:
        found = os.stat(path)
    except OSError:
        return ()
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size


def _nobody(cost: int) -> bytes:
    """A hash that no password has, as far as anybody knows."""
    return b"$2b$%02d$%s" % (cost, b"." * 53)


def _read(files: Mapping[Role, str]) -> dict[str, Account]:
    accounts: dict[str, Account] = {}
    for role, path in files.items():
        try:
            lines = Path(path).read_bytes().splitlines()
        except OSError as error:
            raise SettingError(f"the file of accounts cannot be read: {error}") from None
        for number, line in enumerate(lines, 1):
            if not line.strip() or line.startswith(b"#"):
                continue
            try:
                account = _account(line.strip(b"\r"), role)
                if account.name in accounts:
                    raise ValueError("this name has an account already")
            except ValueError as error:
                raise SettingError(f"{path}, line {number}: {error}") from None
            accounts[account.name] = account
    return accounts


def _account(line: bytes, role: Role) -> Account:
    """Raises ValueError with a sentence that never holds the hash, nor what may be a password."""
    name, colon, hashed = line.partition(b":")
    if not colon:
        raise ValueError("there is no colon between name and hash; `htpasswd -nB NAME` writes such a line")
    try:
        text = canonical(name.decode())
    except UnicodeDecodeError:
        raise ValueError("the name is not in UTF-8") from None
    if len(name) > NAME_BYTES_MAX or not is_one_line(text):
        raise ValueError(f"the name is empty, longer than {NAME_BYTES_MAX} bytes, or has a control character")
    found = HASH.fullmatch(hashed.strip())
    if not found:
        raise ValueError("the hash is not one of bcrypt; `htpasswd -nB NAME` writes such a line")
    if not 4 <= int(found[1]) <= COST_MAX:
        raise ValueError(f"the cost of the hash is not from 4 to {COST_MAX}")
    return Account(text, role, hashed.strip())
