"""JSON Schema of Kubernetes' own objects, strict, from the models of its Python client.

What the models do not say, since the API server decides it in code, stands in the tables here.
"""

import re
from typing import Any

from kubernetes import client

QUANTITY = {
    "type": ["string", "number", "null"],
    "minimum": 0,
    "pattern": r"^\+?([0-9]+(\.[0-9]*)?|\.[0-9]+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]+)?$",
}
SELECTOR_OPERATORS = ["In", "NotIn", "Exists", "DoesNotExist"]
PROFILES = ["RuntimeDefault", "Unconfined", "Localhost"]
POLICIES = ["Honor", "Ignore"]
# Of fields that are texts to the models.
CHOICES = {
    ("V1AppArmorProfile", "type"): PROFILES,
    ("V1HTTPGetAction", "scheme"): ["HTTP", "HTTPS"],
    ("V1LabelSelectorRequirement", "operator"): SELECTOR_OPERATORS,
    ("V1NodeSelectorRequirement", "operator"): [*SELECTOR_OPERATORS, "Gt", "Lt"],
    ("V1PodSecurityContext", "fsGroupChangePolicy"): ["OnRootMismatch", "Always"],
    ("V1PodSecurityContext", "supplementalGroupsPolicy"): ["Merge", "Strict"],
    ("V1PodSecurityContext", "seLinuxChangePolicy"): ["MountOption", "Recursive"],
    ("V1SeccompProfile", "type"): PROFILES,
    ("V1SecurityContext", "procMount"): ["Default", "Unmasked"],
    ("V1Toleration", "effect"): ["", "NoSchedule", "PreferNoSchedule", "NoExecute"],
    ("V1Toleration", "operator"): ["", "Exists", "Equal", "Lt", "Gt"],
    ("V1TopologySpreadConstraint", "nodeAffinityPolicy"): POLICIES,
    ("V1TopologySpreadConstraint", "nodeTaintsPolicy"): POLICIES,
    ("V1TopologySpreadConstraint", "whenUnsatisfiable"): ["DoNotSchedule", "ScheduleAnyway"],
}
# Of fields that are texts, or maps of texts, to the models.
FORMS: dict[tuple[str, str], dict[str, Any]] = {
    ("V1ResourceFieldSelector", "divisor"): QUANTITY,
    ("V1ResourceRequirements", "limits"): {"additionalProperties": QUANTITY},
    ("V1ResourceRequirements", "requests"): {"additionalProperties": QUANTITY},
    ("V1LabelSelector", "matchLabels"): {"additionalProperties": {"$ref": "#/definitions/label"}},
}
# Whole numbers are not negative, except where the API says so.
LEAST = {
    ("V1Toleration", "tolerationSeconds"): None,
    ("V1TopologySpreadConstraint", "maxSkew"): 1,
    ("V1PreferredSchedulingTerm", "weight"): 1,
    ("V1WeightedPodAffinityTerm", "weight"): 1,
}
SIMPLE = {"str": "string", "bool": "boolean", "float": "number"}


def model_name(kind: str) -> str:
    """The model of a kind, such as V1Toleration of Toleration. Raises ValueError when there is none."""
    name = f"V1{kind}"
    if not hasattr(client, name):
        raise ValueError(f"Kubernetes has no object called {kind}")
    return name


def definitions(kinds: set[str]) -> dict[str, Any]:
    """The schemas of these kinds and of all that they hold, by the names of their models."""
    made: dict[str, Any] = {}
    waiting = sorted(model_name(kind) for kind in kinds)
    while waiting:
        name = waiting.pop()
        if name not in made:
            made[name] = _object(name)
            waiting += re.findall(r'"#/definitions/(V1\w+|Core\w+)"', str(made[name]).replace("'", '"'))
    return dict(sorted(made.items()))


def _object(name: str) -> dict[str, Any]:
    """The schema of one model. `null` is allowed throughout: it is how a value of the chart is taken out."""
    model = getattr(client, name)
    keys = model.attribute_map
    required = [keys[field] for field, info in model.model_fields.items() if info.is_required() and field in keys]
    schema: dict[str, Any] = {"type": ["object", "null"], "additionalProperties": False}
    if required:
        schema["required"] = sorted(required)
    schema["properties"] = {
        keys[field]: _property(name, keys[field], text) for field, text in model.openapi_types.items()
    }
    return schema


def _property(model: str, key: str, text: str) -> dict[str, Any]:
    if (model, key) in FORMS:
        return {"type": ["object", "null"]} | FORMS[model, key]
    if (model, key) in CHOICES:
        return {"enum": [*CHOICES[model, key], None]}
    if text == "int":
        least = LEAST.get((model, key), 0)
        return {"type": ["integer", "null"]} | ({} if least is None else {"minimum": least})
    return _type(text)


def _type(text: str) -> dict[str, Any]:
    """The schema of a type as the models write it: `str`, `List[V1Container]`, `Dict[str, str]`, `object`."""
    if inner := re.fullmatch(r"List\[(.+)\]", text):
        return {"type": ["array", "null"], "items": _type(inner[1])}
    if inner := re.fullmatch(r"Dict\[str, (.+)\]", text):
        return {"type": ["object", "null"], "additionalProperties": _type(inner[1])}
    if text == "object":
        # A port, by number or by name.
        return {"type": ["integer", "string"], "minimum": 1, "maximum": 65535}
    if text == "int":
        return {"type": ["integer", "null"], "minimum": 0}
    if text in SIMPLE:
        return {"type": [SIMPLE[text], "null"]}
    return {"$ref": f"#/definitions/{text}"}
