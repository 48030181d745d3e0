"""SageMaker's JSON 1.1 protocol, driven by botocore's own service model.

The first and the last step of every request: `Wire.parse` turns a body into checked parameters,
`Wire.render` turns an answer into a body that has only members of the model.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import botocore.session
import regex
from botocore.model import (
    ListShape,
    MapShape,
    Shape,
    StringShape,
    StructureShape,
)

from local_aws.sagemaker.errors import SerializationError, ValidationError

_NUMBERS = ("integer", "long", "float", "double")
_LENGTHS = ("string", "list", "map")


class Wire:
    """Parses requests and renders answers of one AWS service."""

    def __init__(self, service: str = "sagemaker") -> None:
        self.model = botocore.session.get_session().get_service_model(service)

    def parse(self, operation: str, body: bytes) -> dict[str, Any]:
        """Parameters of a request, with timestamps as aware datetimes.

        Raises
        ------
        SerializationError
            The body is not JSON, or a value has the wrong type.
        ValidationError
            Constraints of the model are broken; all of them are listed, as AWS does.
        """
        try:
            content = json.loads(body or b"{}")
        except ValueError as error:
            raise SerializationError(f"The request body is not valid JSON: {error}") from None
        shape = self.model.operation_model(operation).input_shape
        if shape is None:
            return {}
        broken: list[str] = []
        parsed = _Reader(broken).read(shape, content, "")
        if broken:
            noun = "error" if len(broken) == 1 else "errors"
            raise ValidationError(f"{len(broken)} validation {noun} detected: {'; '.join(broken)}")
        return dict(parsed)

    def render(self, operation: str, answer: dict[str, Any]) -> bytes:
        """Body of an answer: members that the model knows, timestamps as epoch seconds."""
        shape = self.model.operation_model(operation).output_shape
        return b"" if shape is None else json.dumps(render(shape, answer)).encode()


def _seconds(moment: datetime) -> float:
    return round(moment.timestamp(), 3)


def render(shape: Shape | None, value: Any, moment: Callable[[datetime], float] = _seconds) -> Any:
    """Make JSON of one value, with only the members that the model knows.

    `moment` writes timestamps; the protocol wants epoch seconds.
    """
    if isinstance(shape, StructureShape):
        return {
            name: render(member, value[name], moment)
            for name, member in shape.members.items()
            if value.get(name) is not None
        }
    if isinstance(shape, ListShape):
        return [render(shape.member, item, moment) for item in value]
    if isinstance(shape, MapShape):
        return {key: render(shape.value, item, moment) for key, item in value.items()}
    if isinstance(value, datetime):
        return moment(value)
    return value


class _Reader:
    """Walks a request beside its shape and collects the broken constraints."""

    def __init__(self, broken: list[str]) -> None:
        self.broken = broken

    def read(self, shape: Shape, value: Any, path: str) -> Any:
        if isinstance(shape, StructureShape):
            return self._structure(shape, value, path)
        if isinstance(shape, ListShape):
            return self._list(shape, value, path)
        if isinstance(shape, MapShape):
            return self._map(shape, value, path)
        parsed = _scalar(shape, value, path)
        self._report(value, path, _broken_constraints(shape, parsed))
        return parsed

    def _structure(self, shape: StructureShape, value: Any, path: str) -> dict[str, Any]:
        _expect(isinstance(value, dict), "structure", path)
        for name in sorted(set(value) - set(shape.members)):
            known = ", ".join(shape.members)
            self.broken.append(
                f"Unknown parameter '{name}' at '{path or 'input'}', must be one of: {known}"
            )
        for name in shape.required_members:
            if value.get(name) is None:
                self._report(None, _join(path, name), ["Member must not be null"])
        return {
            name: self.read(member, value[name], _join(path, name))
            for name, member in shape.members.items()
            if value.get(name) is not None
        }

    def _list(self, shape: ListShape, value: Any, path: str) -> list[Any]:
        _expect(isinstance(value, list), "list", path)
        self._report(value, path, _broken_constraints(shape, value))
        if isinstance(shape.member, StructureShape | ListShape | MapShape):
            return [
                self.read(shape.member, item, f"{path}.{index}.member")
                for index, item in enumerate(value, start=1)
            ]
        items = [_scalar(shape.member, item, path) for item in value]
        self._report_members(value, path, "Member", shape.member, items)
        return items

    def _map(self, shape: MapShape, value: Any, path: str) -> dict[str, Any]:
        _expect(isinstance(value, dict), "map", path)
        self._report(value, path, _broken_constraints(shape, value))
        self._report_members(value, path, "Map keys", shape.key, list(value))
        items = {key: _scalar(shape.value, item, path) for key, item in value.items()}
        self._report_members(value, path, "Map value", shape.value, list(items.values()))
        return items

    def _report_members(
        self, value: Any, path: str, what: str, shape: Shape, items: list[Any]
    ) -> None:
        rules = dict.fromkeys(rule for item in items for rule in _broken_constraints(shape, item))
        if rules:
            self._report(value, path, [f"{what} must satisfy constraint: [{', '.join(rules)}]"])

    def _report(self, value: Any, path: str, rules: list[str]) -> None:
        shown = "null" if value is None else f"'{_shown(value)}'"
        self.broken.extend(
            f"Value {shown} at '{path}' failed to satisfy constraint: {rule}" for rule in rules
        )


def _broken_constraints(shape: Shape, value: Any) -> list[str]:
    """List what is wrong with a value in AWS's words, one phrase for each broken constraint."""
    limits = shape.metadata
    what = "length" if shape.type_name in _LENGTHS else "value"
    size = len(value) if what == "length" else value
    broken = []
    if "max" in limits and size > limits["max"]:
        broken.append(f"Member must have {what} less than or equal to {limits['max']}")
    if "min" in limits and size < limits["min"]:
        broken.append(f"Member must have {what} greater than or equal to {limits['min']}")
    pattern = limits.get("pattern")
    if pattern and not _matches(pattern, value):
        broken.append(f"Member must satisfy regular expression pattern: {pattern}")
    if isinstance(shape, StringShape) and shape.enum and value not in shape.enum:
        broken.append(f"Member must satisfy enum value set: [{', '.join(shape.enum)}]")
    return broken


