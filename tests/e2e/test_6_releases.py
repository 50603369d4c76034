"""Other ways and places: a second release, a long name, plain manifests, Helm 3, an earlier chart."""

import re
import shutil
import subprocess
import time
import uuid
from pathlib import Path

import pytest
import yaml

from e2e.conftest import sign_in_keys, values, write
from e2e.kube import CHART, ROOT, SERVICES, Cluster, Release, eventually
from e2e.shop import add_product, names

pytestmark = pytest.mark.cluster

LONG = "a-release-whose-name-has-fifty-three-characters-in-it"
SMALL = {"replicaCount": 1}


@pytest.fixture
def second(shop: Release, cluster: Cluster, tmp_path: Path) -> Release:
    """A second release beside the first, with the longest name, whose MySQL is killed as it first starts."""
    rendered = cluster.helm("template", LONG, str(CHART))
    prefix = next(
        found["metadata"]["name"].removesuffix("-mysql")
        for found in yaml.safe_load_all(rendered)
        if found and found["kind"] == "StatefulSet"
    )
    release = Release(cluster, shop.namespace, LONG, prefix)
    own = values("second.example.test")
    own["ingress"]["tls"][0]["secretName"] = "second-tls"  # type: ignore[index]
    file = write(tmp_path / "second.yaml", own, SMALL)
    release.install("--values", file, wait=False)
    for seconds in (2, 6):
        eventually(lambda: preparing(release), 120, 0.2)
        time.sleep(seconds)
        release.kubectl("delete", "pod", f"{prefix}-mysql-0", "--grace-period=0", "--force")
        time.sleep(1)
    release.install("--values", file)
    return release


def preparing(release: Release) -> bool:
    """Whether MySQL's data folder is being made just now."""
    return any(
        status.state.running for pod in release.pods("mysql") for status in pod.status.init_container_statuses or []
    )


def test_two_releases_stay_apart(shop: Release, second: Release, cluster: Cluster) -> None:
    assert len(LONG) == 53
    name = f"In the first only {uuid.uuid4()}"
    add_product(shop, name)
    assert name not in names(second)
    add_product(second, "In the second")
    for release in (shop, second):
        own = {address.ip for pod in release.pods() for address in pod.status.pod_ips or []}
        for component in ("mysql", *SERVICES):
            slices = cluster.discovery.list_namespaced_endpoint_slice(
                release.namespace, label_selector=f"kubernetes.io/service-name={release.prefix}-{component}"
            ).items
            assert {address for part in slices for end in part.endpoints or [] for address in end.addresses} <= own
    second.uninstall()
    assert shop.all_ready()
    assert name in names(shop)


def test_plain_manifests_work_in_another_namespace(cluster: Cluster) -> None:
    release = Release(cluster, cluster.namespace("plain"), "product-catalog")
    release.kubectl("create", "service", "clusterip", "catalog", "--tcp=80")
    said = release.kubectl("apply", "-k", "k8s")
    assert "unchanged" not in said
    eventually(release.all_ready, 300)
    add_product(release, "From plain manifests")
    assert names(release) == ["From plain manifests"]
    # Applying again starts nothing anew. (kubectl calls objects with an empty list "configured" each time.)
    made = release.kubectl("get", "replicasets,controllerrevisions,jobs", "--output=name")
    release.kubectl("apply", "-k", "k8s")
    eventually(release.all_ready, 60)
    assert release.kubectl("get", "replicasets,controllerrevisions,jobs", "--output=name") == made
    cluster.kubectl("delete", "namespace", "plain", "--wait=false")


def test_a_missing_or_incomplete_secret_stops_the_installation_by_name(cluster: Cluster) -> None:
    namespace = cluster.namespace("no-secret")
    eventually(lambda: cluster.kubectl("--namespace", namespace, "get", "serviceaccount", "default"), 30)
    command = [
        "helm",
        "install",
        "catalog",
        str(CHART),
        "--namespace",
        namespace,
        "--set",
        "credentials.existingSecret=mine",
    ]
    missing = subprocess.run(command, capture_output=True, text=True, env=cluster.env, check=False)
    assert "credentials.existingSecret" in missing.stderr
    assert missing.returncode == 1
    cluster.kubectl("--namespace", namespace, "create", "secret", "generic", "mine", "--from-literal=root-password=x")
    lacking = subprocess.run(command, capture_output=True, text=True, env=cluster.env, check=False)
    assert "lacks the key migrator-password" in lacking.stderr
    cluster.kubectl("delete", "namespace", namespace, "--wait=false")


