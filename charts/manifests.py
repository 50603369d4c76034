"""Generates the files for people without Helm: k8s/ from the chart, and the chart's schema.sql from the migrations.

With `check` it changes nothing, and fails if a file is out of date.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
CHART = ROOT / "charts" / "product-catalog"
MANIFESTS = ROOT / "k8s"
SCHEMA = CHART / "files" / "schema.sql"
RELEASE = "product-catalog"
# Helm's labels would be wrong on objects that kubectl applies.
HELM_LABELS = re.compile(r"^ +(app\.kubernetes\.io/managed-by|helm\.sh/chart): .*\n", re.MULTILINE)
SOURCE = re.compile(r"^# Source: product-catalog/templates/(\S+)\.yaml\n", re.MULTILINE)
COMPONENT = re.compile(r"^ +app\.kubernetes\.io/component: (\S+)\n", re.MULTILINE)
HEAD = "# Rendered from charts/product-catalog by `make manifests`: change it there.\n"
NAMESPACE = (
    HEAD
    + """apiVersion: v1
kind: Namespace
metadata:
  name: product-catalog
  labels:
    pod-security.kubernetes.io/enforce: restricted
    pod-security.kubernetes.io/warn: restricted
"""
)


def schema_sql() -> str:
    """The SQL of the whole schema, as the migrations create it."""
    printed = _output(sys.executable, "-m", "catalog.migrate", "sql")
    return "".join(f"{line.rstrip()}\n" for line in printed.strip().splitlines())


def manifests() -> dict[str, str]:
    """The files of k8s/ by name, with one object each and no namespace, so that kubectl's -n can choose it."""
    rendered = _output(
        "helm", "template", RELEASE, str(CHART), "--skip-tests", "--values", str(CHART / "values-manifests.yaml")
    )
    files: dict[str, str] = {}
    for document in re.split(r"^---\n", rendered, flags=re.MULTILINE):
        source = SOURCE.search(document)
        text = HELM_LABELS.sub("", SOURCE.sub("", document)).strip()
        if source and not source[1].startswith("tests/") and yaml.safe_load(text):
            files[_file_name(source[1], text)] = HEAD + text + "\n"
    resources = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": sorted(files)}
    files["kustomization.yaml"] = HEAD + yaml.safe_dump(resources, sort_keys=False)
    # The namespace is not among the resources: deleting them must not delete the namespace and with it the data.
    files["namespace.yaml"] = NAMESPACE
    return files


def _file_name(template: str, text: str) -> str:
    """Names an object's file after its template, with `services` replaced by the service that it belongs to."""
    folder, _, kind = template.rpartition("/")
    component = COMPONENT.search(text)
    if folder == "services" and component:
        folder = component[1]
    return f"{folder}-{kind}.yaml" if folder else f"{kind}.yaml"


def _output(*command: str) -> str:
    environment = os.environ | {"PYTHONPATH": str(ROOT / "services")}
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment).stdout  # noqa: S603


def differences() -> list[str]:
    """The names of the files that are out of date."""
    expected = {MANIFESTS / name: text for name, text in manifests().items()} | {SCHEMA: schema_sql()}
    present = {*MANIFESTS.glob("*"), SCHEMA}
    return sorted(
        str(path.relative_to(ROOT))
        for path in present | set(expected)
        if not path.exists() or path.read_text(encoding="utf-8") != expected.get(path)
    )


def write() -> None:
    """Writes the files, and removes those that are no longer generated."""
    SCHEMA.write_text(schema_sql(), encoding="utf-8")
    MANIFESTS.mkdir(exist_ok=True)
    for path in MANIFESTS.glob("*"):
        path.unlink()
    for name, text in manifests().items():
        (MANIFESTS / name).write_text(text, encoding="utf-8")


def main(arguments: list[str]) -> None:
    """Entry point."""
    if arguments != ["check"]:
        write()
    elif wrong := differences():
        sys.exit(f"error: run `make manifests`; these differ from the chart: {', '.join(wrong)}")


if __name__ == "__main__":
    main(sys.argv[1:])
