"""Every key of values.yaml does something, and what is made from its comments is up to date."""

import contextlib
import copy
import re
import subprocess
import textwrap
from decimal import Decimal
from typing import Any

import pytest
import yaml
from kubernetes.utils.quantity import parse_quantity

import manifests
import values_schema
from chart.everything import EVERYTHING, EXTERNAL
from chart.rendering import (
    CHART,
    HELMS,
    ROOT,
    Object,
    Refused,
    containers,
    environment,
    of_kind,
    one,
    parse,
    pod_templates,
    render_chart,
    render_text,
    validate,
)

pytestmark = pytest.mark.chart

KEYS = values_schema.read((CHART / "values.yaml").read_text(encoding="utf-8"))
LEAVES = {".".join(leaf.path): leaf for leaf in values_schema.leaves(KEYS)}

# The path of each key that blocks may repeat, and such a block.
REPEATED = [
    (".".join(leaf.path), block)
    for key in KEYS
    for block in values_schema.BLOCKS.get(key.extra.get("of", ""), [])
    for leaf in values_schema.leaves([key])
]

LABELS = {"example.com/team": "shop"}
PEERS = [{"ipBlock": {"cidr": "192.0.2.0/24"}}]
SECRETS = [{"name": "pull"}]
VOLUMES = [{"name": "authorities", "configMap": {"name": "authorities"}}]
MOUNTS = [{"name": "authorities", "mountPath": "/etc/authorities", "readOnly": True}]
DIGEST = "sha256:" + "0" * 64
# Another value than the default for the keys that have no obvious one.
CHANGED: dict[str, Any] = {
    "global.imagePullSecrets": SECRETS,
    "imagePullSecrets": SECRETS,
    "commonLabels": LABELS,
    "replicaCount": 5,
    "workers": 1,
    "threads": 4,
    "podDisruptionBudget.minAvailable": 1,
    "podDisruptionBudget.maxUnavailable": "50%",
    "service.type": "NodePort",
    "service.annotations": LABELS,
    "serviceAccount.annotations": LABELS,
    "strategy": {"rollingUpdate": {"maxSurge": "50%"}},
    "drainSeconds": 20,
    "terminationGracePeriodSeconds": 90,
    "logLevel": "DEBUG",
    "livenessProbe": {"periodSeconds": 7},
    "readinessProbe": {"periodSeconds": 7},
    "startupProbe": {"periodSeconds": 7},
    "tmpSizeLimit": "2Gi",
    "topologySpreadConstraints": [],
    "extraEnv": [{"name": "TZ", "value": "UTC"}],
    "extraVolumes": VOLUMES,
    "extraVolumeMounts": MOUNTS,
    "podAnnotations": LABELS,
    "podLabels": LABELS,
    "resources": {"requests": {"cpu": "70m"}},
    "nodeSelector": LABELS,
    "tolerations": [{"operator": "Exists"}],
    "affinity": {"nodeAffinity": {}},
    "podSecurityContext": {"runAsUser": 20001},
    "securityContext": {"runAsUser": 20001},
    "auth.oidc.issuer": "https://other.example.com",
    "auth.oidc.scopes": ["openid"],
    "auth.oidc.editorGroups": ["others"],
    "auth.oidc.readerGroups": ["others"],
    "auth.jwt.issuers": [],
    "auth.jwt.serviceAccounts.issuer": "https://other.example.com",
    "auth.jwt.serviceAccounts.editors": ["system:serviceaccount:other:one"],
    "auth.jwt.serviceAccounts.readers": ["system:serviceaccount:other:one"],
    "listenAddress": "0.0.0.0",
    "currency": "CHF",
    "publicUrl": "https://elsewhere.example.com/shop",
    "addProduct.image.digest": DIGEST,
    "readProduct.image.digest": DIGEST,
    "displayProduct.image.digest": DIGEST,
    "jobs.image.digest": DIGEST,
    "mysql.image.digest": DIGEST,
    "mysql.configuration": "max-connections = 900",
    "mysql.image.pullPolicy": "Always",
    "image.pullPolicy": "Always",
    "mysql.persistence.accessModes": ["ReadWriteOncePod"],
    "mysql.persistence.size": "9Gi",
    "mysql.persistence.annotations": LABELS,
    "mysql.livenessProbe": {"periodSeconds": 7},
    "mysql.readinessProbe": {"periodSeconds": 7},
    "mysql.startupProbe": {"periodSeconds": 7},
    "mysql.resources": {"requests": {"cpu": "70m"}},
    "mysql.podSecurityContext": {"runAsUser": 27},
    "history.schedule": "0 5 * * *",
    "backup.schedule": "0 4 * * *",
    "backup.timeZone": "Europe/Paris",
    "backup.tmpSizeLimit": "9Gi",
    "backup.persistence.accessModes": ["ReadWriteOncePod"],
    "backup.persistence.size": "9Gi",
    "backup.persistence.annotations": LABELS,
    "backup.resources": {"requests": {"cpu": "70m"}},
    "ingress.annotations": LABELS,
    "ingress.hosts": [{"host": "other.example.com", "paths": [{"path": "/"}]}],
    "ingress.tls": [
        {"secretName": "other", "hosts": ["shop.example.com", "read.example.com", "write.example.com"]},
    ],
    "httpRoute.annotations": LABELS,
    "httpRoute.parentRefs": [{"name": "other"}],
    "httpRoute.hostnames": ["other.example.com"],
    "httpRoute.redirectParentRefs": [{"name": "other"}],
    "httpRoute.path": "/shop",
    "ingress.api.readHost": "other.example.com",
    "ingress.api.writeHost": "other.example.com",
    "networkPolicy.ingressFrom": PEERS,
    "networkPolicy.apiFrom": PEERS,
    "networkPolicy.metricsFrom": PEERS,
    "networkPolicy.externalDatabaseTo": PEERS,
    "networkPolicy.issuersTo": PEERS,
    "networkPolicy.issuerPorts": [5556],
    "networkPolicy.apiServerTo": PEERS,
    "networkPolicy.apiServerPorts": [8443],
    "serviceMonitor.interval": "1m30s",
    "serviceMonitor.labels": LABELS,
    "extraObjects": [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "more"}}],
}
# What must hold besides, for a key to have an effect.
CONTEXT: dict[str, dict[str, Any]] = {
    "replicaCount": {"autoscaling": {"enabled": False}},
    "ingress.hosts": {"ingress": {"tls": [], "selfSigned": False}},
    "ingress.enabled": {"ingress": {"tls": [], "selfSigned": False, "hosts": []}},
    "ingress.tls": {},
    "mysql.enabled": EXTERNAL,
    "externalDatabase.host": EXTERNAL,
    "externalDatabase.port": EXTERNAL,
    "externalDatabase.readHost": EXTERNAL,
    "externalDatabase.tls.caSecret": EXTERNAL,
    "externalDatabase.tls.caKey": EXTERNAL | {"externalDatabase": {"host": "h", "tls": {"caSecret": "ca"}}},
    "networkPolicy.externalDatabaseTo": EXTERNAL,
    "ingress.api.enabled": {"ingress": {"tls": [], "selfSigned": False}},
    "ingress.api.readHost": {"ingress": {"tls": [], "selfSigned": False}},
    "ingress.api.writeHost": {"ingress": {"tls": [], "selfSigned": False}},
    "serviceAccount.name": {"serviceAccount": {"create": False}},
    "httpRoute.hostnames": {
        "ingress": {
            "enabled": False,
            "tls": [],
            "selfSigned": False,
            "api": {"enabled": False, "readHost": "", "writeHost": ""},
        }
    },
    "extraVolumeMounts": {"extraVolumes": VOLUMES},
}
CONTEXT["serviceAccount.create"] = {}


