"""Settings: what is read, what is refused."""

import pytest

from catalog.settings import load
from serving.settings import SettingError


def test_variables_that_kubernetes_injects_are_no_settings() -> None:
    injected = {
        "CATALOG_PORT": "tcp://10.0.0.1:80", "CATALOG_SERVICE_HOST": "10.0.0.1", "CATALOG_SERVICE_PORT_HTTP": "80",
        "CATALOG_DB_PORT": "tcp://10.0.0.2:3306", "CATALOG_DB_PORT_3306_TCP_ADDR": "10.0.0.2",
    }  # fmt: skip
    assert load(injected) == load({})


def test_each_setting_is_coerced_to_its_type() -> None:
    assert load({"CATALOG_WORKERS": "3", "CATALOG_LISTEN": "[::]:8080"}).workers == 3


@pytest.mark.parametrize(
    ("name", "value"),
    [("WORKERS", "0"), ("WORKERS", "x"), ("LISTEN", "8080"), ("LISTEN", "::1:80"), ("PUBLIC_URL", "shop.example"),
     ("CURRENCY", "€"), ("DATABASE_URL", "nonsense"), ("DATABASE_URL", "mysql://u:p@h/d"), ("LOG_LEVEL", "LOUD"),
     ("DRAIN_SECONDS", "-1"), ("AUTH", "none"), ("ANONYMOUS_READ", "maybe"), ("SESSION_GENERATION", "0"), ("UNKNOWN", "x")],
)  # fmt: skip
def test_a_wrong_value_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingError, match=f"CATALOG_{name}"):
        load({f"CATALOG_{name}": value})
