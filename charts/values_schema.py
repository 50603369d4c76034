"""Generates values.schema.json, and the list of keys that the chart requires, from the comments in values.yaml.

The comment `# -- ...` describes a key, in the notation of helm-docs. `# @schema {...}` above it adds what the default
does not show: any JSON Schema keywords, and three of our own: "of" (the blocks in which the key may be repeated),
"form" (the kind of the value), "items" (the kind of each list item). A form is one of FORMS, or a Kubernetes kind such
as Toleration: the schema knows all its keys and types, so that a typo is refused before anything is installed.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

import yaml

import kubernetes_schema

CHART = Path(__file__).with_name("product-catalog")
BLOCKS = {
    "services": ["addProduct", "readProduct", "displayProduct"],
    "databases": ["addProduct", "readProduct"],
    "pods": ["addProduct", "readProduct", "displayProduct", "mysql", "jobs", "backup"],
}
TYPES = {str: "string", bool: "boolean", int: "integer", list: "array", dict: "object"}
LABEL_VALUE = "([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?"
DNS_LABEL = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
HOST = {"type": "string", "maxLength": 253, "pattern": rf"^(\*\.)?{DNS_LABEL}(\.{DNS_LABEL})*$"}
OBJECT_NAME = {"type": "string", "maxLength": 253, "pattern": rf"^({DNS_LABEL}(\.{DNS_LABEL})*)?$"}


def _closed(properties: dict[str, Any], required: tuple[str, ...] = ()) -> dict[str, Any]:
    needed = {"required": list(required)} if required else {}
    return {"type": "object", "additionalProperties": False, **needed, "properties": properties}


def _times(*values: str) -> str:
    """The pattern of one field of a cron schedule whose values match one of these patterns."""
    value = f"({'|'.join(values)})"
    part = rf"(\*|\?|{value}(-{value})?)(/[1-9][0-9]*)?"
    return f"{part}(,{part})*"


SCHEDULE = " +".join(
    [
        _times("[0-5]?[0-9]"),
        _times("[01]?[0-9]", "2[0-3]"),
        _times("0?[1-9]", "[12][0-9]", "3[01]"),
        _times("0?[1-9]", "1[0-2]", "(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"),
        _times("[0-6]", "(?i:sun|mon|tue|wed|thu|fri|sat)"),
    ]
)
OCTET = kubernetes_schema.OCTET
IPV4 = rf"{OCTET}(\.{OCTET}){{3}}"
IPV6 = r"[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*"
PORT = "(:[1-9][0-9]{0,4})?"
DOMAIN = rf"{DNS_LABEL}(\.{DNS_LABEL})*"
ISSUER = {"type": "string", "pattern": rf"^https://((?i:{DOMAIN})|\[{IPV6}\]){PORT}(/[^?#\s]*)?$"}
# The name of an image, without its tag (the reference grammar of distribution).
REPOSITORY = r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*"
PATH = _closed(
    {
        "path": {"type": "string", "pattern": r"^/\S*$"},
        "pathType": {"enum": ["Prefix", "Exact", "ImplementationSpecific"]},
    },
    required=("path",),
)
DEFINITIONS = {"label": {"type": "string", "pattern": f"^{LABEL_VALUE}$"}}
# The key of a label or an annotation.
KEY = rf"^({DNS_LABEL}(\.{DNS_LABEL})*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{{0,61}}[A-Za-z0-9])?$"


def _keyed(value: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "patternProperties": {KEY: value}}


FORMS: dict[str, dict[str, Any]] = {
    # The constant is the other alternative only so that the error message says what to do.
    "tag": {
        "anyOf": [
            {"type": ["string", "null"], "pattern": "^([A-Za-z0-9_][-A-Za-z0-9_.]{0,127})?$"},
            {"const": "a text: write the tag in quotes, or with --set-string"},
        ]
    },
    "repository": {"type": "string", "pattern": rf"^{REPOSITORY}(/{REPOSITORY})*$"},
    # Host and port, and an optional path within the registry.
    "registry": {"type": "string", "pattern": rf"^((\[{IPV6}\]|[A-Za-z0-9][-A-Za-z0-9.]*){PORT}(/{REPOSITORY})*)?$"},
    "digest": {"type": "string", "pattern": "^(sha256:[0-9a-f]{64})?$"},
    "labels": _keyed({"$ref": "#/definitions/label"}),
    "annotations": _keyed({"type": "string"}),
    # A number of pods, or a percentage of them.
    "share": {"type": ["integer", "string", "null"], "minimum": 0, "pattern": "^(100|[1-9]?[0-9])%$"},
    # Greater than zero: Kubernetes refuses a volume of size 0, and a limit of 0 means no limit.
    "size": {
        "type": ["string", "number"],
        "exclusiveMinimum": 0,
        "pattern": r"^(0*[1-9][0-9]*(\.[0-9]*)?|0*\.0*[1-9][0-9]*)([kMGTPE]|[KMGTPE]i|[eE]\+?[0-9]+)?$",
    },
    "port": {"type": "integer", "minimum": 1, "maximum": 65535},
    "host": HOST,
    # A name, an IPv4 address, or an IPv6 address with or without brackets.
    "server": {"type": "string", "pattern": rf"^((?i:{DOMAIN})|{IPV6}|\[{IPV6}\])?$"},
    "url": {
        "type": "string",
        "pattern": rf"^(https?://((?i:{DOMAIN})|\[{IPV6}\]){PORT}(/[^/?#\s]+)*/?)?$",
    },
    "objectName": OBJECT_NAME,
    "optionalHost": HOST | {"pattern": rf"^({DNS_LABEL}(\.{DNS_LABEL})*)?$"},
    # A scope of OAuth (RFC 6749).
    "word": {"type": "string", "pattern": r"^[!#-\[\]-~]+$"},
    # The list of groups is one setting, in which a comma separates them.
    "group": {"type": "string", "pattern": "^[^,]*[^,\\s][^,]*$"},
    "serviceAccount": {"type": "string", "pattern": rf"^system:serviceaccount:{DNS_LABEL}:{DOMAIN}$"},
    "jwtIssuers": {
        "type": "array",
        "items": _closed(
            {
                "issuer": ISSUER,
                "audience": {"type": "string", "minLength": 1},
                "jwksUrl": ISSUER,
                "caSecret": OBJECT_NAME | {"minLength": 1},
                "claim": {"type": "string", "minLength": 1},
                "editors": {"type": "array", "items": {"type": "string", "minLength": 1}},
                "readers": {"type": "array", "items": {"type": "string", "minLength": 1}},
            },
            required=("issuer", "audience"),
        ),
    },
    "accessModes": {
        "type": "array",
        "minItems": 1,
        "uniqueItems": True,
        "items": {"enum": ["ReadWriteOnce", "ReadWriteMany", "ReadWriteOncePod"]},
        "if": {"contains": {"const": "ReadWriteOncePod"}},
        "then": {"maxItems": 1},
    },
    "schedule": {
        "type": "string",
        "pattern": rf"^(@(yearly|annually|monthly|weekly|daily|midnight|hourly|every ([0-9]+[hms])+)|{SCHEDULE})$",
    },
    "hosts": {
        "type": "array",
        "items": _closed(
            {"host": HOST, "paths": {"type": "array", "minItems": 1, "items": PATH}}, required=("host", "paths")
        ),
    },
    "tls": {
        "type": "array",
        "items": _closed(
            {"secretName": OBJECT_NAME | {"minLength": 1}, "hosts": {"type": "array", "minItems": 1, "items": HOST}},
            required=("secretName", "hosts"),
        ),
    },
    # An object of any kind, as a map or as text; Kubernetes validates the rest.
    "manifest": {
        "type": ["object", "string"],
        "minLength": 1,
        "required": ["apiVersion", "kind", "metadata"],
        "properties": {
            "apiVersion": {"type": "string", "minLength": 1},
            "kind": {"type": "string", "minLength": 1},
            "metadata": {
                "type": "object",
                "required": ["name"],
                "properties": {"name": {"type": "string", "minLength": 1}},
            },
        },
    },
    # From the Gateway API, which is not part of Kubernetes.
    "parentReference": _closed(
        {
            "group": {"type": "string"},
            "kind": {"type": "string"},
            "namespace": {"type": "string"},
            "name": {"type": "string", "minLength": 1},
            "sectionName": {"type": "string"},
            "port": {"type": "integer", "minimum": 1, "maximum": 65535},
        },
        required=("name",),
    ),
}


class Key:
    """One key of values.yaml: its path, its comment, and its child keys."""

    def __init__(self, path: list[str], comment: list[str], node: yaml.Node) -> None:
        self.path = path
        self.default = yaml.safe_load(yaml.serialize(node))
        text = [line.removeprefix("# ") for line in comment]
        self.extra: dict[str, Any] = {}
        self.description = ""
        for line in text:
            if line.startswith("@schema "):
                self.extra |= json.loads(line.removeprefix("@schema "))
            elif line.startswith("-- "):
                self.description = re.sub(r"^\([^)]*\) ", "", line.removeprefix("-- "))
            elif self.description:
                self.description += " " + line
        self.children: list[Key] = []

    @property
    def is_block(self) -> bool:
        """Whether the key has described child keys."""
        return bool(self.children)


def read(values: str) -> list[Key]:
    """The keys in the text of a values.yaml. Raises ValueError for a key without a description."""
    root = yaml.compose(values)
    return _keys(root, [], values.splitlines())


def _keys(node: yaml.Node | None, path: list[str], lines: list[str]) -> list[Key]:
    assert isinstance(node, yaml.MappingNode)  # noqa: S101
    found = []
    for name, value in node.value:
        key = Key([*path, name.value], _comment_above(name.start_mark.line, lines), value)
        if not key.description and isinstance(value, yaml.MappingNode):
            key.children = _keys(value, key.path, lines)
        if not key.description and not key.children:
            raise ValueError(f"{'.'.join(key.path)} has no comment")
        found.append(key)
    return found


def _comment_above(line: int, lines: list[str]) -> list[str]:
    comment: list[str] = []
    while line > 0 and lines[line - 1].strip().startswith("#"):
        line -= 1
        comment.insert(0, lines[line].strip())
    return comment


def schema_of(key: Key) -> dict[str, Any]:
    """The JSON Schema of one key's value."""
    schema: dict[str, Any] = {"description": key.description} if key.description else {}
    if key.is_block:
        return schema | _closed({child.path[-1]: schema_of(child) for child in key.children})
    words = {word: value for word, value in key.extra.items() if word not in ("form", "items", "of")}
    if "form" in key.extra:
        schema |= _form(key.extra["form"])
    elif not {"enum", "type"} & set(words):
        schema["type"] = TYPES[type(key.default)]
    if schema.get("type") == "array" and "items" not in schema:
        schema["items"] = _form(key.extra["items"])
        if "$ref" in schema["items"]:  # Unlike in a map, null in a list removes nothing.
            schema["items"] = {"allOf": [schema["items"], {"type": "object"}]}
    if may_be_left_out(key) and isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]
    return schema | words


