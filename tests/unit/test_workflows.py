"""The GitHub workflows: they do what a contributor does, with no more rights and no other versions than they name."""

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

import requirements

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
FILES = WORKFLOWS + sorted((ROOT / ".github/actions").glob("*/action.yml"))
OURS = "./.github/"


def parsed(file: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return content


def steps(file: Path) -> list[dict]:
    content = parsed(file)
    jobs = content["jobs"].values() if "jobs" in content else [content["runs"]]
    return [step for job in jobs for step in job.get("steps", [])]


def matrix() -> list[dict[str, str]]:
    """Each job that tests: its folders or files, and the kinds of test that it must run."""
    strategy = parsed(ROOT / ".github/workflows/ci.yml")["jobs"]["test"]["strategy"]
    jobs: list[dict[str, str]] = strategy["matrix"]["include"]
    return jobs


def python_files(patterns: str) -> list[Path]:
    """Files with tests, of patterns of files and folders with spaces between them."""
    found = [path for pattern in patterns.split() for path in ROOT.glob(pattern)]
    return [file for path in found for file in (path.rglob("test_*.py") if path.is_dir() else [path])]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT / ".github")))
def test_each_action_is_pinned_to_a_commit_beside_its_release(file: Path) -> None:
    used = re.findall(r"\buses: (.*)", file.read_text(encoding="utf-8"))
    pinned = re.compile(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
    loose = [action for action in used if not action.startswith(OURS) and not pinned.fullmatch(action)]
    assert not loose, (
        "pin them as OWNER/NAME@COMMIT # vTAG; `git ls-remote https://github.com/OWNER/NAME vTAG` says the commit"
    )


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT / ".github")))
def test_an_action_has_the_same_commit_wherever_it_is_used(file: Path) -> None:
    everywhere = "\n".join(each.read_text(encoding="utf-8") for each in FILES)
    for action, commit in re.findall(r"\buses: ([\w./-]+)@(\S+)", file.read_text(encoding="utf-8")):
        assert set(re.findall(rf"\buses: {action}@(\S+)", everywhere)) == {commit}, f"pin {action} to one commit"


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda file: file.stem)
def test_a_workflow_may_only_read_where_it_does_not_ask_for_more(workflow: Path) -> None:
    assert parsed(workflow)["permissions"] == {"contents": "read"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT / ".github")))
def test_each_file_and_make_target_is_there(file: Path) -> None:
    commands = "\n".join(step.get("run", "") for step in steps(file))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make ([a-z][\w-]*)", commands, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    for path in re.findall(r"(?<![\w./-])(?:charts|\.github|\.ci)/[\w./-]+", commands):
        assert (ROOT / path).exists(), path
    for path in (step["uses"] for step in steps(file) if step.get("uses", "").startswith(OURS)):
        assert (ROOT / path / "action.yml").is_file(), path


def test_ci_runs_every_test_once_and_requires_every_kind_that_can_be_required() -> None:
    pytest_options = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"]
    folders = " ".join(pytest_options["ini_options"]["testpaths"])
    run = [file for job in matrix() for file in python_files(job["tests"])]
    assert sorted(map(str, run)) == sorted(map(str, python_files(folders.replace("tests/skaffold", ""))))
    kinds = {kind for job in matrix() for kind in job["kinds"].split(",")}
    assert kinds == set(requirements.NEEDS) - requirements.OPTIONAL


def test_each_job_requires_the_kinds_that_its_tests_have() -> None:
    for job in matrix():
        text = "".join(file.read_text(encoding="utf-8") for file in python_files(job["tests"]))
        text += (ROOT / "tests/chart/rendering.py").read_text(encoding="utf-8") * ("tests/chart" in job["tests"])
        marks = set(re.findall(r"pytest\.mark\.(\w+)", text))
        kinds = set(requirements.NEEDS) - requirements.OPTIONAL
        assert marks & kinds == set(job["kinds"].split(",")), job["name"]


def test_a_release_waits_for_the_tests() -> None:
    jobs = parsed(ROOT / ".github/workflows/release.yml")["jobs"]
    assert jobs["test"]["uses"] == "./.github/workflows/ci.yml"
    assert jobs["publish"]["needs"] == "test"
    assert jobs["release"]["needs"] == "publish"


def test_the_job_that_publishes_cannot_write_to_the_repository_and_runs_in_no_fork() -> None:
    publish = parsed(ROOT / ".github/workflows/release.yml")["jobs"]["publish"]
    assert publish["permissions"]["contents"] == "read"
    assert publish["if"] == "github.repository == 'product-catalog/product-catalog'"
    charts = (ROOT / "charts/product-catalog/Chart.yaml").read_text(encoding="utf-8")
    assert f"image: {publish['env']['REGISTRY']}/add-product:" in charts


def test_ci_runs_the_lowest_python_that_the_project_supports() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    bare = parsed(ROOT / ".github/workflows/ci.yml")["jobs"]["bare"]
    assert project["requires-python"] == f">={bare['strategy']['matrix']['python'][0]}"


@pytest.mark.workflows
def test_actionlint_finds_nothing() -> None:
    done = subprocess.run(["actionlint", *WORKFLOWS], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.workflows
def test_zizmor_finds_nothing() -> None:
    command = [str(requirements.program("zizmor")), "--offline", "--no-progress", ".github"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
