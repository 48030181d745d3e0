"""Reads a body of type application/json into one column for each feature.

Understood are records, lists of values with or without `columns`, whole columns as pandas writes
them, and all but the second inside `instances`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from sklearn_trainer.data.features import WORDS
from sklearn_trainer.serving.csv_body import no_rows
from sklearn_trainer.serving.errors import RequestError, shown
from sklearn_trainer.serving.layout import Layout, missing_columns
from tunedrop_common.missing_words import MISSING

_WISH = "probabilities"
_FORMS = (
    'a list of records [{"column": value, ...}, ...], a list of rows [[value, ...], ...], all '
    'columns {"column": [value, ...], ...}, any of these as {"instances": ...}, or {"columns": '
    '[...], "data": [[...], ...]}'
)


@dataclass(frozen=True)
class JsonRequest:
    """The features' columns, and what the body wishes besides."""

    columns: dict[str, pa.ChunkedArray]
    probabilities: bool | None = None


def read_json_body(body: bytes, layout: Layout) -> JsonRequest:
    """Return the features' columns: numbers as float64, everything else as text."""
    content = _parsed(body)
    probabilities = None
    names: list[str] | None = None
    if isinstance(content, dict):
        is_record = _has_all_features(content, layout)
        if not (is_record and _WISH in layout.input.columns):
            probabilities = _wish(content)
        if not is_record:
            content, names = _unwrapped(content, layout)
    values = _by_column(content, layout) or _by_row(content, names, layout)
    kinds = {feature.name: feature.kind for feature in layout.schema.features}
    lenient = layout.input.format == "csv"
    return JsonRequest(
        {name: _column(name, cells, kinds[name], lenient) for name, cells in values.items()},
        probabilities,
    )


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise RequestError("The body is not UTF-8", to_do="Encode the text as UTF-8.") from error
    except RecursionError as error:
        raise RequestError("The body is nested too deeply", expected=_FORMS) from error
    except ValueError as error:
        raise RequestError(
            "The body is not JSON", found=shown(str(error)), to_do="Correct the body."
        ) from error


def _has_all_features(content: dict[str, Any], layout: Layout) -> bool:
    return set(layout.features) <= content.keys()


def _wish(content: dict[str, Any]) -> bool | None:
    wish = content.get(_WISH)
    if not isinstance(wish, bool | None):
        raise RequestError(
            f"The key {_WISH} is neither true nor false",
            found=shown(wish),
            expected="true or false",
        )
    return wish


def _unwrapped(content: dict[str, Any], layout: Layout) -> tuple[Any, list[str] | None]:
    if "instances" in content:
        return content["instances"], None
    if "data" in content:
        names = content.get("columns")
        if names is not None and not (
            isinstance(names, list) and all(isinstance(name, str) for name in names)
        ):
            raise _wrong_form(names)
        return content["data"], names
    if content.keys() & set(layout.input.columns):
        return content, None
    raise _wrong_form(content)


def _by_column(content: Any, layout: Layout) -> dict[str, list[Any]] | None:
    """Return columns that are given whole, as lists or, by pandas, with the index of each value."""
    if not isinstance(content, dict) or not _has_all_features(content, layout):
        return None
    columns: dict[str, Any] = {name: content[name] for name in layout.features}
    if not all(isinstance(each, list | dict) for each in columns.values()):
        return None
    first = next(iter(columns))
    for name, cells in columns.items():
        if type(cells) is not type(columns[first]) or _rows_of(cells) != _rows_of(columns[first]):
            raise RequestError(
                "A column has other rows than the first one",
                column=name,
                found=f"{len(cells)} values",
                expected=f"{len(columns[first])} values, as of {shown(first)}, in the same order",
            )
    if not columns[first]:
        raise no_rows()
    return {name: list(c.values() if isinstance(c, dict) else c) for name, c in columns.items()}


def _rows_of(cells: list[Any] | dict[str, Any]) -> Any:
    return list(cells) if isinstance(cells, dict) else len(cells)


def _by_row(content: Any, names: list[str] | None, layout: Layout) -> dict[str, list[Any]]:
    rows = [content] if isinstance(content, dict) else content
    if not isinstance(rows, list):
        raise _wrong_form(content)
    if not rows:
        raise no_rows()
    if names is None and isinstance(rows[0], dict):
        return _by_name(rows, layout)
    return _by_position(rows, names, layout)


def _by_name(rows: Sequence[Any], layout: Layout) -> dict[str, list[Any]]:
    features = layout.features
    values: dict[str, list[Any]] = {name: [] for name in features}
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            raise _wrong_row(number, row, "a record, as in the first row")
        missing = [name for name in features if name not in row]
        if missing:
            error = missing_columns(missing, list(row))
            error.content["row"] = number
            raise error
        for name in features:
            values[name].append(row[name])
    return values


def _by_position(
    rows: Sequence[Any], names: list[str] | None, layout: Layout
) -> dict[str, list[Any]]:
    width = len(names) if names is not None else len(rows[0]) if isinstance(rows[0], list) else 0
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, list):
            raise _wrong_row(number, row, "a list of values, or a record")
        if len(row) != width:
            raise _wrong_row(number, f"{len(row)} values", f"{width}, as many as there are columns")
    positions = layout.by_name(names) if names is not None else layout.by_position(width)
    return {name: [row[where] for row in rows] for name, where in positions.items()}


def _column(name: str, cells: list[Any], kind: str, lenient: bool) -> pa.ChunkedArray:
    for number, cell in enumerate(cells, start=1):
        if isinstance(cell, dict | list):
            raise RequestError(
                "A value is not a single one",
                row=number,
                column=name,
                found=shown(cell),
                expected="a number, text, true, false or null",
            )
    if kind not in WORDS and all(isinstance(cell, int | float | None) for cell in cells):
        return pa.chunked_array([pa.array([_number(cell) for cell in cells], pa.float64())])
    words = [_word(cell, lenient) for cell in cells]
    try:
        return pa.chunked_array([pa.array(words, pa.string())])
    except UnicodeEncodeError as error:
        number = next(n for n, word in enumerate(words, 1) if word and not _is_utf8(word))
        raise RequestError(
            "A value is not valid Unicode",
            row=number,
            column=name,
            found=shown(words[number - 1]),
            to_do="Take the unpaired surrogate out.",
        ) from error


def _number(cell: float | None) -> float | None:
    if cell is None:
        return None
    try:
        number = float(cell)
    except OverflowError:  # a whole number beyond every float: infinite, so missing
        return None
    return None if math.isnan(number) else number


def _word(cell: Any, lenient: bool) -> str | None:
    """Return a value as the text that it was in the training data; whole numbers without point."""
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 2**63 else _float_text(cell)
    text = str(cell)
    return None if not text.strip() or (lenient and text.strip() in MISSING) else text


def _float_text(number: float) -> str:
    return str(pa.scalar(number, pa.float64()).cast(pa.string()).as_py())


def _is_utf8(word: str) -> bool:
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return True


def _wrong_form(content: object) -> RequestError:
    return RequestError(
        "The body has none of the known forms", found=shown(content), expected=_FORMS
    )


def _wrong_row(number: int, row: object, expected: str) -> RequestError:
    return RequestError("A row has the wrong form", row=number, found=shown(row), expected=expected)