def test_an_installer_who_may_edit_the_namespace_needs_a_secret_of_their_own(cluster: Cluster) -> None:
    namespace = cluster.namespace("edited")
    cluster.kubectl("--namespace", namespace, "create", "rolebinding", "installer", "--clusterrole=edit", "--user=eve")
    nothing_runs = ("--set", "replicaCount=0,mysql.persistence.enabled=false")
    command = ("upgrade", "--install", "catalog", str(CHART), "--namespace", namespace, "--kube-as-user=eve")
    refused = subprocess.run(
        ["helm", *command, *nothing_runs], capture_output=True, text=True, env=cluster.env, check=False
    )
    assert re.search("roles.* is forbidden", refused.stderr)
    keys = [f"--from-literal={user}-password=x" for user in ("root", "migrator", "writer", "reader", "backup")]
    keys.append(f"--from-literal=secret-key={'k' * 40}")
    keys += sign_in_keys()
    cluster.kubectl("--namespace", namespace, "create", "secret", "generic", "mine", *keys)
    assert "deployed" in cluster.helm(*command, *nothing_runs, "--set", "credentials.existingSecret=mine")
    cluster.kubectl("delete", "namespace", namespace, "--wait=false")


@pytest.mark.helm3
def test_an_upgrade_from_the_chart_before_keeps_data_and_passwords_by_helm_3(cluster: Cluster, tmp_path: Path) -> None:
    commits = subprocess.run(
        ["git", "log", "-2", "--format=%H", "--", "charts/product-catalog"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    ).stdout.split()
    if len(commits) < 2:
        pytest.skip("the history holds no earlier chart")
    archive = subprocess.run(
        ["git", "archive", commits[1], "charts/product-catalog"], capture_output=True, cwd=ROOT, check=True
    ).stdout
    subprocess.run(["tar", "-x", "-C", str(tmp_path)], input=archive, check=True)
    release = Release(cluster, cluster.namespace("upgraded"), "catalog")
    file = write(tmp_path / "values.yaml", SMALL)
    release.install("--values", file, chart=tmp_path / "charts" / "product-catalog", binary="helm3")
    add_product(release, "From before")
    before = release.passwords()
    release.install("--reset-then-reuse-values", binary="helm3")
    assert before.items() <= release.passwords().items()
    assert names(release) == ["From before"]
    cluster.kubectl("delete", "namespace", "upgraded", "--wait=false")


def test_an_upgrade_with_reuse_values_names_a_key_that_the_chart_before_lacked(
    cluster: Cluster, tmp_path: Path
) -> None:
    before = tmp_path / "chart"
    shutil.copytree(CHART, before)
    (before / "templates" / "servicemonitor.yaml").unlink()
    for name in ("values.yaml", "templates/_keys.tpl"):
        text = (before / name).read_text(encoding="utf-8")
        block, keys = r"^serviceMonitor:.*?(?=^\S|\Z)", r"^(?:- )?serviceMonitor(?:\.[^\n]+)?$\n"
        (before / name).write_text(re.sub(f"(?ms){block}|{keys}", "", text))
    namespace = cluster.namespace("reused")
    nothing_runs = ("--set", "replicaCount=0", "--set", "mysql.persistence.enabled=false")
    cluster.helm("install", "catalog", str(before), "--namespace", namespace, *nothing_runs)
    upgrade = ["helm", "upgrade", "catalog", str(CHART), "--namespace", namespace]
    reused = subprocess.run([*upgrade, "--reuse-values"], capture_output=True, text=True, env=cluster.env, check=False)
    assert reused.returncode == 1
    assert re.search("serviceMonitor.* is missing or null.*--reset-then-reuse-values", reused.stderr)
    cluster.helm(*upgrade[1:], "--reset-then-reuse-values")
    cluster.kubectl("delete", "namespace", namespace, "--wait=false")
