"""Values that contradict each other stop with a sentence that names the key."""

from typing import Any

import pytest

from chart.everything import EVERYTHING, EXTERNAL
from chart.rendering import HELMS, Refused, render_chart

pytestmark = pytest.mark.chart

HOSTS = [{"host": "shop.example.com", "paths": [{"path": "/"}]}]
OIDC = {"issuer": "https://login.example.com", "clientId": "catalog", "editorGroups": ["shop"]}
ISSUER = {"issuer": "https://i.example.com", "audience": "catalog", "editors": ["stock"]}


def signing_in(**auth: Any) -> dict[str, Any]:
    """Values of a release where people sign in."""
    return {"auth": {"enabled": True, **auth}, "publicUrl": "https://shop.example.com"}


def at_hosts(**hosts: str) -> dict[str, Any]:
    """The same with the APIs at these hosts of the Ingress."""
    return signing_in() | {"ingress": {"enabled": True, "hosts": HOSTS, "api": {"enabled": True, **hosts}}}


def merged(values: dict[str, Any], block: str, **more: Any) -> dict[str, Any]:
    """The values with more in one block."""
    return values | {block: values[block] | more}


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"ingres": {"enabled": True}}, "ingres"),
        ({"addProduct": {"replicas": 2}}, "replicas"),
        ({"externalDatabase": {"host": "db"}}, "mysql.enabled and externalDatabase.host name two databases at once"),
        ({"mysql": {"enabled": False}}, "externalDatabase.host is empty"),
        (EXTERNAL | {"credentials": {"existingSecret": ""}}, "needs credentials.existingSecret"),
        ({"externalDatabase": {"readHost": "db"}}, "externalDatabase.readHost has no effect"),
        ({"externalDatabase": {"tls": {"caSecret": "ca"}}}, "externalDatabase.tls.caSecret has no effect"),
        ({"autoscaling": {"enabled": True}, "replicaCount": 3}, "remove replicaCount"),
        ({"autoscaling": {"enabled": True}, "readProduct": {"replicaCount": 3}}, "readProduct"),
        ({"autoscaling": {"enabled": True, "minReplicas": 9}}, "autoscaling.minReplicas"),
        ({"podDisruptionBudget": {"minAvailable": 1, "maxUnavailable": 1}}, "exclude each other"),
        (
            {"replicaCount": 1, "podDisruptionBudget": {"minAvailable": 1}},
            "minAvailable of addProduct is 1 with 1 pods",
        ),
        ({"podDisruptionBudget": {"minAvailable": 2}}, "minAvailable of addProduct is 2 with 2 pods"),
        ({"podDisruptionBudget": {"minAvailable": "51%"}}, "minAvailable of addProduct is 51% with 2 pods"),
        ({"readProduct": {"podDisruptionBudget": {"minAvailable": "100%"}}}, "minAvailable of readProduct is 100%"),
        (
            {"autoscaling": {"enabled": True, "minReplicas": 3}, "podDisruptionBudget": {"minAvailable": 3}},
            "minAvailable of addProduct is 3 with 3 pods",
        ),
        ({"podDisruptionBudget": {"maxUnavailable": 0}}, "maxUnavailable of addProduct is 0"),
        (
            {"displayProduct": {"podDisruptionBudget": {"maxUnavailable": "0%"}}},
            "maxUnavailable of displayProduct is 0%",
        ),
        ({"podDisruptionBudget": {"maxUnavailable": "one"}}, "/podDisruptionBudget/maxUnavailable"),
        ({"podDisruptionBudget": {"minAvailable": "1"}}, "/podDisruptionBudget/minAvailable"),
        ({"podDisruptionBudget": {"minAvailable": -1}}, "/podDisruptionBudget/minAvailable"),
        ({"fullnameOverride": "A.B_c"}, 'fullnameOverride is "A.B_c"'),
        ({"nameOverride": "a b"}, 'nameOverride is "a b"'),
        (
            {"ingress": {"enabled": True, "hosts": [{"host": "a.example.com", "paths": [{"path": "/shop(/|$)(.*)"}]}]}},
            "publicUrl is needed: the path",
        ),
        (
            {"ingress": {"enabled": True, "hosts": [{"host": "*.example.com", "paths": [{"path": "/"}]}]}},
            "publicUrl is needed: the host",
        ),
        (
            {"httpRoute": {"enabled": True, "parentRefs": [{"name": "g"}], "hostnames": ["*.example.com"]}},
            "publicUrl is needed: the host",
        ),
        ({"drainSeconds": 100}, "terminationGracePeriodSeconds"),
        ({"mysql": {"resources": {"requests": {"memory": "2Gi"}}}}, "resources.requests.memory of mysql is 2Gi, above"),
        ({"addProduct": {"resources": {"limits": {"memory": "100Mi"}}}}, "resources.requests.memory of addProduct"),
        ({"backup": {"resources": {"limits": {"cpu": "50m"}}}}, "resources.requests.cpu of backup is 100m, above"),
        ({"resources": {"requests": {"example.com/gpu": 1}}}, "resources.requests.example.com/gpu of addProduct"),
        ({"livenessProbe": {"tcpSocket": {"port": "http"}}}, "livenessProbe of addProduct must ask in one way"),
        (
            {"readProduct": {"readinessProbe": {"httpGet": None}}},
            "readinessProbe of readProduct must ask in one way, and has none",
        ),
        ({"mysql": {"livenessProbe": {"exec": None}}}, "livenessProbe of mysql must ask in one way, and has none"),
        ({"startupProbe": {"successThreshold": 2}}, "startupProbe.successThreshold of addProduct is 2"),
        ({"readinessProbe": {"terminationGracePeriodSeconds": 5}}, "readinessProbe.terminationGracePeriodSeconds"),
        ({"securityContext": {"privileged": True}}, "securityContext.allowPrivilegeEscalation of addProduct"),
        ({"podSecurityContext": {"runAsUser": 0}}, "runAsUser of addProduct is 0"),
        ({"autoscaling": {"enabled": True}, "resources": None}, "autoscaling.enabled needs resources.requests.cpu"),
        ({"service": {"port": 9090}}, "service.port of addProduct is 9090"),
        ({"serviceAccount": {"name": "one"}}, 'serviceAccount.name of readProduct is "one"'),
        ({"commonLabels": {"app.kubernetes.io/name": "shop"}}, "commonLabels sets app.kubernetes.io/name"),
        ({"mysql": {"podLabels": {"helm.sh/chart": "shop"}}}, "mysql.podLabels sets helm.sh/chart"),
        (
            {"serviceMonitor": {"labels": {"app.kubernetes.io/name": "shop"}}},
            "serviceMonitor.labels sets app.kubernetes.io",
        ),
        ({"extraEnv": [{"name": "CATALOG_WORKERS", "value": "1"}]}, "extraEnv has CATALOG_WORKERS"),
        ({"extraEnv": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]}, "extraEnv has A,"),
        (
            {"extraVolumes": [{"name": "tmp", "emptyDir": {}}]},
            "extraVolumes has tmp, which is there already",
        ),
        (
            {"mysql": {"extraVolumes": [{"name": "data", "emptyDir": {}}]}},
            "extraVolumes has data, which is there already",
        ),
        (
            {
                "extraVolumes": [{"name": "ours", "emptyDir": {}}],
                "extraVolumeMounts": [{"name": "ours", "mountPath": "/tmp"}],
            },
            "extraVolumeMounts has the path /tmp, where something is mounted already",
        ),
        (
            {"jobs": {"extraVolumeMounts": [{"name": "ours", "mountPath": "/ours"}]}},
            "extraVolumeMounts names the volume ours, which is not in extraVolumes",
        ),
        ({"strategy": {"type": "Recreate"}}, "strategy.rollingUpdate of addProduct has no meaning"),
        (
            {"readProduct": {"strategy": {"rollingUpdate": {"maxSurge": "0%"}}}},
            "strategy.rollingUpdate of readProduct has maxSurge and maxUnavailable at 0",
        ),
        ({"database": {"name": "mysql"}}, 'database.name is "mysql"'),
        ({"database": {"writerUser": "root"}}, "database.writerUser is root"),
        (
            {
                "ingress": {
                    "hosts": HOSTS,
                    "className": "nginx",
                    "annotations": {"kubernetes.io/ingress.class": "nginx"},
                }
            },
            "ingress.className and ingress.annotations",
        ),
        (
            {
                "ingress": {
                    "hosts": HOSTS,
                    "annotations": {"cert-manager.io/issuer": "ours"},
                    "selfSigned": True,
                    "tls": [{"secretName": "t", "hosts": ["shop.example.com"]}],
                }
            },
            "remove cert-manager.io/issuer",
        ),
        ({"ingress": {"hosts": [{"host": "192.0.2.1", "paths": [{"path": "/"}]}]}}, "takes names only"),
        ({"ingress": {"hosts": [{"host": "a.example.com", "paths": [{"path": "/a/../b"}]}]}}, "leave out //"),
        (
            {
                "httpRoute": {
                    "enabled": True,
                    "parentRefs": [{"name": "g"}],
                    "redirectParentRefs": [{"name": "g"}],
                    "hostnames": ["a.example.com"],
                }
            },
            "httpRoute.redirectParentRefs names",
        ),
        ({"ingress": {"enabled": True}}, "ingress.hosts is empty"),
        ({"ingress": {"tls": [{"secretName": "t", "hosts": ["a"]}]}}, "ingress.tls"),
        ({"ingress": {"hosts": HOSTS, "tls": [{"secretName": "t", "hosts": ["other"]}]}}, "other"),
        ({"ingress": {"hosts": HOSTS, "selfSigned": True}}, "ingress.selfSigned"),
        ({"httpRoute": {"enabled": True, "hostnames": ["a"]}}, "httpRoute.parentRefs"),
        ({"httpRoute": {"enabled": True, "parentRefs": [{"name": "g"}]}}, "httpRoute.hostnames"),
        ({"database": {"writerUser": "reader"}}, "four different names"),
        ({"database": {"name": "no`quotes"}}, "/database/name"),
        ({"backup": {"persistence": {"existingClaim": "c", "storageClass": "s"}}}, "persistence.storageClass has no"),
        ({"backup": {"persistence": {"existingClaim": "c", "annotations": {"a": "b"}}}}, "annotations has no effect"),
        ({"auth": {"enabled": False, "anonymousRead": False}}, "auth.anonymousRead is false and auth.enabled is false"),
        ({"auth": {"enabled": False, "oidc": OIDC}}, "auth.oidc.issuer has no effect while auth.enabled is false"),
        (
            {"auth": {"enabled": False, "jwt": {"issuers": [ISSUER]}}},
            "auth.jwt.issuers has no effect while auth.enabled is false",
        ),
        (
            {"auth": {"enabled": False, "jwt": {"serviceAccounts": {"enabled": True}}}},
            "auth.jwt.serviceAccounts.enabled has no effect while auth.enabled is false",
        ),
        (
            {
                "auth": {"enabled": False},
                "ingress": {"enabled": True, "hosts": HOSTS, "api": {"enabled": True, "readHost": "r.example.com"}},
            },
            "ingress.api.enabled publishes the APIs, where everybody could write",
        ),
        (
            {"auth": {"enabled": False}, "httpRoute": {"api": True}},
            "httpRoute.api publishes the APIs, where everybody could write",
        ),
        (signing_in(oidc=OIDC | {"issuer": "http://dex.dex.svc"}), "auth.oidc.issuer is http://dex.dex.svc"),
        (signing_in(oidc=OIDC | {"clientId": ""}), "auth.oidc.clientId is empty"),
        (signing_in(oidc=OIDC | {"editorGroups": []}), "auth.oidc.editorGroups and auth.oidc.readerGroups are both"),
        (signing_in(oidc=OIDC | {"editorGroups": ["*"]}), "everybody at the provider could write"),
        (signing_in(oidc=OIDC | {"scopes": ["email"]}), "auth.oidc.scopes lacks openid"),
        (signing_in(oidc=OIDC) | {"publicUrl": ""}, "publicUrl is needed: the provider"),
        (signing_in(oidc={"clientId": "c"}), "auth.oidc.clientId has no effect while auth.oidc.issuer is empty"),
        (signing_in(oidc=OIDC | {"editorGroups": ["a,b"]}), "/auth/oidc/editorGroups/0"),
        (signing_in(jwt={"issuers": [ISSUER | {"editors": []}]}), "neither editors nor readers"),
        (signing_in(jwt={"issuers": [ISSUER, ISSUER]}), "auth.jwt names the issuer https://i.example.com twice"),
        (signing_in(jwt={"issuers": [{"issuer": "https://i.example.com"}]}), "/auth/jwt/issuers/0"),
        (signing_in(jwt={"serviceAccounts": {"enabled": True}}), "auth.jwt.serviceAccounts.issuer is empty"),
        (
            signing_in(jwt={"serviceAccounts": {"enabled": True, "issuer": "https://i.example.com"}}),
            "auth.jwt.serviceAccounts.editors and auth.jwt.serviceAccounts.readers are both empty",
        ),
        (
            signing_in(jwt={"serviceAccounts": {"editors": ["stock-keeping"]}}),
            "/auth/jwt/serviceAccounts/editors/0",
        ),
        (signing_in() | {"ingress": {"api": {"enabled": True}}}, "no effect while ingress.enabled is false"),
        (at_hosts(), "needs ingress.api.readHost or ingress.api.writeHost"),
        (at_hosts(readHost="r.example.com", writeHost="r.example.com"), "cannot tell reading from writing at one host"),
        (at_hosts(readHost="shop.example.com"), "give the APIs hosts of their own"),
        (at_hosts(readHost="r.example.com"), "ingress.api.enabled needs networkPolicy.apiFrom"),
        (
            merged(
                at_hosts(readHost="r.example.com"), "ingress", tls=[{"secretName": "t", "hosts": ["shop.example.com"]}]
            ),
            "ingress.tls lacks r.example.com",
        ),
        ({"ingress": {"api": {"readHost": "r.example.com"}}}, "no effect while ingress.api.enabled is false"),
        (signing_in() | {"httpRoute": {"api": True}}, "no effect while httpRoute.enabled is false"),
        ({"currency": "euro"}, "/currency"),
        ({"logLevel": "LOUD"}, "/logLevel"),
    ],
    ids=str,
)
def test_a_contradiction_is_refused_by_name(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Refused, match=sentence.replace(".", r"\.")):
        render_chart(values)


