"""What every object that the chart makes must be like."""

import json
import re
from typing import Any

import pytest
import yaml

from catalog import __version__
from chart.everything import EVERYTHING, EXTERNAL
from chart.rendering import (
    CHART,
    HELMS,
    ROOT,
    Object,
    containers,
    environment,
    of_kind,
    one,
    pod_templates,
    render_chart,
    render_text,
)

pytestmark = pytest.mark.chart

SERVICES = ["add-product", "read-product", "display-product"]
OURS = "ghcr.io/product-catalog/"


def default_and_everything() -> list[Object]:
    return [
        *render_chart(),
        *render_chart(EVERYTHING),
        *render_chart(EXTERNAL),
        *render_chart(files=("values-production.yaml",)),
    ]


def test_each_service_is_a_deployment_with_three_probes() -> None:
    objects = render_chart()
    for service in SERVICES:
        (container,) = one(objects, "Deployment", service)["spec"]["template"]["spec"]["containers"]
        assert container["livenessProbe"]["httpGet"]["path"] == "/livez"
        assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
        assert container["startupProbe"]


def test_mysql_is_a_statefulset_that_keeps_its_claim_and_has_three_probes() -> None:
    stateful = one(render_chart(), "StatefulSet", "mysql")
    (container,) = stateful["spec"]["template"]["spec"]["containers"]
    assert {"livenessProbe", "readinessProbe", "startupProbe"} <= set(container)
    assert stateful["spec"]["persistentVolumeClaimRetentionPolicy"] == {"whenDeleted": "Retain", "whenScaled": "Retain"}


def test_the_schema_for_the_first_start_is_what_the_migrations_make() -> None:
    schema = one(render_chart({"database": {"name": "shop"}}), "ConfigMap", "init-schema")["data"]["schema.sql"]
    made = (CHART / "files" / "schema.sql").read_text(encoding="utf-8")
    assert schema.startswith("CREATE DATABASE IF NOT EXISTS `shop` CHARACTER SET utf8mb4;\nUSE `shop`;\n")
    assert schema.strip().endswith(made.strip())
    assert "INSERT INTO alembic_version" in made


@pytest.mark.parametrize("kind", ["Job", "CronJob", "StatefulSet", "Deployment", "Pod"])
def test_every_pod_meets_the_restricted_level(kind: str) -> None:
    pods = [(name, pod) for name, pod in pod_templates(default_and_everything()) if name.startswith(kind + "/")]
    assert pods
    for name, pod in pods:
        context = pod["spec"]["securityContext"]
        assert context["runAsNonRoot"] is True, name
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert not pod["spec"].get("hostNetwork"), name
        for container in containers(pod):
            own = container["securityContext"]
            assert own["allowPrivilegeEscalation"] is False, name
            assert own["capabilities"] == {"drop": ["ALL"]}, name
            assert own["readOnlyRootFilesystem"] is True, name


def test_writable_places_are_sized() -> None:
    for name, pod in pod_templates(default_and_everything()):
        for volume in pod["spec"]["volumes"]:
            if "emptyDir" in volume:
                assert "sizeLimit" in volume["emptyDir"], (name, volume)
        if name.startswith("Deployment/"):
            mounts = {mount["mountPath"]: mount for mount in pod["spec"]["containers"][0]["volumeMounts"]}
            assert "/tmp" in mounts


def test_every_container_says_what_it_needs() -> None:
    for name, pod in pod_templates(default_and_everything()):
        for container in containers(pod):
            assert container["resources"]["requests"].keys() == {"cpu", "memory"}, name
            assert "memory" in container["resources"]["limits"], name


def test_service_links_are_off_in_every_pod() -> None:
    for name, pod in pod_templates(default_and_everything()):
        assert pod["spec"]["enableServiceLinks"] is False, name


def test_only_the_job_that_creates_passwords_has_a_token() -> None:
    for name, pod in pod_templates(default_and_everything()):
        assert pod["spec"]["automountServiceAccountToken"] is ("-credentials-" in name), name


