"""Upgrades keep passwords, data and pods; uninstalling keeps the data."""

import json
import secrets
import shutil
import uuid
from pathlib import Path

import pytest
import yaml

from e2e.kube import CHART, Release, eventually
from e2e.load import Load
from e2e.shop import Browser, add_product, names

pytestmark = pytest.mark.cluster


def uids(shop: Release, component: str) -> set[str]:
    return {pod.metadata.uid for pod in shop.pods(component) if not pod.metadata.deletion_timestamp}


def test_upgrades_a_rollback_and_restarts_keep_passwords_and_products(shop: Release, values_file: str) -> None:
    name = f"Kept {uuid.uuid4()}"
    add_product(shop, name)
    before = shop.passwords()
    for more in ([], [], ["--set", "logLevel=DEBUG"]):
        shop.install("--values", values_file, *more)
    shop.cluster.helm("rollback", "shop", "--namespace", shop.namespace, "--wait", "--timeout=8m")
    for kind in ("deployment", "statefulset"):
        shop.kubectl("rollout", "restart", kind, "--selector", "app.kubernetes.io/instance=shop")
    shop.rolled_out()
    eventually(shop.all_ready, 120)
    assert shop.passwords() == before
    assert name in names(shop)


def test_a_password_can_be_changed_as_the_documentation_says(shop: Release) -> None:
    before = shop.passwords()
    new = json.dumps({"stringData": {"writer-password": secrets.token_hex(32)}})
    shop.kubectl("patch", "secret", "shop-credentials", "--patch", new)
    for workload in ("statefulset/shop-mysql", "deployment/shop-add-product"):
        shop.kubectl("rollout", "restart", workload)
        shop.kubectl("rollout", "status", workload, "--timeout=240s")
    eventually(shop.all_ready, 120)
    assert shop.passwords()["writer-password"] != before["writer-password"]
    shop.sql("writer", "SELECT 1")
    name = f"By a new password {uuid.uuid4()}"
    add_product(shop, name)
    assert name in names(shop)


def test_a_new_chart_version_and_new_labels_can_be_applied(shop: Release, values_file: str, tmp_path: Path) -> None:
    newer = tmp_path / "chart"
    shutil.copytree(CHART, newer)
    chart = yaml.safe_load((newer / "Chart.yaml").read_text(encoding="utf-8"))
    tag = chart["appVersion"]
    (newer / "Chart.yaml").write_text(
        yaml.safe_dump(chart | {"version": "0.9.9", "appVersion": "0.9.9"}), encoding="utf-8"
    )
    mysql = uids(shop, "mysql")
    shop.install("--values", values_file, "--set-string", f"image.tag={tag}", chart=newer)
    assert uids(shop, "mysql") == mysql, "a new version of the chart alone must not restart MySQL"
    shop.install("--values", values_file, "--set", "commonLabels.team=shop")
    pods = [pod for pod in shop.pods("display-product") if not pod.metadata.deletion_timestamp]
    assert [pod.metadata.labels.get("team") for pod in pods] == ["shop"] * 2


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("mysql.persistence.size", "2Gi"),
        ("mysql.persistence.storageClass", "faster"),
        ("mysql.persistence.accessModes", "{ReadWriteOncePod}"),
        ("nameOverride", "other"),
    ],
)
def test_what_an_upgrade_cannot_change_is_refused_before_it_changes_anything(
    shop: Release, values_file: str, key: str, value: str
) -> None:
    generations = ("get", "deployments,statefulsets", "--output=jsonpath={.items[*].metadata.generation}")
    before = shop.kubectl(*generations)
    with pytest.raises(AssertionError, match=f"{key} cannot be changed after the installation"):
        shop.install("--values", values_file, "--set", f"{key}={value}", "--set", "logLevel=DEBUG")
    assert shop.kubectl(*generations) == before


def wanted(shop: Release) -> int:
    """How many pods display-product's Deployment is asked for."""
    replicas: int = shop.cluster.apps.read_namespaced_deployment("shop-display-product", shop.namespace).spec.replicas
    return replicas


def test_the_autoscaler_adds_pods_under_load_and_an_upgrade_leaves_its_choice(
    shop: Release, browser: Browser, values_file: str
) -> None:
    scaling = {"enabled": "true", "maxReplicas": "5", "targetCPUUtilizationPercentage": "10"}
    flags = [f"--set=displayProduct.autoscaling.{key}={value}" for key, value in scaling.items()]
    shop.install("--values", values_file, *flags)
    assert wanted(shop) < 5
    with Load(browser) as load:
        eventually(lambda: wanted(shop) == 5, 240, 2)
    assert load.failures == []
    shop.install("--values", values_file, *flags, "--set", "podAnnotations.changed=yes", wait=False)
    assert wanted(shop) == 5
    shop.rolled_out("display-product")
    assert wanted(shop) == 5
    # Helm 4 asks before it takes a number of pods that the autoscaler has changed.
    shop.install("--values", values_file, "--force-conflicts")
    assert wanted(shop) == 2


def test_what_was_uninstalled_and_installed_again_finds_its_data(shop: Release, values_file: str) -> None:
    name = f"Kept {uuid.uuid4()}"
    add_product(shop, name)
    before = shop.passwords()
    shop.uninstall()
    shop.install("--values", values_file)
    assert shop.passwords() == before
    assert name in names(shop)