def changed(path: str) -> Any:
    if path in CHANGED:
        return CHANGED[path]
    default = LEAVES[path].default
    if isinstance(default, bool):
        return not current(path, default)
    if isinstance(default, int):
        return default + 1
    assert isinstance(default, str), f"{path} needs an entry in CHANGED"
    return default + "x"


def current(path: str, default: Any) -> Any:
    value: Any = with_context(path)
    for name in path.split("."):
        if name not in value:
            return default
        value = value[name]
    return value


def with_context(path: str) -> dict[str, Any]:
    values = copy.deepcopy(EVERYTHING)
    return merged(values, CONTEXT.get(path, {}))


def merged(values: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    for name, value in more.items():
        values[name] = merged(values.get(name, {}), value) if isinstance(value, dict) else copy.deepcopy(value)
    return values


def put(values: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    *blocks, last = path.split(".")
    at = values = copy.deepcopy(values)
    for block in blocks:
        at = at.setdefault(block, {})
    at[last] = value
    return values


def outcome(values: dict[str, Any]) -> Any:
    """What renders, or why it does not: a key that decides about a refusal has an effect too."""
    try:
        return parse(render_text(values))
    except Refused as refusal:
        if "execution error" not in str(refusal):
            raise
        return str(refusal)


@pytest.mark.parametrize("path", LEAVES)
def test_a_key_that_can_be_set_has_an_effect(path: str) -> None:
    values = with_context(path)
    assert outcome(put(values, path, changed(path))) != outcome(values)


@pytest.mark.parametrize(("path", "block"), REPEATED)
def test_a_key_that_a_block_may_repeat_has_an_effect_there(path: str, block: str) -> None:
    values = with_context(path)
    assert outcome(put(values, f"{block}.{path}", changed(path))) != outcome(values)


def test_kubernetes_takes_what_each_key_makes() -> None:
    made = []
    for path in LEAVES:
        with contextlib.suppress(Refused):
            made.append(render_text(put(with_context(path), path, changed(path))))
    assert len(made) > len(LEAVES) * 0.9
    validate("\n---\n".join(made))


def test_no_key_here_is_gone_from_the_values() -> None:
    assert set(CHANGED) | set(CONTEXT) <= set(LEAVES)


# The components whose pods each block concerns.
COMPONENTS = {
    "addProduct": {"add-product"},
    "readProduct": {"read-product"},
    "displayProduct": {"display-product"},
    "mysql": {"mysql"},
    "jobs": {"credentials", "history", "migrate", "test"},
    "backup": {"backup", "restore"},
}
PODS = list(COMPONENTS)
SERVICES = PODS[:3]


def component(pod: Object) -> str:
    """The component that a pod belongs to."""
    name: str = pod["metadata"]["labels"]["app.kubernetes.io/component"]
    return name


@pytest.mark.parametrize("block", PODS)
def test_what_a_block_says_wins_over_what_is_said_for_all(block: str) -> None:
    values = {"nodeSelector": {"disk": "slow"}, "backup": {"enabled": True}}
    merged(values, {block: {"nodeSelector": {"disk": "fast"}}})
    pods = [pod for _, pod in pod_templates(render_chart(values))]
    disks = {component(pod): pod["spec"]["nodeSelector"]["disk"] for pod in pods}
    assert {name for name, disk in disks.items() if disk == "fast"} == COMPONENTS[block]
    assert set(disks.values()) == {"fast", "slow"}


@pytest.mark.parametrize(
    "path",
    [
        *(path for path, leaf in LEAVES.items() if values_schema.may_be_left_out(leaf)),
        *(f"{block}.{key}" for block in PODS for key in ("resources", "tolerations", "podLabels", "priorityClassName")),
        *(f"{block}.livenessProbe" for block in SERVICES),
    ],
)
def test_null_takes_a_default_out_and_changes_nothing_where_there_is_none(path: str) -> None:
    values: dict[str, Any] = {"backup": {"enabled": True}}
    leaf = LEAVES.get(path) or LEAVES[path.rpartition(".")[2]]
    assert (render_chart(put(values, path, None)) != render_chart(values)) is bool(leaf.default)


@pytest.mark.parametrize("helm", HELMS)
def test_null_takes_every_default_out_that_can_be_done_without(helm: str) -> None:
    values: dict[str, Any] = {"backup": {"enabled": True}}
    for path, leaf in LEAVES.items():
        if values_schema.may_be_left_out(leaf):
            values = put(values, path, None)
    for _, pod in pod_templates(render_chart(values, helm=helm)):
        for container in containers(pod):
            assert not {"resources", "securityContext", "livenessProbe"} & set(container)


@pytest.mark.parametrize("helm", HELMS)
def test_null_in_a_block_drops_one_key_and_what_is_set_for_all_does_not_take_its_place(helm: str) -> None:
    values = {
        "addProduct": {"resources": {"limits": None}, "podSecurityContext": {"runAsUser": None}, "startupProbe": None},
        "mysql": {"resources": {"limits": None}, "podSecurityContext": {"runAsUser": None}},
        "backup": {"enabled": True, "resources": {"requests": {"cpu": None}}},
    }
    objects = render_chart(values, helm=helm)
    pods = [one(objects, kind, name) for kind, name in (("Deployment", "add-product"), ("StatefulSet", "mysql"))]
    for pod in (found["spec"]["template"]["spec"] for found in pods):
        assert "runAsUser" not in pod["securityContext"]
        assert pod["securityContext"]["runAsGroup"]
        assert [list(container["resources"]) for container in containers({"spec": pod})] == [["requests"]] * len(
            containers({"spec": pod})
        )
    assert "startupProbe" not in pods[0]["spec"]["template"]["spec"]["containers"][0]
    backup = one(objects, "CronJob", "backup")["spec"]["jobTemplate"]["spec"]["template"]
    assert [list(container["resources"]["requests"]) for container in containers(backup)] == [["memory"]] * 2


def test_null_leaves_mysql_without_resources_rather_than_with_those_of_a_service() -> None:
    (mysql,) = render_chart({"mysql": {"resources": None}}, "mysql/statefulset.yaml")
    assert "resources" not in mysql["spec"]["template"]["spec"]["containers"][0]


def test_openshift_chooses_every_id_where_both_security_contexts_name_none() -> None:
    ids = {"runAsUser": None, "runAsGroup": None, "fsGroup": None}
    values = {"podSecurityContext": ids, "mysql": {"podSecurityContext": ids}, "backup": {"enabled": True}}
    for name, pod in pod_templates(render_chart(values)):
        assert not set(ids) & set(pod["spec"]["securityContext"]), name
        assert pod["spec"]["securityContext"]["runAsNonRoot"] is True, name


def test_off_in_a_block_wins_over_on_for_all() -> None:
    values = {"autoscaling": {"enabled": True}, "readProduct": {"autoscaling": {"enabled": False}, "replicaCount": 0}}
    objects = render_chart(values)
    assert one(objects, "Deployment", "read-product")["spec"]["replicas"] == 0
    scaled = [found["metadata"]["name"] for found in of_kind(objects, "HorizontalPodAutoscaler")]
    assert scaled == ["shop-add-product", "shop-display-product"]


def test_volumes_of_your_own_reach_every_container_and_a_block_brings_others() -> None:
    values = {
        "backup": {"enabled": True, "extraVolumes": [], "extraVolumeMounts": []},
        "extraVolumes": VOLUMES,
        "extraVolumeMounts": MOUNTS,
    }
    for name, pod in pod_templates(render_chart(values)):
        apart = "-backup" in name or "-restore" in name
        assert (VOLUMES[0] in pod["spec"]["volumes"]) is not apart, name
        for container in containers(pod):
            assert (MOUNTS[0] in container.get("volumeMounts", [])) is not apart, (name, container["name"])


def test_variables_of_your_own_reach_every_container() -> None:
    own = {"name": "TZ", "value": "Europe/Paris"}
    for name, pod in pod_templates(render_chart({"backup": {"enabled": True}, "extraEnv": [own]})):
        for container in containers(pod):
            assert own in container["env"], (name, container["name"])


def test_the_strategy_of_one_service_can_differ() -> None:
    recreate = {"type": "Recreate", "rollingUpdate": None}
    objects = render_chart({"strategy": {"rollingUpdate": {"maxSurge": 2}}, "addProduct": {"strategy": recreate}})
    assert one(objects, "Deployment", "add-product")["spec"]["strategy"] == {"type": "Recreate"}
    rolling = one(objects, "Deployment", "read-product")["spec"]["strategy"]["rollingUpdate"]
    assert rolling == {"maxSurge": 2, "maxUnavailable": 0}


@pytest.mark.parametrize("helm", HELMS)
def test_objects_of_your_own_are_installed_with_their_templates_rendered(helm: str) -> None:
    own = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "{{ .Release.Name }}-motd"},
        "data": {"text": "in {{ .Release.Namespace }}: 007", "number": "1"},
    }
    other = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "other"}}
    first, second = render_chart({"extraObjects": [own, other]}, "extra-objects.yaml", helm=helm)
    assert first["metadata"]["name"] == "shop-motd"
    assert first["data"] == {"text": "in shop-eu: 007", "number": "1"}
    assert second == other