def _form(name: str) -> dict[str, Any]:
    """The schema of a form: one of FORMS, a JSON type, or a Kubernetes kind."""
    if name in FORMS:
        return FORMS[name]
    if name in TYPES.values():
        return {"type": name}
    return {"$ref": f"#/definitions/{kubernetes_schema.model_name(name)}"}


def schema(keys: list[Key]) -> dict[str, Any]:
    """The JSON Schema of the whole file."""
    properties = {key.path[0]: schema_of(key) for key in keys}
    for key in keys:
        for block in BLOCKS.get(key.extra.get("of", ""), []):
            properties[block]["properties"].setdefault(key.path[0], schema_of(key))
    properties["global"]["additionalProperties"] = True
    head = {"$schema": "http://json-schema.org/draft-07/schema#", "title": "Values of product-catalog"}
    named = {leaf.extra.get(word) for leaf in leaves(keys) for word in ("form", "items")}
    kinds = {name for name in named if name and name not in FORMS and name not in TYPES.values()}
    return head | _closed(properties) | {"definitions": DEFINITIONS | kubernetes_schema.definitions(kinds)}


def may_be_left_out(key: Key) -> bool:
    """Whether the value may be `null`, which stands for an empty string, list or map, or for no object."""
    return (
        key.default in ("", [], {})
        or (isinstance(key.default, dict) and not key.children)
        or (isinstance(key.default, list) and "minItems" not in key.extra)
    )


