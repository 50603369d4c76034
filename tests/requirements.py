"""What each kind of test needs of the machine, and why a kind is left out."""

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

Reason = str | None


@cache
def _engine() -> Reason:
    if shutil.which("docker") is None:
        return "no docker command"
    answer = subprocess.run(["docker", "version"], capture_output=True, timeout=30)
    return None if answer.returncode == 0 else "no container engine answers"


def program(name: str) -> str | None:
    """Where a program is: among those of the virtual environment, or on PATH."""
    return shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)


def _commands(*names: str) -> Callable[[], Reason]:
    def missing() -> Reason:
        lacking = [name for name in names if program(name) is None]
        return f"no {' and no '.join(lacking)} on PATH" if lacking else None

    return missing


def _mysql() -> Reason:
    if importlib.util.find_spec("MySQLdb") is None:
        return "mysqlclient is not installed: install MySQL's headers, then `make -B .venv/ready`"
    return _engine()


def _compose() -> Reason:
    if reason := _engine():
        return reason
    answer = subprocess.run(["docker", "compose", "version"], capture_output=True, timeout=30)
    return None if answer.returncode == 0 else "no docker compose"


def _cluster() -> Reason:
    return _engine() or _commands("kind", "kubectl", "helm")()


NEEDS: dict[str, Callable[[], Reason]] = {
    "mysql": _mysql,
    "browser": _commands("chromium", "openssl"),
    "chart": _commands("helm", "helm-docs", "kubeconform", "kubectl", "openssl"),
    "workflows": _commands("actionlint", "zizmor"),
    "alerts": _commands("promtool"),
    "curl": _commands("curl"),
    "dex": _commands("dex"),
    "helm3": _commands("helm3"),
    "compose": _compose,
    "cluster": _cluster,
    "skaffold": _commands("skaffold"),
}


OPTIONAL = {"dex", "skaffold"}
"""Kinds whose programs a machine gets from elsewhere."""


@cache
def missing(kind: str) -> Reason:
    """Why this machine cannot run this kind of test; None when it can."""
    return NEEDS[kind]()


def required() -> set[str]:
    """The kinds that must not be left out, from CATALOG_TEST_REQUIRE; `all` is every kind but those of OPTIONAL."""
    named = {kind for kind in os.environ.get("CATALOG_TEST_REQUIRE", "").split(",") if kind}
    if "all" in named:
        named = named - {"all"} | set(NEEDS) - OPTIONAL
    if named - set(NEEDS):
        unknown = ", ".join(sorted(named - set(NEEDS)))
        raise ValueError(f"CATALOG_TEST_REQUIRE names {unknown}; there are {', '.join(NEEDS)}")
    return named
