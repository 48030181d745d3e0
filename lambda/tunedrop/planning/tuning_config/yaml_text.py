"""YAML as people write it, read safely: plain values, and the line of each key.

Scalars follow YAML 1.2, so that `off` is a word, `1e-3` a number and `1:30` neither a number nor a
time. Aliases are errors: a configuration needs none, and a few of them can mean gigabytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from tunedrop.errors import TuningConfigError

MAX_BYTES = 64 * 1024
MAX_DEPTH = 10

Path = tuple[str | int, ...]

_NULL = re.compile(r"~|null|Null|NULL|")
_BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_KNOWN_TAGS = frozenset(
    f"tag:yaml.org,2002:{kind}"
    for kind in ["null", "bool", "int", "float", "str", "timestamp", "merge", "value", "map", "seq"]
)
_SPECIAL_FLOAT = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


@dataclass(frozen=True)
class YamlText:
    """A document's value, and the line of each of its entries (from 1), by the way to it."""

    value: Any
    lines: Mapping[Path, int]

    def line_of(self, path: Path) -> int:
        """Return the line of an entry, or of the nearest one around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read_yaml(body: bytes, where: str) -> YamlText:
    """Read one document.

    Raises
    ------
    TuningConfigError
        When it is no YAML, or more than a configuration needs; with the line.
    """
    if len(body) > MAX_BYTES:
        raise TuningConfigError(
            "The file is too large for a configuration",
            where=where,
            found=f"{len(body)} bytes",
            expected=f"at most {MAX_BYTES}",
            to_do="Leave in it only what differs from the defaults.",
        )
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = f"{where}, line {body.count(10, 0, error.start) + 1}"
        raise TuningConfigError(
            "The file is not UTF-8 text", where=place, to_do="Save it as UTF-8."
        ) from error
    reader = _Reader(where)
    try:
        reader.check_aliases_and_depth(text)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        raise _unreadable(error, where) from error
    except yaml.YAMLError as error:
        raise TuningConfigError(
            "The file is not YAML", where=where, to_do="Remove characters that no editor shows."
        ) from error
    return YamlText(reader.value(root, ()), reader.lines)


class _Reader:
    """Turns nodes into plain Python values, and notes the line of each."""

    def __init__(self, where: str) -> None:
        self._where = where
        self.lines: dict[Path, int] = {}

    def check_aliases_and_depth(self, text: str) -> None:
        """Check what could make a small file large, before it is composed."""
        depth = 0
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                to_do = "Write the value out in both places."
                raise self._error("Aliases are not allowed", event, to_do, f"*{event.anchor}")
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH:
                what = f"The configuration is nested too deeply, beyond {MAX_DEPTH} levels"
                raise self._error(what, event, "Remove brackets or indentation.")

    def value(self, node: yaml.Node | None, path: Path) -> Any:
        """Return what a node means."""
        if node is None:
            return None
        self.lines.setdefault(path, _line(node))
        if node.tag not in _KNOWN_TAGS:
            raise self._error("Tags are not allowed", node, "Write the plain value.", node.tag)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, i)) for i, item in enumerate(node.value)]
        if not isinstance(node, yaml.MappingNode):
            return _scalar(node)
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                to_do = "Write `key: value`, with a word as the key."
                raise self._error("A key is not a word", key_node, to_do)
            key = str(key_node.value)
            if key in found:
                raise self._error("A key is there twice", key_node, "Keep one of the two.", key)
            self.lines[*path, key] = _line(key_node)
            found[key] = self.value(value_node, (*path, key))
        return found

    def _error(self, what: str, at: Any, to_do: str, found: str = "") -> TuningConfigError:
        return TuningConfigError(
            what,
            where=f"{self._where}, line {_line(at)}",
            found=repr(found[:80]) if found else "",
            to_do=to_do,
        )


def _scalar(node: Any) -> Any:
    text = str(node.value)
    if node.style is not None:  # quoted, or a block: text
        return text
    if _NULL.fullmatch(text):
        return None
    if _BOOL.fullmatch(text):
        return text.lower() == "true"
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _SPECIAL_FLOAT.fullmatch(text):
        return float(text.replace(".", ""))
    return text


def _line(at: Any) -> int:
    return int(at.start_mark.line) + 1


def _unreadable(error: yaml.MarkedYAMLError, where: str) -> TuningConfigError:
    mark = error.problem_mark or error.context_mark
    place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    problem = str(error.problem or error.context)
    return TuningConfigError(
        f"The file is not YAML: {problem}",
        where=where + place,
        to_do=next((way for words, way in _WAYS_OUT.items() if words in problem), _LOOK),
    )


_LOOK = "Look at the indentation, quotes and colons of this line and the one above."
_WAYS_OUT = {
    "another document": "Remove this line of dashes, and what else is above or below it.",
    "character '\\t'": "Write spaces instead of tabs.",
    "that cannot start any token": "Put the value in quotation marks.",
    "mapping values are not allowed": "Put a value with a colon in quotation marks, and keys of "
    "one level at the same indentation.",
}
