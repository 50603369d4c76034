"""Values that contradict each other stop with a sentence that names the key."""

from typing import Any

import pytest

from chart.everything import EVERYTHING, EXTERNAL
from chart.rendering import HELMS, Refused, render_chart

pytestmark = pytest.mark.chart

HOSTS = [{"host": "shop.example.com", "paths": [{"path": "/"}]}]


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
        ({"drainSeconds": 100}, "terminationGracePeriodSeconds"),
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
        ({"currency": "euro"}, "/currency"),
        ({"logLevel": "LOUD"}, "/logLevel"),
    ],
    ids=str,
)
@pytest.mark.parametrize("helm", HELMS)
def test_a_contradiction_is_refused_by_name(values: dict[str, Any], sentence: str, helm: str) -> None:
    with pytest.raises(Refused, match=sentence.replace(".", r"\.")):
        render_chart(values, helm=helm)


@pytest.mark.parametrize("tag", [20260101, 58467965, 1e10, True])
@pytest.mark.parametrize("block", ["", "addProduct", "mysql", "jobs"])
def test_k10_a_tag_that_is_a_number_is_refused_and_told_to_be_quoted(tag: Any, block: str) -> None:
    image = {"image": {"tag": tag}}
    with pytest.raises(Refused, match="write the tag in quotes"):
        render_chart({block: image} if block else image)


def test_k10_a_quoted_tag_arrives_as_typed() -> None:
    objects = str(render_chart({"image": {"tag": "20260101"}, "mysql": {"image": {"tag": "1e10"}}}))
    assert "/add-product:20260101" in objects
    assert "/mysql:1e10" in objects


@pytest.mark.parametrize("path", ["ingress", "addProduct", "mysql.persistence", "mysql.persistence.size", "global"])
@pytest.mark.parametrize("helm", HELMS)
def test_k20_values_that_lack_a_key_are_refused_with_the_way_out(path: str, helm: str) -> None:
    with pytest.raises(Refused, match=f"{path} is missing or null.*--reset-then-reuse-values"):
        render_chart(arguments=("--set-json", f"{path}=null"), helm=helm)


def test_everything_at_once_is_no_contradiction() -> None:
    assert len(render_chart(EVERYTHING)) > 40