@pytest.mark.parametrize(("enabled", "verbs"), [(False, ["get"]), (True, ["get", "patch"])])
def test_the_role_of_that_job_is_creating_secrets_and_completing_that_one(enabled: bool, verbs: list[str]) -> None:
    rules = one(render_chart({"auth": {"enabled": enabled}}), "Role", "credentials")["rules"]
    assert rules == [
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["create"]},
        {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["shop-credentials"], "verbs": verbs},
    ]


def test_turning_sign_in_on_runs_that_job_again() -> None:
    def job(enabled: bool) -> str:
        return str(one(render_chart({"auth": {"enabled": enabled}}, "credentials/job.yaml"), "Job", "")["metadata"])

    assert job(True) != job(False)


def test_no_password_stands_in_a_manifest_and_no_secret_is_an_object_of_the_chart() -> None:
    assert of_kind(default_and_everything(), "Secret") == []


def test_rendering_twice_gives_the_same() -> None:
    assert render_chart(EVERYTHING) == render_chart(EVERYTHING, arguments=("--is-upgrade",))


@pytest.mark.parametrize("enabled", [False, True])
def test_each_service_sees_its_own_secrets_only(enabled: bool) -> None:
    objects = render_chart({"auth": {"enabled": enabled}})
    keys = [["writer-password"], ["reader-password"], ["secret-key"]]
    more = [["verification-keys"], ["verification-keys"], ["signing-key", "editors", "readers"]]
    for service, own, added in zip(SERVICES, keys, more, strict=True):
        pod = one(objects, "Deployment", service)["spec"]["template"]
        (secret,) = [volume["secret"] for volume in pod["spec"]["volumes"] if "secret" in volume]
        assert [item["key"] for item in secret["items"]] == own + added * enabled
        assert secret["defaultMode"] == 0o440


def test_whoever_signs_people_in_gets_every_secret_read_only_and_no_other_service_gets_any() -> None:
    objects = render_chart(EVERYTHING)
    named = {}
    for service in SERVICES:
        pod = one(objects, "Deployment", service)["spec"]["template"]["spec"]
        named[service] = {volume["name"] for volume in pod["volumes"]}
        (container,) = pod["containers"]
        assert all(mount.get("readOnly") for mount in container["volumeMounts"] if mount["name"] != "tmp")
        files = [value for name, value in environment(container).items() if name.endswith("_FILE")]
        folders = tuple(f"{mount['mountPath']}/" for mount in container["volumeMounts"])
        assert all(file.startswith(folders) for file in files), files
    assert named == {
        "add-product": {"tmp", "secrets", "issuers", "issuer-ca-0", "service-account"},
        "read-product": {"tmp", "secrets", "issuers", "issuer-ca-0", "service-account"},
        "display-product": {"tmp", "secrets", "oidc", "oidc-ca"},
    }


def test_the_services_are_told_who_may_do_what() -> None:
    def variables(values: dict[str, Any], service: str) -> dict[str, str]:
        return environment(containers(one(render_chart(values), "Deployment", service)["spec"]["template"])[0])

    for service in SERVICES:
        assert variables({"auth": {"enabled": False}}, service)["CATALOG_AUTH"] == "unprotected"
        on = variables({"auth": {"enabled": True, "anonymousRead": False}}, service)
        assert (on["CATALOG_AUTH"], on["CATALOG_ANONYMOUS_READ"]) == ("on", "false")
    pages = variables(EVERYTHING, "display-product")
    assert pages["CATALOG_OIDC_SCOPES"] == "openid profile email groups"
    assert (pages["CATALOG_OIDC_EDITOR_GROUPS"], pages["CATALOG_OIDC_READER_GROUPS"]) == ("shop", "*")