def test_an_object_of_your_own_may_be_text_with_templates_that_are_no_yaml() -> None:
    own = """
        {{- range list "one" "two" }}
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: {{ $.Release.Name }}-{{ . }}}
        {{- end }}
    """
    first, second = render_chart({"extraObjects": [textwrap.dedent(own)]}, "extra-objects.yaml")
    assert [found["metadata"]["name"] for found in (first, second)] == ["shop-one", "shop-two"]


@pytest.mark.parametrize("block", PODS)
def test_each_block_lists_the_keys_that_it_may_override(block: str) -> None:
    text = (CHART / "values.yaml").read_text(encoding="utf-8")
    comment = re.search(rf"^{block}:\n((?:  #.*\n)+)\n", text, re.MULTILINE)
    assert comment
    listed = comment[1].replace("#", "").partition("described above: ")[2].strip(" .\n")
    own = next(key for key in KEYS if key.path == [block])
    taken = set(values_schema.schema(KEYS)["properties"][block]["properties"])
    repeated = {key.path[0] for key in KEYS if block in values_schema.BLOCKS.get(key.extra.get("of", ""), [])}
    assert re.split(r",\s+", listed) == [key.path[0] for key in KEYS if key.path[0] in repeated]
    assert taken == repeated | {key.path[1] for key in own.children}


