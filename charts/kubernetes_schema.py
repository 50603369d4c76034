"""Generates strict JSON Schemas of Kubernetes objects from the models of its Python client.

The tables in this module add the rules that the models lack, because the API server implements them in code.
"""

import re
from typing import Any

from kubernetes import client

QUANTITY = {
    "type": ["string", "number", "null"],
    "minimum": 0,
    "pattern": r"^\+?([0-9]+(\.[0-9]*)?|\.[0-9]+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]+)?$",
}
# The key of a label, an annotation, a taint, or a topology.
NAME = r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
KEY = rf"^([a-z0-9]([-a-z0-9.]{{0,251}}[a-z0-9])?/)?{NAME}$"
KEYED = {"propertyNames": {"pattern": KEY}}
NAMES = {"type": "string", "minLength": 1, "maxLength": 253, "pattern": r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"}
LABEL = {"type": "string", "maxLength": 63, "pattern": r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"}
CONFIG_KEY = {"type": "string", "pattern": r"^[-._a-zA-Z0-9]+$"}
OCTET = "(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
CIDR = rf"^({OCTET}(\.{OCTET}){{3}}/(3[0-2]|[12]?[0-9])|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*/(12[0-8]|1[01][0-9]|[1-9]?[0-9]))$"
SELECTOR_OPERATORS = ["In", "NotIn", "Exists", "DoesNotExist"]
PROFILES = ["RuntimeDefault", "Unconfined", "Localhost"]
POLICIES = ["Honor", "Ignore"]
# The values of fields that are plain strings in the models.
CHOICES = {
    ("V1AppArmorProfile", "type"): PROFILES,
    ("V1DeploymentStrategy", "type"): ["Recreate", "RollingUpdate"],
    ("V1HTTPGetAction", "scheme"): ["HTTP", "HTTPS"],
    ("V1LabelSelectorRequirement", "operator"): SELECTOR_OPERATORS,
    ("V1NodeSelectorRequirement", "operator"): [*SELECTOR_OPERATORS, "Gt", "Lt"],
    ("V1PodSecurityContext", "fsGroupChangePolicy"): ["OnRootMismatch", "Always"],
    ("V1PodSecurityContext", "supplementalGroupsPolicy"): ["Merge", "Strict"],
    ("V1PodSecurityContext", "seLinuxChangePolicy"): ["MountOption", "Recursive"],
    ("V1SeccompProfile", "type"): PROFILES,
    ("V1SecurityContext", "procMount"): ["Default"],
    ("V1Toleration", "effect"): ["", "NoSchedule", "PreferNoSchedule", "NoExecute"],
    ("V1Toleration", "operator"): ["", "Exists", "Equal", "Lt", "Gt"],
    ("V1TopologySpreadConstraint", "nodeAffinityPolicy"): POLICIES,
    ("V1TopologySpreadConstraint", "nodeTaintsPolicy"): POLICIES,
    ("V1TopologySpreadConstraint", "whenUnsatisfiable"): ["DoNotSchedule", "ScheduleAnyway"],
}
# The resources a container may request: Kubernetes' own, and extended resources, whose names have a domain.
RESOURCES: dict[str, Any] = {
    "type": ["object", "null"],
    "additionalProperties": False,
    "patternProperties": {rf"^(cpu|memory|ephemeral-storage|hugepages-\S+|[a-z0-9][-a-z0-9.]*/{NAME})$": QUANTITY},
}
# The supported fields of models that have many more: volume types of the `restricted` Pod Security level, and the two
# simplest others.
ONLY = {
    "V1Volume": {
        "name",
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "hostPath",
        "image",
        "nfs",
        "persistentVolumeClaim",
        "projected",
        "secret",
    }
}
# A number of pods, or a percentage of them.
SHARE = {"type": ["integer", "string", "null"], "minimum": 0, "pattern": "^[0-9]+%$"}
# The schemas of fields that the API server restricts more than the models do.
FORMS: dict[tuple[str, str], dict[str, Any]] = {
    ("V1ConfigMapKeySelector", "key"): CONFIG_KEY,
    ("V1ConfigMapKeySelector", "name"): NAMES,
    # A file can hold all labels or annotations, a variable only one.
    ("V1DownwardAPIVolumeFile", "fieldRef"): {
        "type": ["object", "null"],
        "additionalProperties": False,
        "required": ["fieldPath"],
        "properties": {
            "apiVersion": {"type": ["string", "null"]},
            "fieldPath": {
                "type": "string",
                "pattern": r"^metadata\.(name|namespace|uid|(labels|annotations)(\['[^']+'\])?)$",
            },
        },
    },
    ("V1EnvVar", "name"): {"type": "string", "minLength": 1, "pattern": "^[ -<>-~]+$"},
    ("V1ExecAction", "command"): {"type": "array", "minItems": 1, "items": {"type": "string"}},
    ("V1HTTPHeader", "name"): {"type": "string", "pattern": "^[-A-Za-z0-9]+$"},
    ("V1IPBlock", "cidr"): {"type": "string", "pattern": CIDR},
    ("V1IPBlock", "except"): {"type": ["array", "null"], "items": {"type": "string", "pattern": CIDR}},
    ("V1LabelSelector", "matchLabels"): {
        "type": ["object", "null"],
        "additionalProperties": {"$ref": "#/definitions/label"},
        **KEYED,
    },
    ("V1LocalObjectReference", "name"): NAMES,
    ("V1NodeSelector", "nodeSelectorTerms"): {
        "type": "array",
        "minItems": 1,
        "items": {"$ref": "#/definitions/V1NodeSelectorTerm"},
    },
    ("V1ObjectFieldSelector", "fieldPath"): {
        "type": "string",
        "pattern": r"^(metadata\.(name|namespace|uid|(labels|annotations)\['[^']+'\])"
        r"|spec\.(nodeName|serviceAccountName)|status\.(hostIPs?|podIPs?))$",
    },
    ("V1PodAffinityTerm", "topologyKey"): {"type": "string", "pattern": KEY},
    ("V1ResourceFieldSelector", "divisor"): QUANTITY,
    # The pods of this chart have no resource claims that a container could use.
    ("V1RollingUpdateDeployment", "maxSurge"): SHARE,
    ("V1RollingUpdateDeployment", "maxUnavailable"): SHARE | {"pattern": "^(100|[1-9]?[0-9])%$"},
    ("V1ResourceRequirements", "claims"): {"type": ["array", "null"], "maxItems": 0},
    ("V1ResourceRequirements", "limits"): RESOURCES,
    ("V1ResourceRequirements", "requests"): RESOURCES,
    ("V1SecretKeySelector", "key"): CONFIG_KEY,
    ("V1SecretKeySelector", "name"): NAMES,
    ("V1TopologySpreadConstraint", "topologyKey"): {"type": "string", "pattern": KEY},
    # A complete volume claim template, which is left to the API server.
    ("V1Volume", "ephemeral"): {"type": ["object", "null"]},
    ("V1Volume", "name"): LABEL,
    ("V1VolumeMount", "mountPath"): {"type": "string", "pattern": "^[^:]+$"},
    ("V1VolumeMount", "name"): LABEL,
    ("V1EmptyDirVolumeSource", "sizeLimit"): QUANTITY,
}
_WITH_VALUES = {"required": ["values"], "properties": {"values": {"type": "array", "minItems": 1}}}
_WITHOUT_VALUES = {"properties": {"values": {"maxItems": 0}}}


def _where(field: str, *values: Any) -> dict[str, Any]:
    """Matches objects in which a field has one of these values."""
    return {"type": "object", "required": [field], "properties": {field: {"enum": list(values)}}}


_REQUIREMENT = [
    {"if": _where("operator", "In", "NotIn"), "then": _WITH_VALUES},
    {"if": _where("operator", "Exists", "DoesNotExist"), "then": _WITHOUT_VALUES},
]
_WHOLE_NUMBER = {"type": "string", "pattern": "^-?[0-9]+$"}
_COMPARED = {"required": ["values"], "properties": {"values": {"minItems": 1, "maxItems": 1, "items": _WHOLE_NUMBER}}}
# Rules about fields that depend on other fields of the same object.
RULES: dict[str, list[dict[str, Any]]] = {
    # A name, and either value or valueFrom.
    "V1ConfigMapKeySelector": [{"required": ["name"]}],
    "V1EnvVar": [{"maxProperties": 2}],
    "V1EnvVarSource": [{"minProperties": 1, "maxProperties": 1}],
    "V1LabelSelectorRequirement": _REQUIREMENT,
    "V1LocalObjectReference": [{"required": ["name"]}],
    "V1NetworkPolicyPeer": [
        {"minProperties": 1},
        {"if": {"type": "object", "required": ["ipBlock"]}, "then": {"maxProperties": 1}},
    ],
    "V1NodeSelectorRequirement": [*_REQUIREMENT, {"if": _where("operator", "Gt", "Lt"), "then": _COMPARED}],
    "V1SecretKeySelector": [{"required": ["name"]}],
    "V1SeccompProfile": [
        {
            "if": _where("type", "Localhost"),
            "then": {"required": ["localhostProfile"]},
            "else": {"properties": {"localhostProfile": {"const": None}}},
        }
    ],
    "V1Toleration": [
        {
            "if": _where("operator", "Exists"),
            "then": {"properties": {"value": {"enum": ["", None]}, "key": {"pattern": rf"^$|{KEY}"}}},
            "else": {"required": ["key"], "properties": {"key": {"type": "string", "pattern": KEY}}},
        },
        {
            "if": {"type": "object", "required": ["tolerationSeconds"]},
            "then": {"required": ["effect"], "properties": {"effect": {"const": "NoExecute"}}},
        },
    ],
    # A name, and one source.
    "V1Volume": [{"minProperties": 2, "maxProperties": 2}],
    "V1TopologySpreadConstraint": [
        {
            "if": {"type": "object", "required": ["minDomains"]},
            "then": {"properties": {"whenUnsatisfiable": {"const": "DoNotSchedule"}}},
        }
    ],
}
# The minimum of integers, which is 0 by default; None means that there is no minimum.
LEAST = {
    ("V1Probe", "terminationGracePeriodSeconds"): 1,
    ("V1TopologySpreadConstraint", "minDomains"): 1,
    ("V1Toleration", "tolerationSeconds"): None,
    ("V1TopologySpreadConstraint", "maxSkew"): 1,
    ("V1PreferredSchedulingTerm", "weight"): 1,
    ("V1WeightedPodAffinityTerm", "weight"): 1,
}
MOST = {
    ("V1PreferredSchedulingTerm", "weight"): 100,
    ("V1WeightedPodAffinityTerm", "weight"): 100,
}
ID_MAX = 2**31 - 1
"""The maximum of user IDs, group IDs and all other integers."""
SIMPLE = {"str": "string", "bool": "boolean", "float": "number"}


def model_name(kind: str) -> str:
    """The model of a kind, such as V1Toleration for Toleration. Raises ValueError if there is none."""
    name = f"V1{kind}"
    if not hasattr(client, name):
        raise ValueError(f"Kubernetes has no object called {kind}")
    return name


def definitions(kinds: set[str]) -> dict[str, Any]:
    """The schemas of these kinds, and of all kinds they refer to, by model name."""
    made: dict[str, Any] = {}
    waiting = sorted(model_name(kind) for kind in kinds)
    while waiting:
        name = waiting.pop()
        if name not in made:
            made[name] = _object(name)
            waiting += re.findall(r'"#/definitions/(V1\w+|Core\w+)"', str(made[name]).replace("'", '"'))
    return dict(sorted(made.items()))


def _object(name: str) -> dict[str, Any]:
    """The schema of one model. Every field may be `null`, which removes a default value of the chart."""
    model = getattr(client, name)
    keys = model.attribute_map
    required = [keys[field] for field, info in model.model_fields.items() if info.is_required() and field in keys]
    schema: dict[str, Any] = {"type": ["object", "null"], "additionalProperties": False}
    if required:
        schema["required"] = sorted(required)
    schema["properties"] = {
        keys[field]: _property(name, keys[field], text)
        for field, text in model.openapi_types.items()
        if keys[field] in ONLY.get(name, {keys[field]})
    }
    if name in RULES:
        schema["allOf"] = RULES[name]
    return schema


def _property(model: str, key: str, text: str) -> dict[str, Any]:
    if (model, key) in FORMS:
        return FORMS[model, key]
    if (model, key) in CHOICES:
        return {"enum": [*CHOICES[model, key], None]}
    if text == "int":
        least = LEAST.get((model, key), 0)
        most = MOST.get((model, key), ID_MAX)
        return {"type": ["integer", "null"], "maximum": most} | ({} if least is None else {"minimum": least})
    return _type(text)


def _type(text: str) -> dict[str, Any]:
    """The schema of a type in the models' notation: `str`, `List[V1Container]`, `Dict[str, str]`, `object`."""
    if inner := re.fullmatch(r"List\[(.+)\]", text):
        return {"type": ["array", "null"], "items": _type(inner[1])}
    if inner := re.fullmatch(r"Dict\[str, (.+)\]", text):
        return {"type": ["object", "null"], "additionalProperties": _type(inner[1])}
    if text == "object":
        # A port, by number or by name.
        name = "^[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?$"
        return {"type": ["integer", "string"], "minimum": 1, "maximum": 65535, "pattern": name}
    if text == "int":
        return {"type": ["integer", "null"], "minimum": 0}
    if text in SIMPLE:
        return {"type": [SIMPLE[text], "null"]}
    return {"$ref": f"#/definitions/{text}"}