def test_another_list_of_trusted_issuers_restarts_the_services_that_read_it() -> None:
    def checksums(issuer: str) -> list[str | None]:
        accounts = EVERYTHING["auth"]["jwt"]["serviceAccounts"] | {"issuer": issuer}
        objects = render_chart({"auth": {"enabled": True, "jwt": {"serviceAccounts": accounts}}})
        pods = [one(objects, "Deployment", service)["spec"]["template"] for service in SERVICES]
        return [pod["metadata"].get("annotations", {}).get("checksum/issuers") for pod in pods]

    first, second = checksums("https://a.example.com"), checksums("https://b.example.com")
    assert first[:2] != second[:2]
    assert first[0] == first[1]
    assert first[2] is None


def test_the_trusted_issuers_are_told_as_the_services_read_them() -> None:
    issuers = json.loads(one(render_chart(EVERYTHING), "ConfigMap", "issuers")["data"]["issuers.json"])
    assert issuers == [
        {
            "issuer": "https://login.example.com",
            "audience": "catalog",
            "claim": "client_id",
            "editors": ["stock-keeping"],
            "readers": ["search"],
            "jwks_url": "https://keys.example.com:8443/jwks",
            "ca_file": "/run/secrets/issuer-ca-0/ca.crt",
        },
        {
            "issuer": "https://cluster.example.com",
            "audience": "product-catalog",
            "claim": "sub",
            "editors": ["system:serviceaccount:stock:import"],
            "readers": ["system:serviceaccount:stock:export"],
            "jwks_url": "https://kubernetes.default.svc/openid/v1/jwks",
            "ca_file": "/run/secrets/service-account/ca.crt",
            "token_file": "/run/secrets/service-account/token",
        },
    ]


def test_each_service_reaches_its_issuers_and_no_more() -> None:
    objects = render_chart(EVERYTHING)
    ports = {
        service: [
            port["port"]
            for rule in one(objects, "NetworkPolicy", service)["spec"]["egress"]
            if "to" not in rule
            for port in rule["ports"]
        ]
        for service in SERVICES
    }
    assert ports == {
        "add-product": [8443, 443, 6443, 53, 53],
        "read-product": [8443, 443, 6443, 53, 53],
        "display-product": [443, 53, 53],
    }


def test_programs_outside_reach_reading_and_writing_at_two_hosts_or_by_method() -> None:
    objects = render_chart(EVERYTHING)
    (ingress,) = of_kind(objects, "Ingress")
    backends = {
        (rule["host"], path["path"]): path["backend"]["service"]["name"]
        for rule in ingress["spec"]["rules"]
        for path in rule["http"]["paths"]
    }
    assert backends == {
        ("shop.example.com", "/"): "shop-display-product",
        ("read.example.com", "/api/v1"): "shop-read-product",
        ("write.example.com", "/api/v1"): "shop-add-product",
    }
    rules = one(objects, "HTTPRoute", "display-product")["spec"]["rules"]
    routed = [
        (rule["backendRefs"][0]["name"], [(match["path"]["value"], match.get("method")) for match in rule["matches"]])
        for rule in rules
    ]
    # The longer path wins, then a match that names a method, whatever their order (Gateway API, HTTPRouteRule).
    assert routed == [
        ("shop-add-product", [("/api/v1", None), ("/api/v1/tokens", None)]),
        ("shop-read-product", [("/api/v1", "GET"), ("/api/v1", "HEAD")]),
        ("shop-display-product", [("/", None)]),
    ]


@pytest.mark.parametrize("values", [{}, EVERYTHING, EXTERNAL])
def test_no_selector_or_claim_holds_what_changes(values: dict[str, Any]) -> None:
    for found in render_chart(values | {"commonLabels": {"team": "shop"}}):
        if found["kind"] in ("Deployment", "StatefulSet"):
            names = {"app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/component"}
            assert found["spec"]["selector"]["matchLabels"].keys() == names
            for claim in found["spec"].get("volumeClaimTemplates", []):
                assert claim["metadata"]["labels"].keys() == names
        assert found["metadata"]["labels"]["team"] == "shop"


