"""Rendering the chart to dicts, each of them valid for Kubernetes."""

import functools
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "product-catalog"
# Their schemas are not Kubernetes' own; the cluster tests apply them to the real definitions.
CUSTOM_KINDS = ["Certificate", "HTTPRoute", "Issuer", "ServiceMonitor"]
# Helm 4 and, where it is installed under that name, Helm 3.
HELMS = ["helm", pytest.param("helm3", marks=pytest.mark.helm3)]

Object = dict[str, Any]
Values = dict[str, Any]


class Refused(Exception):
    """The chart did not render; the message is Helm's."""


def render_chart(
    values: Values | None = None,
    show_only: str | None = None,
    *,
    release: str = "shop",
    namespace: str = "shop-eu",
    files: tuple[str, ...] = (),
    arguments: tuple[str, ...] = (),
    helm: str = "helm",
) -> list[Object]:
    """The chart's objects with these values, or those of one template file. Raises Refused."""
    text = json.dumps(values or {}, sort_keys=True)
    rendered = _render(text, release, namespace, files, arguments, helm)
    validate(rendered)
    wanted = f"# Source: product-catalog/templates/{show_only}\n"
    parts = [part for part in rendered.split("---\n") if show_only is None or wanted in part]
    return parse("---\n".join(parts))


def render_text(values: Values) -> str:
    """What the chart renders with these values, not yet validated. Raises Refused."""
    return _render(json.dumps(values, sort_keys=True), "shop", "shop-eu", (), (), "helm")


def parse(rendered: str) -> list[Object]:
    """The objects of a rendered text."""
    # The parser in C is 15 times as fast, which is felt over hundreds of renderings.
    return [found for found in yaml.load_all(rendered, yaml.CSafeLoader) if found]


@functools.cache
def _render(
    values: str, release: str, namespace: str, files: tuple[str, ...], arguments: tuple[str, ...], helm: str
) -> str:
    command = [helm, "template", release, str(CHART), "--namespace", namespace, *arguments]
    for name in files:
        command += ["--values", str(CHART / name)]
    result = subprocess.run([*command, "--values", "-"], input=values, capture_output=True, text=True, check=False)
    if result.returncode:
        raise Refused(result.stderr)
    return result.stdout


@functools.cache
def validate(rendered: str) -> None:
    """Fails unless each object, of any number of renderings, is what Kubernetes takes."""
    command = ["kubeconform", "-strict", "-skip", ",".join(CUSTOM_KINDS), "-"]
    command[1:1] = os.environ.get("KUBECONFORM", "").split()
    result = subprocess.run(command, input=rendered, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def of_kind(objects: list[Object], kind: str) -> list[Object]:
    """The objects of one kind."""
    return [found for found in objects if found["kind"] == kind]


def one(objects: list[Object], kind: str, name: str) -> Object:
    """The object of this kind whose name has this ending."""
    (found,) = [found for found in of_kind(objects, kind) if found["metadata"]["name"].endswith(name)]
    return found


def pod_templates(objects: list[Object]) -> Iterator[tuple[str, Object]]:
    """Name and pod template of each object that makes pods; for a bare pod the object itself."""
    for found in objects:
        name = f"{found['kind']}/{found['metadata']['name']}"
        if found["kind"] == "Pod":
            yield name, found
        elif found["kind"] == "CronJob":
            yield name, found["spec"]["jobTemplate"]["spec"]["template"]
        elif "template" in found.get("spec", {}):
            yield name, found["spec"]["template"]


def containers(pod: Object) -> list[Object]:
    """Every container of a pod template, those that run first too."""
    return [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]


def environment(container: Object) -> dict[str, str]:
    """Environment variables of a container."""
    return {entry["name"]: entry.get("value", "") for entry in container.get("env", [])}
