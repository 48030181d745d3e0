"""Search's filters over a training job's description."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from local_aws.sagemaker.errors import ValidationError

_MAPS = ("HyperParameters", "Environment", "Tags", "Metrics")

_NUMBER_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThan": lambda found, wanted: found > wanted,
    "GreaterThanOrEqualTo": lambda found, wanted: found >= wanted,
    "LessThan": lambda found, wanted: found < wanted,
    "LessThanOrEqualTo": lambda found, wanted: found <= wanted,
}


def matches(expression: dict[str, Any], row: dict[str, Any]) -> bool:
    """Say whether a job's description fulfils a SearchExpression.

    Raises
    ------
    ValidationError
        A filter compares with what is no number or time.
    """
    results = [_filter(item, row) for item in expression.get("Filters", [])]
    return any(results) if results and expression.get("Operator") == "Or" else all(results)


def required_value(expression: dict[str, Any], name: str) -> str | None:
    """Find the one value that an expression wants a property to have, if it wants just one.

    It makes an index of a filter; what it leaves out fulfils the expression in no case.
    """
    if expression.get("Operator") == "Or":
        return None
    return next(
        (
            item.get("Value", "")
            for item in expression.get("Filters", [])
            if item["Name"] == name and item.get("Operator", "Equals") == "Equals"
        ),
        None,
    )


def property_of(row: Any, name: str) -> Iterator[Any]:
    """Find the values of a property: `InputDataConfig.DataSource.S3DataSource.S3Uri`, `Tags.key`.

    Lists are looked through; names of maps' keys may have dots.
    """
    if isinstance(row, list):
        for item in row:
            yield from property_of(item, name)
        return
    if not isinstance(row, dict):
        return
    head, _, rest = name.partition(".")
    value = row.get(head)
    if value is None:
        return
    if not rest:
        yield value
    elif head in _MAPS:
        if rest in value:
            yield value[rest]
    else:
        yield from property_of(value, rest)


def _filter(item: dict[str, str], row: dict[str, Any]) -> bool:
    operator, wanted = item.get("Operator", "Equals"), item.get("Value", "")
    found = list(property_of(row, item["Name"]))
    if operator == "Exists":
        return bool(found)
    if operator == "NotExists":
        return not found
    if operator == "NotEquals":
        return not any(_equal(value, wanted) for value in found)
    return any(_compare(operator, value, wanted) for value in found)


def _compare(operator: str, found: Any, wanted: str) -> bool:
    if operator == "Equals":
        return _equal(found, wanted)
    if operator == "Contains":
        return wanted in str(found)
    if operator == "In":
        return any(_equal(found, part.strip()) for part in wanted.split(","))
    try:
        number = found.timestamp() if isinstance(found, datetime) else float(found)
    except (TypeError, ValueError):
        return False
    return _NUMBER_COMPARISONS[operator](number, _number(wanted, found))


def _equal(found: Any, wanted: str) -> bool:
    if isinstance(found, bool):
        return str(found).lower() == wanted.lower()
    if isinstance(found, int | float | datetime):
        number = found.timestamp() if isinstance(found, datetime) else found
        return bool(number == _number(wanted, found))
    return str(found) == wanted


def _number(text: str, like: Any) -> float:
    try:
        if isinstance(like, datetime):
            moment = datetime.fromisoformat(text)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        return float(text)
    except ValueError:
        kind = "time" if isinstance(like, datetime) else "number"
        raise ValidationError(f"The filter value '{text}' is not a valid {kind}.") from None