def test_a_new_version_of_the_chart_alone_restarts_nothing() -> None:
    for name, pod in pod_templates(render_chart(EVERYTHING)):
        if not name.startswith("Pod/"):
            assert not {"helm.sh/chart", "app.kubernetes.io/version"} & set(pod["metadata"]["labels"]), name


@pytest.mark.parametrize("release", ["a", "2nd", "v1.2", "r" * 40, "r" * 53, "x" * 30 + "-" + "y" * 22])
def test_names_fit_and_stay_apart(release: str) -> None:
    objects = render_chart(EVERYTHING, release=release)
    for found in objects:
        name = found["metadata"]["name"]
        assert len(name) <= (52 if found["kind"] in ("StatefulSet", "Job", "CronJob", "Pod") else 63)
        if found["kind"] == "Service":
            assert name[0].isalpha()
            assert "." not in name
        assert all(len(value) <= 63 for value in found["metadata"]["labels"].values())
    names = {(found["kind"], found["metadata"]["name"]) for found in objects}
    assert len(names) == len(objects)


# By kind, without the release's name and the hash of a Job's content.
NAMES = {
    "Certificate": ["ca"],
    "ConfigMap": ["backup", "init-schema", "issuers", "mysql"],
    "CronJob": ["backup", "history", "restore"],
    "Deployment": ["add-product", "display-product", "read-product"],
    "HTTPRoute": ["display-product", "redirect"],
    "HorizontalPodAutoscaler": ["add-product", "display-product", "read-product"],
    "Ingress": ["display-product"],
    "Issuer": ["ca", "selfsigned"],
    "Job": ["backup", "credentials", "migrate"],
    "NetworkPolicy": [
        "add-product",
        "backup",
        "credentials",
        "default-deny",
        "display-product",
        "history",
        "migrate",
        "mysql",
        "read-product",
        "restore",
        "test",
    ],
    "PersistentVolumeClaim": ["backups"],
    "Pod": ["test"],
    "PodDisruptionBudget": ["add-product", "display-product", "read-product"],
    "Role": ["credentials"],
    "RoleBinding": ["credentials"],
    "Service": ["add-product", "display-product", "mysql", "mysql-headless", "read-product"],
    "ServiceAccount": [
        "add-product",
        "backup",
        "credentials",
        "display-product",
        "history",
        "migrate",
        "mysql",
        "read-product",
    ],
    "ServiceMonitor": ["services"],
    "StatefulSet": ["mysql"],
}


@pytest.mark.parametrize("helm", HELMS)
def test_an_upgrade_finds_every_object_under_the_name_that_it_had(helm: str) -> None:
    found: dict[str, list[str]] = {}
    for each in render_chart(EVERYTHING, helm=helm):
        name = each["metadata"]["name"].removeprefix("shop-")
        found.setdefault(each["kind"], []).append(re.sub("-[0-9a-f]{8}$", "", name) if each["kind"] == "Job" else name)
    assert {kind: sorted(names) for kind, names in found.items()} == NAMES


@pytest.mark.helm3
@pytest.mark.parametrize("values", [{}, EVERYTHING, EXTERNAL])
def test_both_versions_of_helm_make_the_same_objects(values: dict[str, Any]) -> None:
    objects = [render_chart(values, helm=helm) for helm in ("helm", "helm3")]
    first, second = (sorted(found, key=lambda each: (each["kind"], each["metadata"]["name"])) for found in objects)
    assert first == second


@pytest.mark.parametrize("values", [{}, EVERYTHING, EXTERNAL])
def test_what_is_rendered_reads_well(values: dict[str, Any]) -> None:
    for document in render_text(values).split("---\n")[1:]:
        assert document.startswith("# Source: product-catalog/templates/"), document
        lines = document.rstrip("\n").split("\n")
        assert [line for line in lines if line != line.rstrip() or "\t" in line] == []
        assert lines[1].startswith(("apiVersion: ", "# ")), lines[:3]
        assert ": null" not in document


