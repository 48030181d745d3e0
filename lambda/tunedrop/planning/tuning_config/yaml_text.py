"""YAML as people write it, read safely: plain values, and the line of each key.

Scalars follow YAML 1.2, so that `off` is a word, `1e-3` a number and `1:30` neither a number nor a
time. Aliases are errors: a configuration needs none, and a few of them can mean gigabytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from tunedrop.errors import TuningConfigError
from tunedrop.keys import TUNING_CONFIG
from tunedrop_common.data_text import quote

MAX_BYTES = 64 * 1024
MAX_DEPTH = 10

Path = tuple[str | int, ...]

_NULL = re.compile(r"~|null|Null|NULL|")
_BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_PLAIN_TAG = re.compile(r"tag:yaml\.org,2002:\w+")


def place(path: Path, lines: Mapping[Path, int]) -> str:
    """Return the place of an entry, or of the nearest one around it, for an error."""
    while path and path not in lines:
        path = path[:-1]
    line = f", line {lines[path]}" if path in lines else ""
    return TUNING_CONFIG + line + (f", key {'.'.join(map(str, path))}" if path else "")


def read_yaml(body: bytes) -> tuple[Any, dict[Path, int]]:
    """Return a document's value, and the line of each of its entries (from 1), by the way to it.

    Raises
    ------
    TuningConfigError
        When it is no YAML, or more than a configuration needs; with the line.
    """
    if len(body) > MAX_BYTES:
        raise TuningConfigError(
            "The file is too large for a configuration",
            where=TUNING_CONFIG,
            found=f"{len(body)} bytes",
            expected=f"at most {MAX_BYTES}",
            to_do="Leave in it only what differs from the defaults.",
        )
    try:
        _check_aliases_and_depth(body)
        lines: dict[Path, int] = {}
        value = _value(yaml.compose(body, Loader=yaml.SafeLoader), (), lines)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        at = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise TuningConfigError(
            f"The file is not YAML: {getattr(error, 'problem', None) or error}",
            where=TUNING_CONFIG + at,
            to_do="Look at the colons and the indentation (spaces, no tabs) of this line and the "
            "one above. Put a value with a colon or other signs in quotation marks.",
        ) from error
    return value, lines


def _check_aliases_and_depth(body: bytes) -> None:
    """Check what could make a small file large, before it is composed."""
    depth = 0
    for event in yaml.parse(body, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            to_do = "Write the value out in both places."
            raise _error("Aliases are not allowed", _line(event), to_do, f"*{event.anchor}")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            what = f"The configuration is nested too deeply, beyond {MAX_DEPTH} levels"
            raise _error(what, _line(event), "Remove brackets or indentation.")


def _value(node: yaml.Node | None, path: Path, lines: dict[Path, int]) -> Any:
    """Return what a node means as plain Python values; note the line of each entry."""
    if node is None:
        return None
    line = lines.setdefault(path, _line(node))
    if not _PLAIN_TAG.fullmatch(node.tag):
        raise _error("Tags are not allowed", line, "Write the plain value.", node.tag)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*path, i), lines) for i, item in enumerate(node.value)]
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node.value) if node.style is None else node.value  # else quoted
    mapping: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = _line(key_node)
        if not isinstance(key_node, yaml.ScalarNode):
            raise _error("A key is not a word", line, "Write `key: value`, with a word as the key.")
        key = str(key_node.value)
        if key in mapping:
            raise _error("A key is there twice", line, "Keep one of the two.", key)
        lines[*path, key] = line
        mapping[key] = _value(value_node, (*path, key), lines)
    return mapping


def _scalar(text: str) -> Any:
    """Return what a scalar without quotation marks means."""
    if _NULL.fullmatch(text):
        return None
    if _BOOL.fullmatch(text):
        return text.lower() == "true"
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


def _line(at: Any) -> int:
    return int(at.start_mark.line) + 1


def _error(what: str, line: int, to_do: str, found: str = "") -> TuningConfigError:
    return TuningConfigError(
        what,
        where=f"{TUNING_CONFIG}, line {line}",
        found=quote(found) if found else "",
        to_do=to_do,
    )