@pytest.mark.parametrize("helm", HELMS)
def test_a_contradiction_is_refused_where_only_one_file_is_wanted(helm: str) -> None:
    values = {"mysql": {"enabled": False}}
    with pytest.raises(Refused, match=r"mysql\.enabled is false and externalDatabase\.host is empty"):
        render_chart(values, arguments=("--show-only", "templates/services/deployment.yaml"), helm=helm)


@pytest.mark.parametrize("tag", [20260101, 58467965, 1e10, True])
@pytest.mark.parametrize("block", ["", "addProduct", "mysql", "jobs"])
def test_a_tag_that_is_a_number_is_refused_and_told_to_be_quoted(tag: Any, block: str) -> None:
    image = {"image": {"tag": tag}}
    with pytest.raises(Refused, match="write the tag in quotes"):
        render_chart({block: image} if block else image)


def test_a_quoted_tag_arrives_as_typed() -> None:
    objects = str(render_chart({"image": {"tag": "20260101"}, "mysql": {"image": {"tag": "1e10"}}}))
    assert "/add-product:20260101" in objects
    assert "/mysql:1e10" in objects


@pytest.mark.parametrize("path", ["ingress", "addProduct", "mysql.persistence", "mysql.persistence.size", "global"])
@pytest.mark.parametrize("helm", HELMS)
def test_values_that_lack_a_key_are_refused_with_the_way_out(path: str, helm: str) -> None:
    with pytest.raises(Refused, match=f"{path} is missing or null.*--reset-then-reuse-values"):
        render_chart(arguments=("--set-json", f"{path}=null"), helm=helm)


