"""The locked versions are ones that pyproject.toml asks for."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
ASKED = {
    "run": PROJECT["dependencies"],
    "mysql": PROJECT["dependencies"] + EXTRAS["mysql"] + EXTRAS["fast"],
    "jobs": PROJECT["dependencies"] + EXTRAS["mysql"] + EXTRAS["fast"] + EXTRAS["jobs"],
    "dev": PROJECT["dependencies"] + EXTRAS["dev"],
    "bench": PROJECT["dependencies"] + EXTRAS["mysql"] + EXTRAS["fast"] + EXTRAS["bench"],
}


@pytest.mark.parametrize("lock", ASKED)
def test_each_library_is_locked_at_a_version_that_is_asked_for(lock: str) -> None:
    text = (ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")
    locked = dict(re.findall(r"^([\w.-]+)(?:\[.*\])?==(\S+)", text, re.MULTILINE))
    wanted = [Requirement(line) for line in ASKED[lock]]
    stale = [str(one) for one in wanted if one.name not in locked or not one.specifier.contains(locked[one.name])]
    assert not stale, "run `make lock`"
