"""What skaffold.yaml names is there: files, images and chart values, in the whole and in each profile."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SKAFFOLD = yaml.safe_load((ROOT / "skaffold.yaml").read_text(encoding="utf-8"))
ARTIFACTS = SKAFFOLD["build"]["artifacts"]
RELEASE = SKAFFOLD["deploy"]["helm"]["releases"][0]
CHART = ROOT / RELEASE["chartPath"]
IMAGES = {artifact["image"] for artifact in ARTIFACTS}
PROFILES = {profile["name"]: profile for profile in SKAFFOLD["profiles"]}


def at(path: str) -> Any:
    """What stands at a JSON pointer in skaffold.yaml."""
    found = SKAFFOLD
    for part in path.strip("/").split("/"):
        found = found[int(part)] if part.isdigit() else found[part]
    return found


def keys(values: dict, prefix: str = "") -> list[str]:
    """Dotted paths of the values, down to what is no mapping."""
    found: list[str] = []
    for key, value in values.items():
        found += keys(value, f"{prefix}{key}.") if isinstance(value, dict) else [prefix + key]
    return found


def assert_chart_has(key: str) -> None:
    value = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    for part in key.split("."):
        assert part in value, f"the chart has no value {key}"
        value = value[part]


def patches(path: str) -> list[tuple[str, dict]]:
    """Path and value of each patch, in every profile, whose path ends so."""
    found = [(patch["path"], patch["value"]) for profile in PROFILES.values() for patch in profile["patches"]]
    return [(where, value) for where, value in found if where.endswith(path)]


@pytest.mark.parametrize("artifact", ARTIFACTS, ids=lambda artifact: artifact["image"])
def test_an_image_has_its_dockerfile_and_the_base_that_it_asks_for(artifact: dict) -> None:
    dockerfile = (ROOT / artifact["docker"]["dockerfile"]).read_text(encoding="utf-8")
    for required in artifact.get("requires", []):
        assert required["image"] in IMAGES
        assert f"ARG {required['alias']}\nFROM ${{{required['alias']}}}" in dockerfile


def test_every_image_of_the_chart_is_built() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    listed = {entry["image"] for entry in yaml.safe_load(chart["annotations"]["artifacthub.io/images"])}
    own = {image.rpartition(":")[0] for image in listed if image.startswith("ghcr.io/")}
    assert own == IMAGES - {"ghcr.io/product-catalog/base"}


@pytest.mark.parametrize("key", RELEASE["setValueTemplates"])
def test_a_chart_value_and_the_image_it_is_taken_from_exist(key: str) -> None:
    assert_chart_has(key)
    name = re.search(r"_(ghcr_io\w+)}}$", RELEASE["setValueTemplates"][key]).group(1)
    assert name in {re.sub(r"\W", "_", image) for image in IMAGES}


def test_a_service_is_forwarded_to_the_port_that_it_has_on_one_machine() -> None:
    ports = {forward["resourceName"]: forward["localPort"] for forward in SKAFFOLD["portForward"]}
    release = RELEASE["name"]
    assert ports == {
        f"{release}-display-product": 8080,
        f"{release}-add-product": 8081,
        f"{release}-read-product": 8082,
    }
    assert {forward["namespace"] for forward in SKAFFOLD["portForward"]} == {RELEASE["namespace"]}


def test_a_profile_changes_what_is_there() -> None:
    assert set(PROFILES) == {"kind", "dev", "cloud"}
    for profile in PROFILES.values():
        for patch in profile["patches"]:
            parent, _, last = patch["path"].rpartition("/")
            assert patch["op"] == "add" or last in at(parent), patch["path"]
            assert isinstance(at(parent), dict), patch["path"]


def test_values_of_profiles_exist() -> None:
    for _, files in patches("/valuesFiles"):
        for file in files:
            assert file == "{{.CATALOG_VALUES}}" or (ROOT / file).is_file(), file
    for _, values in patches("/overrides"):
        for key in keys(values):
            assert_chart_has(key)


def test_synchronised_files_exist_and_go_where_the_image_has_them() -> None:
    synchronised = patches("/sync")
    assert len(synchronised) == 3
    for path, sync in synchronised:
        image = at(path.removesuffix("/sync"))
        dockerfile = (ROOT / image["docker"]["dockerfile"]).read_text(encoding="utf-8")
        dockerfile += (ROOT / "Dockerfile.base").read_text(encoding="utf-8")
        for rule in sync["manual"]:
            assert any(ROOT.glob(rule["src"])), rule["src"]
            folder = rule["src"].partition("/**")[0]
            assert f"{folder} {rule['dest']}/{folder.removeprefix(rule['strip'])}\n" in dockerfile


def test_synchronised_code_may_be_written_by_the_user_of_the_service() -> None:
    owners = {at(path.rpartition("/docker")[0])["image"]: value for path, value in patches("/buildArgs")}
    assert set(owners) == IMAGES - {"ghcr.io/product-catalog/jobs"}
    assert all(value == {"OWNER": "10001:10001"} for value in owners.values())
