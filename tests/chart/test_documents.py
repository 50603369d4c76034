"""The documented commands and values, as kubectl, Helm and the chart understand them.

The cluster tests run the procedures themselves.
"""

import itertools
import json
import os
import re
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest
import yaml

from chart.rendering import HELMS, Object, Values, containers, environment, one, pod_templates, render_chart
from documents import blocks, console, inline, words

pytestmark = pytest.mark.chart

OPERATIONS = "docs/operations.md"
DOCUMENTS = ("README.md", OPERATIONS, "docs/development.md")
VALUES = [values for block in blocks(OPERATIONS, "yaml") if "apiVersion" not in (values := yaml.safe_load(block))]
WORKLOADS = re.compile(r"\b(cronjob|deployment|statefulset)[/ ]catalog-([a-z-]+)")


def simple_commands(code: str) -> list[list[str]]:
    """The words of each command in a line of shell, which may join several."""
    # A placeholder would be a redirection.
    found = words(re.sub(r"<[a-z-]+>", "placeholder", code))
    separated = itertools.groupby(found, lambda word: word in ("|", "&&"))
    return [list(group) for separator, group in separated if not separator]


def documented(program: str) -> list[list[str]]:
    """The words of each documented command of this program."""
    codes = [code for document in DOCUMENTS for code in console(document) + inline(document)]
    return [command for code in codes for command in simple_commands(code) if command[0] == program and command[1:]]


def refusal(command: list[str]) -> str:
    """What the program says against the command, which is not carried out."""
    own = list(itertools.takewhile(lambda word: word not in ("--", ">"), command))
    nowhere = {**os.environ, "KUBECONFIG": os.devnull}
    done = subprocess.run([*own, "--help"], env=nowhere, capture_output=True, text=True, check=False)
    return done.stderr if done.returncode else ""


def test_kubectl_knows_every_documented_command_and_option() -> None:
    commands = documented("kubectl")
    assert len(commands) > 30
    assert {" ".join(command): said for command in commands if (said := refusal(command))} == {}


@pytest.mark.parametrize("helm", HELMS)
def test_helm_knows_every_documented_command_and_option(helm: str) -> None:
    # The text says that this option is for Helm 4.
    commands = [command for command in documented("helm") if helm == "helm" or "--force-conflicts" not in command]
    assert len(commands) > 10
    assert {" ".join(command): said for command in commands if (said := refusal([helm, *command[1:]]))} == {}


def test_an_option_that_does_not_exist_is_refused() -> None:
    assert "unknown flag" in refusal(["kubectl", "create", "job", "backup-now", "--form=cronjob/catalog-backup"])


@pytest.mark.parametrize("values", VALUES, ids=lambda values: ",".join(values))
def test_the_documented_values_make_valid_objects(values: Values) -> None:
    assert render_chart(values, release="catalog")


@pytest.mark.parametrize(
    "values",
    [
        {"credentials": {"existingSecret": "catalog-passwords"}},
        *(each for each in VALUES if "externalDatabase" in each),
    ],
    ids=["in the cluster", "external"],
)
def test_the_documented_secrets_have_every_key_that_pods_read(values: Values, tmp_path: Path) -> None:
    (passwords,) = [command for command in console(OPERATIONS) if command.startswith("for key in ")]
    pair = next(command for command in console(OPERATIONS) if command.startswith("openssl genpkey "))
    for command in (passwords, pair):
        subprocess.run(["bash", "-c", command], cwd=tmp_path, check=True)
    for file in ("ca.crt", "editors", "readers"):
        (tmp_path / file).touch()
    everything = {"backup": {"enabled": True}, "auth": {"enabled": True}}
    needed = read_keys(render_chart(values | everything, release="catalog"))
    assert needed
    for name, keys in needed.items():
        assert keys <= created_keys(name, tmp_path), name


def read_keys(objects: list[Object]) -> dict[str, set[str]]:
    """The keys that pods read, by the name of the Secret."""
    found: dict[str, set[str]] = defaultdict(set)
    for _, pod in pod_templates(objects):
        for secret in [volume["secret"] for volume in pod["spec"].get("volumes", []) if "secret" in volume]:
            found[secret["secretName"]] |= {item["key"] for item in secret["items"]}
    return found


def created_keys(name: str, directory: Path) -> set[str]:
    """The keys of the Secret that the documented command creates from files in this directory."""
    (command,) = [found for found in console(OPERATIONS) if found.startswith(f"kubectl create secret generic {name} ")]
    trial = f"{command} --dry-run=client --output=json"
    done = subprocess.run(["bash", "-c", trial], cwd=directory, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout)["data"])


def release() -> list[Object]:
    """The documented release, with backups."""
    return render_chart({"backup": {"enabled": True}}, release="catalog")


def test_the_workloads_that_commands_name_are_in_the_release() -> None:
    codes = console(OPERATIONS) + inline(OPERATIONS)
    named = {found for code in codes for found in WORKLOADS.findall(code)}
    there = {(found["kind"].lower(), found["metadata"]["name"].removeprefix("catalog-")) for found in release()}
    assert len(named) >= 4
    assert named <= there


def restore_job() -> Object:
    """What `kubectl create job --from=cronjob/catalog-restore` makes."""
    return {"apiVersion": "batch/v1", "kind": "Job", **one(release(), "CronJob", "restore")["spec"]["jobTemplate"]}


def changed(name: str) -> Object:
    """The restoring container of this Job, after the change that the document makes to the Job."""
    (command,) = [found for found in console(OPERATIONS) if found.startswith(f"kubectl create job {name} ")]
    changing = command.partition("|")[2].rpartition("|")[0]
    job = json.dumps(restore_job())
    made = subprocess.run(["bash", "-c", changing], input=job, capture_output=True, text=True, check=True).stdout
    (restore,) = [found for found in containers(yaml.safe_load(made)["spec"]["template"]) if found["name"] == "restore"]
    return restore


def test_the_documented_restore_takes_the_named_backup() -> None:
    assert environment(changed("restore-1"))["BACKUP"] == "catalog-20260102T023000Z.sql.gz"


def test_the_documented_way_to_the_backups_waits_and_restores_nothing() -> None:
    assert changed("backups-open")["command"] == ["bash", "-c", "sleep 600"]
