"""Makes values.schema.json, and the list of keys that the chart needs, from the comments of values.yaml.

A key is described by its comment `# -- ...`, in the notation of helm-docs; `# @schema {...}` above that holds what its
default does not say: any words of JSON Schema, and these of our own: "of" (blocks in which the key may be repeated),
"tag", "digest", "hosts", "tls" (known forms), "items", "values" (type of each).
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

import yaml

CHART = Path(__file__).with_name("product-catalog")
BLOCKS = {
    "services": ["addProduct", "readProduct", "displayProduct"],
    "pods": ["addProduct", "readProduct", "displayProduct", "mysql", "jobs", "backup"],
}
TYPES = {str: "string", bool: "boolean", int: "integer", list: "array", dict: "object"}
PATH = {
    "type": "object",
    "additionalProperties": False,
    "required": ["path"],
    "properties": {
        "path": {"type": "string", "pattern": "^/"},
        "pathType": {"enum": ["Prefix", "Exact", "ImplementationSpecific"]},
    },
}
FORMS: dict[str, dict[str, Any]] = {
    # A constant as the other choice, so that the message of a refusal says what to do.
    "tag": {"anyOf": [{"type": "string"}, {"const": "a text: write the tag in quotes, or with --set-string"}]},
    "digest": {"type": "string", "pattern": "^(sha256:[0-9a-f]{64})?$"},
    "hosts": {
        "type": "array",
        "items": {
            "type": "object",
            "additionalProperties": False,
            "required": ["host", "paths"],
            "properties": {
                "host": {"type": "string", "minLength": 1},
                "paths": {"type": "array", "minItems": 1, "items": PATH},
            },
        },
    },
    "tls": {
        "type": "array",
        "items": {
            "type": "object",
            "additionalProperties": False,
            "required": ["secretName", "hosts"],
            "properties": {
                "secretName": {"type": "string", "minLength": 1},
                "hosts": {"type": "array", "minItems": 1, "items": {"type": "string"}},
            },
        },
    },
}


class Key:
    """One key of values.yaml: where it stands, what its comment says, and the keys in it."""

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
        """Whether the keys in it are known and described."""
        return bool(self.children)


def read(values: str) -> list[Key]:
    """The keys of the text of a values.yaml. Raises ValueError for one without a description."""
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
    """JSON Schema of one key's value."""
    schema: dict[str, Any] = {"description": key.description} if key.description else {}
    if key.is_block:
        return schema | _closed({child.path[-1]: schema_of(child) for child in key.children})
    words = {word: value for word, value in key.extra.items() if word != "of"}
    for form in FORMS:
        if words.pop(form, False):
            return schema | FORMS[form]
    if "items" in words:
        words["items"] = {"type": words["items"]}
    elif isinstance(key.default, list):
        words["items"] = {"type": "string" if key.default and isinstance(key.default[0], str) else "object"}
    if "values" in words:
        words["additionalProperties"] = {"type": words.pop("values")}
    if not {"enum", "type"} & set(words):
        words["type"] = TYPES[type(key.default)]
    return schema | words


def _closed(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": properties}


def schema(keys: list[Key]) -> dict[str, Any]:
    """JSON Schema of the whole file."""
    properties = {key.path[0]: schema_of(key) for key in keys}
    for key in keys:
        for block in BLOCKS.get(key.extra.get("of", ""), []):
            properties[block]["properties"].setdefault(key.path[0], schema_of(key))
    properties["global"]["additionalProperties"] = True
    return {"$schema": "http://json-schema.org/draft-07/schema#", "title": "Values of product-catalog"} | _closed(
        properties
    )


def leaves(keys: list[Key]) -> list[Key]:
    """Every key that is not a block."""
    return [leaf for key in keys for leaf in (leaves(key.children) if key.is_block else [key])]


def template(keys: list[Key]) -> str:
    """The template that lists the keys whose default is not null, which must all be there."""
    paths = [".".join(leaf.path) for leaf in leaves(keys) if leaf.default is not None]
    head = "{{/* Every key that must be there. Made by `make chart-docs` from values.yaml. */}}\n"
    return head + '{{- define "product-catalog.keys" -}}\n' + "".join(f"- {path}\n" for path in paths) + "{{- end }}\n"


def outputs() -> dict[Path, str]:
    """What each made file must hold."""
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
