"""`make test` runs kinds of tests beside each other: none of them fails unseen, and none outlives it."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "all.sh"
# In place of Python: tests whose folder is $FAILING fail; if that is "none", those on a cluster last until interrupted.
PYTHON = f"""#!/bin/sh
case "$*" in
-c*) exec {sys.executable} "$@" ;;
*-m\\ pytest*"$FAILING"*) echo "FAILED tests/a_test"; exit 1 ;;
*tests/e2e*)
    [ "$FAILING" = none ] || exit 0
    trap 'rm cluster; exit 2' INT
    touch cluster
    echo > made
    while :; do sleep 1; done ;;
esac
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """The script in a folder of its own, where Python only does as it is told."""
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(PYTHON, encoding="utf-8")
    python.chmod(0o700)
    (tmp_path / "tests").mkdir()
    os.mkfifo(tmp_path / "made")
    return Path(shutil.copy(SCRIPT, tmp_path / "tests"))


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("tests/e2e", "on a cluster"),
        ("tests/chart", "of the chart"),
        ("unit", "without a cluster"),
        ("tests/browser", "in a browser"),
    ],
)
def test_a_failure_of_any_kind_fails_the_whole_and_is_named_at_its_end(script: Path, folder: str, kind: str) -> None:
    done = subprocess.run([script], env=os.environ | {"FAILING": folder}, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    *_, test, first, second, third, fourth = done.stdout.splitlines()
    assert test == "FAILED tests/a_test"
    (failed,) = [line for line in (first, second, third, fourth) if not line.startswith("passed in ")]
    assert re.fullmatch(f"FAILED in [0-9]+ s: {kind}", failed)


def test_a_command_that_fails_stops_no_test_and_fails_the_whole(script: Path) -> None:
    command = script.with_name("check")
    command.write_text("#!/bin/sh\nexit 3\n", encoding="utf-8")
    command.chmod(0o700)
    environment = os.environ | {"FAILING": "no test"}
    done = subprocess.run([script, command], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    ended = sorted(line.partition(" ")[0] for line in done.stdout.splitlines()[-5:])
    assert ended == ["FAILED", "passed", "passed", "passed", "passed"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_removes_its_cluster(script: Path, number: signal.Signals) -> None:
    command = script.with_name("check")
    command.write_text("#!/bin/sh\nsleep 1000\n", encoding="utf-8")
    command.chmod(0o700)
    with subprocess.Popen([script, command], env=os.environ | {"FAILING": "none"}, cwd=script.parents[1]) as running:
        (script.parents[1] / "made").read_text(encoding="utf-8")
        running.send_signal(number)
    assert running.returncode == 128 + number
    assert not (script.parents[1] / "cluster").exists()