def test_two_releases_share_no_name() -> None:
    def names(release: str) -> set[tuple[str, str]]:
        return {(found["kind"], found["metadata"]["name"]) for found in render_chart(release=release)}

    assert not names("a") & names("b")
    assert not names("r" * 52 + "a") & names("r" * 52 + "b")


def test_selectors_take_own_pods_only() -> None:
    for found in render_chart(EVERYTHING, release="a"):
        selectors = [
            value for value in _find(found, {"matchLabels", "selector", "labelSelector"}) if isinstance(value, dict)
        ]
        for selector in selectors:
            labels = selector.get("matchLabels", selector)
            assert labels["app.kubernetes.io/instance"] == "a", found["metadata"]["name"]


def _find(value: Any, keys: set[str]) -> list[Any]:
    if isinstance(value, list):
        return [hit for item in value for hit in _find(item, keys)]
    if not isinstance(value, dict):
        return []
    own = [item for key, item in value.items() if key in keys]
    return own + [hit for key, item in value.items() if key not in keys for hit in _find(item, keys)]


def test_whatever_is_not_allowed_is_refused_both_ways_and_names_can_be_resolved() -> None:
    objects = render_chart({"backup": {"enabled": True}})
    policies = of_kind(objects, "NetworkPolicy")
    deny = one(policies, "NetworkPolicy", "default-deny")["spec"]
    assert deny["policyTypes"] == ["Ingress", "Egress"]
    assert "app.kubernetes.io/component" not in deny["podSelector"]["matchLabels"]
    components = {pod["metadata"]["labels"]["app.kubernetes.io/component"] for _, pod in pod_templates(objects)}
    governed = {policy["spec"]["podSelector"]["matchLabels"].get("app.kubernetes.io/component") for policy in policies}
    assert components <= governed
    for policy in policies:
        egress = policy["spec"].get("egress")
        if egress:
            ports = [port for rule in egress for port in rule.get("ports", [])]
            assert {"port": 53, "protocol": "UDP"} in ports
            assert {"port": 53, "protocol": "TCP"} in ports


def test_display_reaches_the_services_and_not_the_database() -> None:
    egress = one(render_chart(), "NetworkPolicy", "display-product")["spec"]["egress"]
    peers = [
        peer["podSelector"]["matchLabels"]["app.kubernetes.io/component"]
        for rule in egress
        for peer in rule.get("to", [])
    ]
    assert peers == ["add-product", "read-product"]


def test_the_autoscaler_alone_decides_how_many_pods() -> None:
    objects = render_chart({"autoscaling": {"enabled": True}})
    assert all("replicas" not in found["spec"] for found in of_kind(objects, "Deployment"))
    assert len(of_kind(objects, "HorizontalPodAutoscaler")) == 3
    assert of_kind(render_chart(), "HorizontalPodAutoscaler") == []


def test_a_rollout_takes_no_pod_before_its_successor_is_ready() -> None:
    for deployment in of_kind(render_chart(), "Deployment"):
        assert deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
        pod = deployment["spec"]["template"]["spec"]
        drain = int(environment(pod["containers"][0])["CATALOG_DRAIN_SECONDS"])
        assert drain > 0
        assert pod["terminationGracePeriodSeconds"] >= drain + 30


def test_the_pages_are_told_their_address() -> None:
    def address(values: dict[str, Any]) -> str | None:
        pod = one(render_chart(values), "Deployment", "display-product")["spec"]["template"]["spec"]
        return environment(pod["containers"][0]).get("CATALOG_PUBLIC_URL")

    plain = {"enabled": True, "hosts": [{"host": "a.example.com", "paths": [{"path": "/shop/"}]}]}
    tls = plain | {"tls": [{"secretName": "t", "hosts": ["a.example.com"]}]}
    assert address({}) is None
    assert address({"ingress": plain}) == "http://a.example.com/shop"
    assert address({"ingress": tls}) == "https://a.example.com/shop"
    assert address({"ingress": tls, "publicUrl": "https://b.example.com"}) == "https://b.example.com"
    route = {"enabled": True, "parentRefs": [{"name": "g"}], "hostnames": ["c.example.com"]}
    assert address({"httpRoute": route}) == "https://c.example.com"


