"""Turns parsed JSON into frozen dataclasses, naming the place of whatever does not fit.

Unknown keys are left out, so that an older image reads a newer plan.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from sklearn_trainer.errors import PlanError

T = TypeVar("T")


def decode(record: type[T], value: Any, where: str) -> T:
    """Return `value` as an instance of a dataclass.

    Parameters
    ----------
    record
        A dataclass of str, int, float, bool, optional values, tuples, string-keyed dicts and
        further dataclasses.
    value
        What `json.loads` gave.
    where
        The name of the place, for errors: "plan.json" first, then "plan.json data.columns[2]".
    """
    if not isinstance(value, dict):
        raise _wrong(where, value, "an object")
    hints = get_type_hints(record)
    arguments = {}
    for field in dataclasses.fields(record):  # type: ignore[arg-type]
        place = f"{where}{'.' if ' ' in where else ' '}{field.name}"
        if field.name in value:
            arguments[field.name] = _convert(hints[field.name], value[field.name], place)
        elif field.default is dataclasses.MISSING:
            raise _wrong(place, None, "a value")
    return record(**arguments)


def _convert(hint: Any, value: Any, where: str) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        inner = next(each for each in arguments if each is not type(None))
        return None if value is None else _convert(inner, value, where)
    if origin is tuple:
        if not isinstance(value, list):
            raise _wrong(where, value, "a list")
        return tuple(_convert(arguments[0], each, f"{where}[{i}]") for i, each in enumerate(value))
    if origin is dict:
        if not isinstance(value, dict):
            raise _wrong(where, value, "an object")
        return {key: _convert(arguments[1], each, f"{where}.{key}") for key, each in value.items()}
    if dataclasses.is_dataclass(hint):
        return decode(hint, value, where)  # type: ignore[arg-type]
    accepts, expected, make = _SCALARS[hint]
    if not accepts(value):
        raise _wrong(where, value, expected)
    return make(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    return _is_number(value) and (isinstance(value, int) or value.is_integer())


_SCALARS: dict[type, tuple[Callable[[Any], bool], str, Callable[[Any], Any]]] = {
    str: (lambda value: isinstance(value, str), "text", str),
    bool: (lambda value: isinstance(value, bool), "true or false", bool),
    int: (_is_whole, "a whole number", int),
    float: (_is_number, "a number", float),
}


def _wrong(where: str, value: Any, expected: str) -> PlanError:
    return PlanError(
        f"{where.split()[0]} is not what this image reads",
        where=where,
        found="nothing" if value is None else repr(value)[:80],
        expected=expected,
        to_do="Use the image of the release that wrote it.",
    )
