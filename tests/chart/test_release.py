"""The chart as it is released: each image by its digest, and nothing else changed."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

import release
from chart.everything import EVERYTHING
from chart.rendering import CHART, containers, parse, pod_templates

pytestmark = pytest.mark.chart

DIGESTS = {
    name: f"sha256:{number:064x}"
    for number, name in enumerate(["add-product", "read-product", "display-product", "jobs", "mysql"])
}


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The released chart."""
    folder = tmp_path_factory.mktemp("release") / "product-catalog"
    release.write_chart(folder, DIGESTS)
    return folder


def test_every_container_of_a_released_chart_is_pinned_by_the_digest_of_its_image(released: Path) -> None:
    command = ["helm", "template", "shop", str(released), "--namespace", "shop-eu", "--values", "-"]
    rendered = subprocess.run(command, input=json.dumps(EVERYTHING), capture_output=True, text=True, check=True)
    used = {container["image"] for _, pod in pod_templates(parse(rendered.stdout)) for container in containers(pod)}
    names = {image.rpartition("@")[0].rpartition("/")[2]: image.rpartition("@")[2] for image in used}
    assert names == DIGESTS
    listed = yaml.safe_load((released / "Chart.yaml").read_text(encoding="utf-8"))["annotations"]
    assert {entry["image"] for entry in yaml.safe_load(listed["artifacthub.io/images"])} == used


def test_a_release_changes_nothing_else_of_the_chart(released: Path) -> None:
    for file in filter(Path.is_file, CHART.rglob("*")):
        text = (released / file.relative_to(CHART)).read_text(encoding="utf-8")
        for name, digest in DIGESTS.items():
            text = re.sub(rf"{name}@{digest}", rf"{name}:", text).replace(f"digest: {digest}", 'digest: ""')
        original = re.sub(r"(image: \S+:)\S+$", r"\1", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert re.sub(r"(image: \S+:)\S+$", r"\1", text, flags=re.MULTILINE) == original, file


@pytest.mark.parametrize(
    "digests",
    [
        {name: digest for name, digest in DIGESTS.items() if name != "jobs"},
        DIGESTS | {"jobs": ""},
        DIGESTS | {"jobs": "sha256:abc"},
        DIGESTS | {"another": DIGESTS["jobs"]},
    ],
)
def test_a_release_whose_images_are_not_those_of_the_chart_is_refused(tmp_path: Path, digests: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"image|digest"):
        release.write_chart(tmp_path / "chart", digests)