# What Kubernetes alone would refuse, in the middle of an installation, or not at all: a key that it does not know.
SLIPS: list[tuple[dict[str, Any], str]] = [
    ({"commonLabels": {"team": True}}, "/commonLabels/team"),
    ({"commonLabels": {"port": 8080}}, "/commonLabels/port"),
    ({"commonLabels": {"team": "two words"}}, "/commonLabels/team"),
    ({"podLabels": {"a key": "x"}}, "/podLabels"),
    ({"podAnnotations": {"a": 1}}, "/podAnnotations/a"),
    ({"mysql": {"nodeSelector": {"ssd": True}}}, "/mysql/nodeSelector/ssd"),
    ({"extraEnv": [{"name": "A", "value": 1}]}, "/extraEnv/0/value"),
    ({"extraEnv": [{"value": "1"}]}, "/extraEnv/0"),
    ({"jobs": {"extraEnv": [{"name": "A", "valueFrom": {"secretRef": {"name": "s"}}}]}}, "secretRef"),
    ({"tolerations": [{"key": "a", "value": 1}]}, "/tolerations/0/value"),
    ({"tolerations": [{"foo": "a"}]}, "foo"),
    ({"tolerations": [{"operator": "Exist"}]}, "/tolerations/0/operator"),
    ({"resources": {"limit": {"memory": "1Gi"}}}, "limit"),
    ({"mysql": {"resources": {"limits": {"memory": "huge"}}}}, "/mysql/resources/limits/memory"),
    ({"podSecurityContext": {"runAsuser": 1}}, "runAsuser"),
    ({"podSecurityContext": {"runAsUser": "1000"}}, "/podSecurityContext/runAsUser"),
    ({"securityContext": {"capabilities": {"dropped": ["ALL"]}}}, "dropped"),
    ({"livenessProbe": {"httpget": {"path": "/livez"}}}, "httpget"),
    ({"mysql": {"startupProbe": {"failureThreshold": "360"}}}, "/mysql/startupProbe/failureThreshold"),
    ({"affinity": {"nodeAffinities": {}}}, "nodeAffinities"),
    ({"affinity": {"podAntiAffinity": {"requiredDuringScheduling": []}}}, "requiredDuringScheduling"),
    ({"topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone"}]}, "whenUnsatisfiable"),
    ({"imagePullSecrets": ["registry"]}, "/imagePullSecrets/0"),
    ({"networkPolicy": {"apiFrom": [{"podselector": {}}]}}, "podselector"),
    ({"httpRoute": {"parentRefs": [{"name": "g", "section": "https"}]}}, "section"),
    ({"tmpSizeLimit": "huge"}, "/tmpSizeLimit"),
    ({"mysql": {"persistence": {"size": "8GB"}}}, "/mysql/persistence/size"),
    ({"mysql": {"persistence": {"accessModes": ["ReadWrite"]}}}, "/mysql/persistence/accessModes/0"),
    ({"backup": {"persistence": {"size": "-1Gi"}}}, "/backup/persistence/size"),
    ({"backup": {"schedule": "nightly"}}, "/backup/schedule"),
    ({"backup": {"schedule": "61 * * * *"}}, "/backup/schedule"),
    ({"backup": {"schedule": "30 2 * *"}}, "/backup/schedule"),
    ({"ingress": {"hosts": [{"host": "Shop_1", "paths": [{"path": "/"}]}]}}, "/ingress/hosts/0/host"),
    ({"credentials": {"existingSecret": "My Secret"}}, "/credentials/existingSecret"),
    ({"addProduct": {"serviceAccount": {"name": "Add Product"}}}, "/addProduct/serviceAccount/name"),
    ({"listenAddress": "::"}, "/listenAddress"),
    ({"serviceMonitor": {"interval": "often"}}, "/serviceMonitor/interval"),
    ({"resources": {"limits": {"memroy": "1Gi"}}}, "memroy"),
    ({"resources": {"claims": [{"name": "x"}]}}, "/resources/claims"),
    ({"tolerations": [{"operator": ""}]}, "/tolerations/0"),
    ({"tolerations": [{"key": "a", "operator": "Exists", "value": "x"}]}, "/tolerations/0/value"),
    ({"tolerations": [{"key": "a", "effect": "NoSchedule", "tolerationSeconds": 5}]}, "/tolerations/0/effect"),
    ({"tolerations": [None]}, "/tolerations/0"),
    ({"extraEnv": [{"name": "A=B", "value": "1"}]}, "/extraEnv/0/name"),
    (
        {"extraEnv": [{"name": "A", "value": "1", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}]},
        "/extraEnv/0",
    ),
    ({"extraEnv": [{"name": "A", "valueFrom": {}}]}, "/extraEnv/0/valueFrom"),
    ({"extraEnv": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.foo"}}}]}, "fieldPath"),
    ({"extraEnv": [{"name": "A", "valueFrom": {"secretKeyRef": {"key": "k"}}}]}, "/extraEnv/0/valueFrom/secretKeyRef"),
    ({"imagePullSecrets": [{}]}, "/imagePullSecrets/0"),
    ({"livenessProbe": {"httpGet": {"port": "no_port"}}}, "/livenessProbe/httpGet/port"),
    (
        {"livenessProbe": {"httpGet": {"httpHeaders": [{"name": "a b", "value": "c"}]}}},
        "/livenessProbe/httpGet/httpHeaders/0",
    ),
    ({"mysql": {"livenessProbe": {"exec": {"command": []}}}}, "/mysql/livenessProbe/exec/command"),
    (
        {"topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "", "whenUnsatisfiable": "DoNotSchedule"}]},
        "/topologySpreadConstraints/0/topologyKey",
    ),
    (
        {
            "topologySpreadConstraints": [
                {"maxSkew": 1, "topologyKey": "z", "whenUnsatisfiable": "ScheduleAnyway", "minDomains": 2}
            ]
        },
        "/topologySpreadConstraints/0/whenUnsatisfiable",
    ),
    (
        {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": []}}}},
        "nodeSelectorTerms",
    ),
    ({"podSecurityContext": {"seccompProfile": {"type": "Localhost"}}}, "/podSecurityContext/seccompProfile"),
    ({"podSecurityContext": {"fsGroup": 10000000000}}, "/podSecurityContext/fsGroup"),
    ({"networkPolicy": {"ingressFrom": [{}]}}, "/networkPolicy/ingressFrom/0"),
    ({"networkPolicy": {"ingressFrom": [{"ipBlock": {"cidr": "10.0.0.0/8"}, "podSelector": {}}]}}, "/ingressFrom/0"),
    ({"networkPolicy": {"ingressFrom": [{"ipBlock": {"cidr": "10.0.0.0"}}]}}, "/ingressFrom/0/ipBlock/cidr"),
    ({"networkPolicy": {"ingressFrom": [{"ipBlock": {"cidr": "300.0.0.0/8"}}]}}, "/ingressFrom/0/ipBlock/cidr"),
    (
        {"networkPolicy": {"apiFrom": [{"podSelector": {"matchExpressions": [{"key": "a", "operator": "In"}]}}]}},
        "values",
    ),
    ({"networkPolicy": {"apiServerPorts": [0]}}, "/networkPolicy/apiServerPorts/0"),
    ({"tmpSizeLimit": "0"}, "/tmpSizeLimit"),
    ({"tmpSizeLimit": 0}, "/tmpSizeLimit"),
    ({"mysql": {"persistence": {"size": "0Gi"}}}, "/mysql/persistence/size"),
    (
        {"mysql": {"persistence": {"accessModes": ["ReadWriteOncePod", "ReadWriteOnce"]}}},
        "/mysql/persistence/accessModes",
    ),
    ({"backup": {"persistence": {"accessModes": ["ReadOnlyMany"]}}}, "/backup/persistence/accessModes/0"),
    ({"backup": {"timeZone": "Local"}}, "/backup/timeZone"),
    ({"image": {"tag": "v1:2"}}, "/image/tag"),
    ({"image": {"registry": "https://ghcr.io"}}, "/image/registry"),
    ({"addProduct": {"image": {"repository": "Add Product"}}}, "/addProduct/image/repository"),
    ({"publicUrl": "https://user:pw@a.example.com"}, "/publicUrl"),
    ({"publicUrl": "https://*.example.com"}, "/publicUrl"),
    ({"httpRoute": {"path": "/shop(.*)"}}, "/httpRoute/path"),
    ({"jobs": {"backoffLimit": 1000000000000}}, "/jobs/backoffLimit"),
    ({"strategy": {"type": "Rolling"}}, "/strategy/type"),
    (
        {"addProduct": {"strategy": {"rollingUpdate": {"maxSurge": "one"}}}},
        "/addProduct/strategy/rollingUpdate/maxSurge",
    ),
    ({"extraVolumes": [{"name": "a"}]}, "/extraVolumes/0"),
    ({"extraVolumes": [{"name": "a", "emptyDir": {}, "configMap": {"name": "b"}}]}, "/extraVolumes/0"),
    ({"mysql": {"extraVolumes": [{"name": "A", "emptyDir": {}}]}}, "/mysql/extraVolumes/0/name"),
    ({"extraVolumeMounts": [{"name": "a"}]}, "/extraVolumeMounts/0"),
    ({"extraVolumeMounts": [{"name": "a", "mountPath": "/a", "readonly": True}]}, "readonly"),
    ({"extraObjects": [{"kind": "ConfigMap", "metadata": {"name": "a"}}]}, "/extraObjects/0"),
    ({"extraObjects": [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}}]}, "/extraObjects/0/metadata"),
    (EXTERNAL | {"externalDatabase": {"host": "db:3306"}}, "/externalDatabase/host"),
    (EXTERNAL | {"externalDatabase": {"host": "db..example.com"}}, "/externalDatabase/host"),
]


@pytest.mark.parametrize(("values", "key"), SLIPS, ids=str)
def test_what_only_the_cluster_would_refuse_is_refused_by_key(values: dict[str, Any], key: str) -> None:
    with pytest.raises(Refused, match=f"{key}.*(\n|.)*"):
        render_chart(values)


MANY_THINGS: dict[str, Any] = {
    "commonLabels": {"example.com/team": "shop", "empty": ""},
    "podAnnotations": {"prometheus.io/port": "9090"},
    "extraEnv": [
        {"name": "TZ", "value": "UTC"},
        {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
        {"name": "CPU", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu", "divisor": "1m"}}},
        {"name": "S", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k", "optional": True}}},
    ],
    "tolerations": [
        {"key": "a", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": -1},
        {"operator": "Exists"},
        {"key": "b", "operator": ""},
    ],
    "resources": {
        "requests": {"cpu": 0.5, "memory": "1e9", "example.com/gpu": 1},
        "limits": {"memory": "1.5Gi", "example.com/gpu": 1},
    },
    "affinity": {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "Gt", "values": ["1"]}]}]
            }
        },
        "podAntiAffinity": {
            "preferredDuringSchedulingIgnoredDuringExecution": [
                {
                    "weight": 100,
                    "podAffinityTerm": {"topologyKey": "zone", "labelSelector": {"matchLabels": {"a": "b"}}},
                }
            ]
        },
    },
    "livenessProbe": {"tcpSocket": {"port": "http"}, "httpGet": None, "initialDelaySeconds": 0},
    "securityContext": {"seLinuxOptions": {"level": "s0:c1,c2"}, "capabilities": {"add": ["NET_BIND_SERVICE"]}},
    "networkPolicy": {
        "apiFrom": [{"namespaceSelector": {}}, {"ipBlock": {"cidr": "::/0", "except": ["2001:db8::/32"]}}]
    },
    "backup": {
        "enabled": True,
        "schedule": "*/15 8-18,22 1,15 jan-jun MON-FRI",
        "timeZone": "America/Argentina/Buenos_Aires",
    },
    "publicUrl": "https://shop.example.com/shop",
    "ingress": {
        "enabled": True,
        "annotations": {"nginx.ingress.kubernetes.io/use-regex": "true"},
        "hosts": [
            {"host": "*.example.com", "paths": [{"path": "/shop(/|$)(.*)", "pathType": "ImplementationSpecific"}]}
        ],
    },
    "mysql": {"persistence": {"size": "0.5Ti", "storageClass": "-"}},
    "podDisruptionBudget": {"minAvailable": "50%"},
    "strategy": {"type": "Recreate", "rollingUpdate": None},
    "extraVolumes": [
        {"name": "certificates", "projected": {"sources": [{"secret": {"name": "s"}}, {"configMap": {"name": "c"}}]}},
        {"name": "scratch", "emptyDir": {"medium": "Memory", "sizeLimit": "64Mi"}},
        {"name": "labels", "downwardAPI": {"items": [{"path": "l", "fieldRef": {"fieldPath": "metadata.labels"}}]}},
    ],
    "extraVolumeMounts": [
        {"name": "certificates", "mountPath": "/certificates", "readOnly": True},
        {"name": "scratch", "mountPath": "/scratch", "subPath": "a"},
    ],
    "extraObjects": [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "b"}},
    ],
}