def _matches(pattern: str, value: str) -> bool:
    # A value that needs longer than a second of backtracking is one that no honest client sends.
    try:
        return _compiled(pattern).fullmatch(value, timeout=1) is not None
    except TimeoutError:
        return False


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> regex.Pattern[str]:
    # AWS writes Java patterns, with \p{L} and \p{Alnum}, which the standard library's re refuses.
    return regex.compile(pattern)


def _scalar(shape: Shape, value: Any, path: str) -> Any:
    kind = shape.type_name
    if kind == "string":
        _expect(isinstance(value, str), "STRING_VALUE", path)
    elif kind == "boolean":
        _expect(isinstance(value, bool), "TRUE_VALUE or FALSE_VALUE", path)
    elif kind in _NUMBERS:
        whole = kind in ("integer", "long")
        _expect(isinstance(value, int | float) and not isinstance(value, bool), "NUMBER", path)
        _expect(not whole or value == int(value), "a whole number", path)
        return int(value) if whole else float(value)
    elif kind == "timestamp":
        _expect(isinstance(value, int | float) and not isinstance(value, bool), "timestamp", path)
        return datetime.fromtimestamp(value, UTC)
    else:
        raise SerializationError(f"Type {kind} at '{path}' is not supported by this endpoint")
    return value


def _expect(right: bool, kind: str, path: str) -> None:
    if not right:
        raise SerializationError(f"Unexpected type: expected {kind} at '{path or 'input'}'")


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_shown(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={_shown(item)}" for key, item in value.items()) + "}"
    return str(value)


def _join(path: str, member: str) -> str:
    name = re.sub(r"^[A-Z]", lambda first: first.group().lower(), member)
    return f"{path}.{name}" if path else name
