"""The floor `serving` fits any service: only the prefix of the settings names the application."""

import re
from pathlib import Path

import pytest

import serving

FILES = sorted(Path(serving.__file__).parent.glob("*.py"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_service_of_another_kind_can_stand_on_serving(file: Path) -> None:
    text = file.read_text(encoding="utf-8").replace('PREFIX = "CATALOG_"', "")
    assert not re.findall(r"product|catalog|price|sku|alembic|mysql", text, re.IGNORECASE)
