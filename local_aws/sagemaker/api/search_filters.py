"""Search's filters over a training job's description."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from local_aws.sagemaker.errors import ValidationError

_MAPS = ("HyperParameters", "Environment", "Tags", "Metrics")

_NUMBER_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThan": lambda actual, value: actual > value,
    "GreaterThanOrEqualTo": lambda actual, value: actual >= value,
    "LessThan": lambda actual, value: actual < value,
    "LessThanOrEqualTo": lambda actual, value: actual <= value,
}


def matches(expression: dict[str, Any], row: dict[str, Any]) -> bool:
    """Return whether a job's description fulfils a SearchExpression.

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
    operator, value = item.get("Operator", "Equals"), item.get("Value", "")
    actual_values = list(property_of(row, item["Name"]))
    if operator == "Exists":
        return bool(actual_values)
    if operator == "NotExists":
        return not actual_values
    if operator == "NotEquals":
        return not any(_equal(actual, value) for actual in actual_values)
    return any(_compare(operator, actual, value) for actual in actual_values)


def _compare(operator: str, actual: Any, value: str) -> bool:
    if operator == "Equals":
        return _equal(actual, value)
    if operator == "Contains":
        return value in str(actual)
    if operator == "In":
        return any(_equal(actual, part.strip()) for part in value.split(","))
    try:
        number = actual.timestamp() if isinstance(actual, datetime) else float(actual)
    except (TypeError, ValueError):
        return False
    return _NUMBER_COMPARISONS[operator](number, _number(value, actual))


def _equal(actual: Any, value: str) -> bool:
    if isinstance(actual, bool):
        return str(actual).lower() == value.lower()
    if isinstance(actual, int | float | datetime):
        number = actual.timestamp() if isinstance(actual, datetime) else actual
        return bool(number == _number(value, actual))
    return str(actual) == value


def _number(text: str, like: Any) -> float:
    try:
        if isinstance(like, datetime):
            moment = datetime.fromisoformat(text)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        return float(text)
    except ValueError:
        kind = "time" if isinstance(like, datetime) else "number"
        raise ValidationError(f"The filter value '{text}' is not a valid {kind}.") from None