@pytest.mark.parametrize("host", ["db", "DB.example.com", "192.0.2.7", "2001:db8::7", "[2001:db8::7]"])
def test_hosts_of_a_database_are_taken(host: str) -> None:
    assert render_chart(EXTERNAL | {"externalDatabase": {"host": host}})


@pytest.mark.parametrize("registry", ["", "localhost:5000", "123.dkr.ecr.eu-west-3.amazonaws.com", "ghcr.io/team/shop"])
def test_registries_are_taken(registry: str) -> None:
    assert render_chart({"global": {"imageRegistry": registry}})


def test_what_clusters_take_is_taken() -> None:
    assert render_chart(MANY_THINGS)


@pytest.mark.parametrize("schedule", ["@daily", "@every 12h30m", "0 0 1 1 *", "5/10 0-23/2 ? * 0,6"])
def test_schedules_as_cron_knows_them_are_taken(schedule: str) -> None:
    (found,) = render_chart({"backup": {"enabled": True, "schedule": schedule}}, "backup/cronjob.yaml")
    assert found["spec"]["schedule"] == schedule


def test_an_odd_host_or_path_that_is_not_published_asks_for_no_address() -> None:
    assert render_chart({"ingress": {"hosts": [{"host": "*.example.com", "paths": [{"path": "/a(.*)"}]}]}})


@pytest.mark.parametrize("minimum", [1, "50%", "1%"])
def test_a_budget_that_lets_one_pod_go_is_taken(minimum: Any) -> None:
    budgets = render_chart({"podDisruptionBudget": {"minAvailable": minimum}}, "services/pdb.yaml")
    assert [budget["spec"]["minAvailable"] for budget in budgets] == [minimum] * 3


def test_a_service_of_no_pods_has_nothing_to_protect() -> None:
    assert render_chart({"replicaCount": 0, "podDisruptionBudget": {"minAvailable": 1}})


def test_everything_at_once_is_no_contradiction() -> None:
    assert len(render_chart(EVERYTHING)) > 40