def test_ingress_nginx_takes_the_largest_file_that_the_pages_take() -> None:
    def limit(values: dict[str, Any]) -> str:
        ingress = {"enabled": True, "hosts": [{"host": "a.example.com", "paths": [{"path": "/"}]}], **values}
        (made,) = of_kind(render_chart({"importMaxBytes": 10_000_000, "ingress": ingress}), "Ingress")
        return str(made["metadata"]["annotations"]["nginx.ingress.kubernetes.io/proxy-body-size"])

    assert int(limit({})) == 10_000_000 + 2**20
    assert limit({"annotations": {"nginx.ingress.kubernetes.io/proxy-body-size": "1g"}}) == "1g"


def test_everything_listens_on_both_families_and_literals_are_bracketed() -> None:
    objects = render_chart(EXTERNAL | {"externalDatabase": {"host": "2001:db8::1", "readHost": "2001:db8::2"}})
    hosts = []
    for service in SERVICES:
        variables = environment(one(objects, "Deployment", service)["spec"]["template"]["spec"]["containers"][0])
        assert variables["CATALOG_LISTEN"] == "[::]:8080"
        assert variables["CATALOG_METRICS_LISTEN"] == "[::]:9090"
        hosts.append(variables.get("CATALOG_DATABASE_URL"))
    assert hosts[:2] == ["mysql://writer@[2001:db8::1]:3306/catalog", "mysql://reader@[2001:db8::2]:3306/catalog"]
    assert "bind-address = *" in one(render_chart(), "ConfigMap", "-mysql")["data"]["my.cnf"]
    assert all(service["spec"]["ipFamilyPolicy"] == "PreferDualStack" for service in of_kind(objects, "Service"))


def test_mysql_gets_minutes_to_start() -> None:
    (mysql,) = one(render_chart(), "StatefulSet", "mysql")["spec"]["template"]["spec"]["containers"]
    assert mysql["startupProbe"]["periodSeconds"] * mysql["startupProbe"]["failureThreshold"] >= 1800


def test_liveness_does_not_ask_the_database() -> None:
    for deployment in of_kind(render_chart(), "Deployment"):
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        assert container["livenessProbe"]["httpGet"]["path"] == "/livez"


def test_registry_and_pull_secret_reach_every_container() -> None:
    digest = "sha256:" + "a" * 64
    image = {"image": {"digest": digest}}
    values = EVERYTHING | {
        "global": {"imageRegistry": "registry.example.test"},
        "imagePullSecrets": [{"name": "pull"}],
        **dict.fromkeys(("addProduct", "readProduct", "displayProduct", "jobs", "mysql"), image),
    }
    for name, pod in pod_templates(render_chart(values)):
        assert pod["spec"]["imagePullSecrets"] == [{"name": "pull"}], name
        for container in containers(pod):
            assert container["image"].startswith("registry.example.test/"), name
            assert container["image"].endswith("@" + digest), name


def test_the_chart_lists_every_image_for_mirroring() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    listed = {entry["image"] for entry in yaml.safe_load(chart["annotations"]["artifacthub.io/images"])}
    used = {container["image"] for _, pod in pod_templates(default_and_everything()) for container in containers(pod)}
    assert listed == used


def test_no_namespace_and_no_cluster_domain_is_fixed() -> None:
    for values in ({}, EVERYTHING, EXTERNAL):
        text = yaml.safe_dump(render_chart(values, namespace="default"))
        assert "cluster.local" not in text
        assert "namespace: default" not in text


