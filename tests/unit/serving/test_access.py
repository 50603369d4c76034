"""Which addresses count as this machine alone."""

import msgspec
import pytest

from serving import access
from serving.settings import SettingError, Settings


@pytest.mark.parametrize("listen", ["127.0.0.1:80", "127.8.8.8:80", "[::1]:80", "localhost:80"])
def test_a_service_without_protection_starts_on_the_machine_itself(listen: str) -> None:
    access.refuse_unprotected(Settings(listen=listen))


@pytest.mark.parametrize("listen", ["0.0.0.0:80", "[::]:80", "10.0.0.1:80", "[2001:db8::1]:80", "example.com:80"])
def test_a_service_that_others_may_reach_needs_protection_or_a_word(listen: str) -> None:
    open_to_all = Settings(listen=listen)
    with pytest.raises(SettingError, match=r"^CATALOG_AUTH is off, .* set CATALOG_AUTH=unprotected$"):
        access.refuse_unprotected(open_to_all)
    for auth in ("on", "unprotected"):
        access.refuse_unprotected(msgspec.structs.replace(open_to_all, auth=auth))