def test_schema_and_key_list_are_made_from_the_comments() -> None:
    for path, text in values_schema.outputs().items():
        assert path.read_text(encoding="utf-8") == text, "run `make chart-docs`"


def test_readme_is_made_from_the_comments() -> None:
    command = ["helm-docs", "--chart-search-root", "charts", "--sort-values-order", "file", "--dry-run"]
    made = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert made.strip() == (CHART / "README.md").read_text(encoding="utf-8").strip(), "run `make chart-docs`"


def test_the_readme_describes_each_key_once() -> None:
    readme = (CHART / "README.md").read_text(encoding="utf-8")
    assert [path for path in LEAVES if readme.count(f"| {path} |") != 1] == []


def test_manifests_are_what_the_chart_renders() -> None:
    assert manifests.differences() == [], "run `make manifests`"


def test_manifests_hold_no_namespace_so_that_kubectl_chooses_it() -> None:
    built = subprocess.run(["kubectl", "kustomize", "k8s"], capture_output=True, text=True, check=True, cwd=ROOT)
    for found in yaml.safe_load_all(built.stdout):
        assert "namespace" not in found["metadata"]


def test_the_example_of_an_overlay_gives_host_certificate_and_address_together() -> None:
    built = subprocess.run(
        ["kubectl", "kustomize", "docs/overlay"], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout
    validate(built)
    objects = parse(built)
    (ingress,) = of_kind(objects, "Ingress")
    assert ingress["spec"]["rules"][0]["host"] == "catalog.example.com"
    assert ingress["spec"]["tls"] == [{"secretName": "catalog-tls", "hosts": ["catalog.example.com"]}]
    (pages,) = one(objects, "Deployment", "display-product")["spec"]["template"]["spec"]["containers"]
    assert environment(pages)["CATALOG_PUBLIC_URL"] == "https://catalog.example.com"
    assert "catalog.localhost" not in built
    assert of_kind(objects, "Issuer") == []


def test_the_quota_that_is_documented_is_what_the_chart_asks_for() -> None:
    table = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8").partition("| values | pods |")[2]
    rows = [[cell.strip() for cell in line.split("|")[2:-1]] for line in table.splitlines()[2:4]]
    documented = [[parse_quantity(cell) for cell in row] for row in rows]
    defaults, with_backup = at_most(render_chart()), at_most(render_chart({"backup": {"enabled": True}}))
    assert documented[0] == defaults
    assert documented[1] == [more - less for more, less in zip(with_backup, defaults, strict=True)]


def at_most(objects: list[Any]) -> list[Decimal]:
    """Pods, CPU, memory, the limit of memory, claims and storage that all of it takes at once, in a rollout."""
    total = [Decimal(0)] * 4
    for name, pod in pod_templates(objects):
        count = 3 if name.startswith("Deployment/") else 1
        each = [(found["resources"]["requests"], found["resources"]["limits"]) for found in containers(pod)]
        needs = [
            max(parse_quantity(requests["cpu"]) for requests, _ in each),
            max(parse_quantity(requests["memory"]) for requests, _ in each),
            max(parse_quantity(limits["memory"]) for _, limits in each),
        ]
        total = [so_far + count * more for so_far, more in zip(total, [Decimal(1), *needs], strict=True)]
    claims = of_kind(objects, "PersistentVolumeClaim")
    claims += [claim for found in of_kind(objects, "StatefulSet") for claim in found["spec"]["volumeClaimTemplates"]]
    sizes = [parse_quantity(claim["spec"]["resources"]["requests"]["storage"]) for claim in claims]
    return [*total, Decimal(len(claims)), sum(sizes, Decimal(0))]


def test_version_of_the_chart_is_the_version_of_the_code() -> None:
    import catalog

    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    assert chart["appVersion"] == catalog.__version__


@pytest.mark.parametrize("name", ["values-production.yaml", "values-kind.yaml", "values-manifests.yaml"])
@pytest.mark.parametrize("helm", HELMS)
def test_the_value_files_render(name: str, helm: str) -> None:
    assert render_chart(files=(name,), helm=helm)