def test_a_job_gets_a_new_name_when_its_content_changes_and_only_then() -> None:
    def name(values: dict[str, Any]) -> str:
        return str(one(render_chart(values, "migrate/job.yaml"), "Job", "")["metadata"]["name"])

    assert name({}) == name({"commonLabels": {}})
    assert name({}) == name({"addProduct": {"replicaCount": 4}})
    assert len({name({}), name({"image": {"tag": "0.2.0"}}), name({"jobs": {"extraEnv": [{"name": "A"}]}})}) == 3


def test_an_external_database_brings_no_mysql_and_its_read_host_serves_reading() -> None:
    objects = render_chart(
        EXTERNAL | {"externalDatabase": {"host": "db", "readHost": "replica", "tls": {"caSecret": "ca"}}}
    )
    assert of_kind(objects, "StatefulSet") == []
    assert [found for found in of_kind(objects, "Job") if "credentials" in found["metadata"]["name"]] == []
    read = one(objects, "Deployment", "read-product")["spec"]["template"]["spec"]
    assert environment(read["containers"][0])["CATALOG_DATABASE_URL"] == "mysql://reader@replica:3306/catalog"
    assert environment(read["containers"][0])["CATALOG_DATABASE_TLS_CA_FILE"] == "/run/secrets/database-ca/ca.crt"
    assert "ca" in [volume.get("secret", {}).get("secretName") for volume in read["volumes"]]


def test_a_load_balancer_that_keeps_idle_connections_for_long_can_be_matched() -> None:
    add = one(render_chart({"keepAliveSeconds": 620}), "Deployment", "add-product")
    assert environment(add["spec"]["template"]["spec"]["containers"][0])["CATALOG_KEEPALIVE_SECONDS"] == "620"


def test_our_images_have_the_version_of_the_chart() -> None:
    images = {container["image"] for _, pod in pod_templates(render_chart()) for container in containers(pod)}
    assert {image for image in images if image.startswith(OURS)} == {
        f"{OURS}{name}:{__version__}" for name in (*SERVICES, "jobs")
    }


