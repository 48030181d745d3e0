"""Checks a request as AWS does and boto3 does not: maximum, pattern and enum, everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import botocore.session
import regex
from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.validate import ParamValidator


@cache
def _service(name: str) -> Any:
    return botocore.session.get_session().get_service_model(name)


def violations(service: str, operation: str, request: Any) -> list[str]:
    """List everything about a request that the service model forbids."""
    shape = _service(service).operation_model(operation).input_shape
    report = ParamValidator().validate(request, shape)
    if report.has_errors():
        return [report.generate_report()]
    return list(_walk(shape, request, operation))


def _walk(shape: Shape, value: Any, path: str) -> Iterator[str]:
    yield from _own(shape, value, path)
    if isinstance(shape, StructureShape):
        for name, item in value.items():
            yield from _walk(shape.members[name], item, f"{path}.{name}")
    elif isinstance(shape, ListShape):
        for position, item in enumerate(value):
            yield from _walk(shape.member, item, f"{path}[{position}]")
    elif isinstance(shape, MapShape):
        for name, item in value.items():
            yield from _walk(shape.key, name, f"{path}.{name} (key)")
            yield from _walk(shape.value, item, f"{path}.{name}")


def _own(shape: Shape, value: Any, path: str) -> Iterator[str]:
    metadata = shape.metadata
    size = len(value) if isinstance(value, (str, list, dict)) else value
    if "min" in metadata and size < metadata["min"]:
        yield f"{path}: {value!r} is below {metadata['min']}"
    if "max" in metadata and size > metadata["max"]:
        yield f"{path}: {value!r} is above {metadata['max']}"
    pattern = metadata.get("pattern")
    if pattern and isinstance(value, str) and regex.fullmatch(pattern, value) is None:
        yield f"{path}: {value!r} does not match {pattern}"
    if metadata.get("enum") and value not in metadata["enum"]:
        yield f"{path}: {value!r} is none of the allowed values"
