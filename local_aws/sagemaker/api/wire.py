"""SageMaker's JSON 1.1 protocol, driven by botocore's own service model.

The first and the last step of every request: `Wire.parse` checks the parameters, `Wire.render`
writes the members of an answer that the model has.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any

import botocore.session
import regex
from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape
from botocore.validate import ParamValidator

from local_aws.sagemaker.errors import SageMakerError, ValidationError

_NUMBERS = ("integer", "long", "float", "double")


class Wire:
    """Parses SageMaker's requests and renders its answers."""

    def __init__(self) -> None:
        self.model = botocore.session.get_session().get_service_model("sagemaker")

    def parse(self, operation: str, body: bytes) -> dict[str, Any]:
        """Return the parameters of a request.

        Raises
        ------
        SageMakerError
            If the body is not JSON.
        ValidationError
            If it breaks constraints of the model. The message lists all of them: types, required
            members and minima in botocore's words, which clients use too; the others in AWS's.
        """
        try:
            request = json.loads(body or b"{}")
        except ValueError as error:
            message = f"The request body is not valid JSON: {error}"
            raise SageMakerError("SerializationException", message) from None
        # No operation is without parameters.
        shape: Any = self.model.operation_model(operation).input_shape
        report = ParamValidator().validate(request, shape)
        if report.has_errors():
            raise ValidationError(report.generate_report())
        if broken := list(broken_constraints(shape, request, "")):
            noun = "error" if len(broken) == 1 else "errors"
            raise ValidationError(f"{len(broken)} validation {noun} detected: {'; '.join(broken)}")
        return dict(request)

    def render(self, operation: str, answer: dict[str, Any]) -> bytes:
        """Return the body of an answer: members of the model, timestamps as epoch seconds."""
        shape = self.model.operation_model(operation).output_shape
        return b"" if shape is None else json.dumps(render(shape, answer)).encode()


def _seconds(moment: datetime) -> float:
    return round(moment.timestamp(), 3)


def render(shape: Shape | None, value: Any, moment: Callable[[datetime], float] = _seconds) -> Any:
    """Return one value as JSON, with only the members that the model has.

    `moment` converts timestamps; the protocol demands epoch seconds.
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


def broken_constraints(shape: Shape | None, value: Any, path: str) -> Iterator[str]:
    """Yield the maxima, patterns and enumerations that a value of the right type breaks."""
    if isinstance(shape, StructureShape):
        for name in shape.members.keys() & value.keys():
            yield from broken_constraints(shape.members[name], value[name], _join(path, name))
    elif isinstance(shape, ListShape):
        for number, item in enumerate(value, start=1):
            yield from broken_constraints(shape.member, item, f"{path}.{number}.member")
    elif isinstance(shape, MapShape):
        for key, item in value.items():
            yield from broken_constraints(shape.key, key, f"{path}.key")
            yield from broken_constraints(shape.value, item, f"{path}.value")
    if shape is not None:
        for rule in _broken_rules(shape, value):
            yield f"Value '{value}' at '{path}' failed to satisfy constraint: {rule}"


def _broken_rules(shape: Shape, value: Any) -> Iterator[str]:
    limits, is_number = shape.metadata, shape.type_name in _NUMBERS
    if "max" in limits and (value if is_number else len(value)) > limits["max"]:
        measure = "value" if is_number else "length"
        yield f"Member must have {measure} less than or equal to {limits['max']}"
    pattern = limits.get("pattern")
    if pattern and not _matches(pattern, value):
        yield f"Member must satisfy regular expression pattern: {pattern}"
    if isinstance(shape, StringShape) and shape.enum and value not in shape.enum:
        yield f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"


def _matches(pattern: str, value: str) -> bool:
    # A value that needs longer than a second of backtracking is one that no honest client sends.
    try:
        return _compile(pattern).fullmatch(value, timeout=1) is not None
    except TimeoutError:
        return False


@lru_cache(maxsize=1024)
def _compile(pattern: str) -> regex.Pattern[str]:
    # AWS writes Java patterns, with \p{L} and \p{Alnum}, which the standard library's re rejects.
    return regex.compile(pattern)


def _join(path: str, member: str) -> str:
    name = re.sub(r"^[A-Z]", lambda first: first.group().lower(), member)
    return f"{path}.{name}" if path else name