def test_pods_of_a_service_are_spread_over_nodes_and_protected_from_drains() -> None:
    objects = render_chart()
    for service in SERVICES:
        (spread,) = one(objects, "Deployment", service)["spec"]["template"]["spec"]["topologySpreadConstraints"]
        assert spread["labelSelector"]["matchLabels"]["app.kubernetes.io/component"] == service
        # Or a rollout would leave both new pods on one node, beside the old ones that push them there.
        assert spread["matchLabelKeys"] == ["pod-template-hash"]
        budget = one(objects, "PodDisruptionBudget", service)["spec"]
        assert budget["maxUnavailable"] == 1
        assert budget["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


def test_the_currency_reaches_the_services_that_read_or_show_prices_as_text() -> None:
    objects = render_chart({"currency": "CHF"})
    pods = {name: one(objects, "Deployment", name)["spec"]["template"] for name in SERVICES}
    currencies = {name: environment(containers(pod)[0]).get("CATALOG_CURRENCY") for name, pod in pods.items()}
    assert currencies == {"add-product": "CHF", "read-product": None, "display-product": "CHF"}


def test_prometheus_finds_the_service_monitor_by_its_own_labels() -> None:
    monitor = {"enabled": True, "labels": {"release": "prometheus"}}
    objects = render_chart({"commonLabels": {"release": "shop", "team": "web"}, "serviceMonitor": monitor})
    labels = one(objects, "ServiceMonitor", "")["metadata"]["labels"]
    assert (labels["release"], labels["team"]) == ("prometheus", "web")


def test_the_helm_test_goes_through_all_three_services() -> None:
    (test,) = of_kind(render_chart(EVERYTHING), "Pod")
    assert test["metadata"]["annotations"]["helm.sh/hook"] == "test"
    assert test["spec"]["containers"][0]["args"][3:] == [*(f"http://shop-{service}" for service in SERVICES), "read"]


def test_backups_outlive_the_release_and_none_runs_beside_another() -> None:
    objects = render_chart({"backup": {"enabled": True, "persistence": {"annotations": {"a": "b"}}}})
    claim = one(objects, "PersistentVolumeClaim", "backups")
    assert claim["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep", "a": "b"}
    scheduled = one(objects, "CronJob", "backup")["spec"]
    assert scheduled["concurrencyPolicy"] == "Forbid"
    first = one([found for found in objects if "-backup-" in found["metadata"]["name"]], "Job", "")
    assert first["spec"] == scheduled["jobTemplate"]["spec"]
    mine = render_chart({"backup": {"enabled": True, "persistence": {"existingClaim": "mine"}}})
    assert of_kind(mine, "PersistentVolumeClaim") == []
    assert str(mine).count("'claimName': 'mine'") == 3


def test_no_restore_begins_by_itself_or_without_the_name_of_a_backup() -> None:
    restore = one(render_chart({"backup": {"enabled": True}}), "CronJob", "restore")["spec"]
    assert restore["suspend"] is True
    job = restore["jobTemplate"]["spec"]
    assert job["backoffLimit"] == 0
    (container,) = job["template"]["spec"]["initContainers"]
    assert environment(container)["BACKUP"] == ""


@pytest.mark.parametrize(("job", "key"), [("backup", "backup-password"), ("restore", "migrator-password")])
def test_backup_and_restore_see_the_password_of_their_user_only(job: str, key: str) -> None:
    pod = one(render_chart({"backup": {"enabled": True}}), "CronJob", job)["spec"]["jobTemplate"]["spec"]["template"]
    (secret,) = [volume["secret"] for volume in pod["spec"]["volumes"] if "secret" in volume]
    assert [item["key"] for item in secret["items"]] == [key]


def test_backup_and_restore_reach_an_external_database_by_tls() -> None:
    external = {"host": "db.example.com", "tls": {"caSecret": "ca"}}
    objects = render_chart(EXTERNAL | {"externalDatabase": external, "backup": {"enabled": True}})
    for job, user in (("backup", "backup"), ("restore", "migrator")):
        pod = one(objects, "CronJob", job)["spec"]["jobTemplate"]["spec"]["template"]
        for container in containers(pod):
            variables = environment(container)
            assert variables["CATALOG_DATABASE_URL"] == f"mysql://{user}@db.example.com:3306/catalog"
            assert variables["CATALOG_DATABASE_TLS_CA_FILE"] == "/run/secrets/database-ca/ca.crt"
        assert "ca" in [volume.get("secret", {}).get("secretName") for volume in pod["spec"]["volumes"]]


def test_the_logs_of_every_service_are_found_as_the_docs_say() -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    ((key, value),) = re.findall(r"kubectl logs --selector (\S+)=(\S+) --all-containers", text)
    found = [each for each in render_chart(release="catalog") if each["kind"] == "Deployment"]
    assert len(found) == 3
    assert [each["spec"]["template"]["metadata"]["labels"].get(key) for each in found] == [value] * 3


def test_old_history_is_deleted_by_the_user_of_add_product_after_the_days_that_are_set() -> None:
    found = one(render_chart({"history": {"keepDays": 30, "schedule": "0 5 * * *"}}), "CronJob", "history")["spec"]
    assert (found["schedule"], found["concurrencyPolicy"]) == ("0 5 * * *", "Forbid")
    pod = found["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["args"] == ["python", "-m", "catalog.retention", "--keep-days", "30"]
    assert environment(container)["CATALOG_DATABASE_URL"].startswith("mysql://writer@")
    secrets = [volume["secret"]["items"] for volume in pod["volumes"] if "secret" in volume]
    assert [[item["key"] for item in items] for items in secrets] == [["writer-password"]]