def leaves(keys: list[Key]) -> list[Key]:
    """Every key that is not a block."""
    return [leaf for key in keys for leaf in (leaves(key.children) if key.is_block else [key])]


def blocks(keys: list[Key]) -> list[Key]:
    """Every key that has child keys."""
    return [found for key in keys if key.is_block for found in (key, *blocks(key.children))]


def overridden(keys: list[Key]) -> list[str]:
    """The path of each default value by which a block overrides a default for all pods.

    If such a value is set to null, the value for all pods must not replace it.
    """
    shared = {key.path[0]: BLOCKS[key.extra["of"]] for key in keys if "of" in key.extra}
    inner = [key for key in leaves(keys) if len(key.path) == 2 and key.path[0] in shared.get(key.path[1], [])]
    return [path for key in inner if isinstance(key.default, dict) for path in _paths(key.path, key.default)]


def _paths(start: list[str], value: dict[str, Any]) -> list[str]:
    found = []
    for name, inner in value.items():
        found.append(".".join([*start, name]))
        if isinstance(inner, dict):
            found += _paths([*start, name], inner)
    return found


def template(keys: list[Key]) -> str:
    """The template that lists the required keys, and the empty values of keys that may be null."""
    needed = [key for key in leaves(keys) if key.default is not None and not may_be_left_out(key)]
    empty = [key for key in leaves(keys) if may_be_left_out(key)]
    return "".join(
        [
            "{{/* The required keys. `make chart-docs` generates this list and the next one from values.yaml. */}}\n",
            '{{- define "product-catalog.neededKeys" -}}\n',
            *(f"- {'.'.join(key.path)}\n" for key in (*blocks(keys), *needed)),
            "{{- end }}\n\n",
            "{{/* The keys that may be null, and the empty values that null stands for. */}}\n",
            '{{- define "product-catalog.emptyValues" -}}\n',
            *(f"{'.'.join(key.path)}: {json.dumps(None if key.default else key.default)}\n" for key in empty),
            *(f"{path}: null\n" for path in overridden(keys)),
            "{{- end }}\n",
        ]
    )


def outputs() -> dict[Path, str]:
    """The content of each generated file."""
    keys = read((CHART / "values.yaml").read_text(encoding="utf-8"))
    return {
        CHART / "values.schema.json": json.dumps(schema(keys), indent=2, ensure_ascii=False) + "\n",
        CHART / "templates" / "_keys.tpl": template(keys),
    }


def main() -> None:
    """Writes the files."""
    try:
        made = outputs()
    except ValueError as error:
        sys.exit(f"error: values.yaml: {error}")
    for path, text in made.items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
