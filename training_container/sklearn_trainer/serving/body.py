"""Finds the features among the columns of rows, and reads a request's JSON into these columns.

JSON is a list of records, a list of rows, or pandas' split form. Which value belongs to which
feature is known by names, in any order, or by position.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import pyarrow as pa

from sklearn_trainer.data.column_names import trim_name
from sklearn_trainer.data.text_parsing import MISSING
from sklearn_trainer.errors import RequestError
from sklearn_trainer.schema import WORD_KINDS, Schema
from tunedrop_common.data_text import quote, quote_all
from tunedrop_common.plan import Kind

Columns: TypeAlias = dict[str, pa.ChunkedArray]

_FORMS = (
    'a list of records [{"column": value, ...}, ...], a list of rows [[value, ...], ...], or '
    '{"columns": [...], "data": [[value, ...], ...]}'
)


@dataclass(frozen=True)
class ModelInput:
    """How the training data was written.

    Parameters
    ----------
    columns
        The names of all its columns, in the order of the file.
    weight, group
        The columns that say how much a row counts, and which rows belong together.
    """

    format: str
    columns: tuple[str, ...]
    target: str
    delimiter: str = ","
    weight: str | None = None
    group: str | None = None


@dataclass(frozen=True)
class Layout:
    """Finds the features among the columns of a request."""

    input: ModelInput
    schema: Schema

    @property
    def features(self) -> list[str]:
        """The names of the features, in the order of the training data."""
        features = {feature.name for feature in self.schema.features}
        return [name for name in self.input.columns if name in features]

    def knows(self, names: Sequence[str]) -> bool:
        """Return whether these are names of columns, rather than values: half of them are known.

        In another case too: such a header is an error, and a row of it would be predicted. An
        empty value is missing, although a column of the training file may have no name.
        """
        columns = {name.casefold() for name in self.input.columns if name}
        matches = sum(trim_name(name).casefold() in columns for name in names)
        return matches > 0 and 2 * matches >= min(len(names), len(self.features))

    def by_name(self, names: Sequence[str]) -> dict[str, int]:
        """Return each feature's position among named columns; others are ignored."""
        positions = {name: position for position, name in enumerate(names)}
        missing = [name for name in self.features if name not in positions]
        if missing:
            raise _missing_columns(missing, list(names))
        return {name: positions[name] for name in self.features}

    def with_outcomes(self, names: Sequence[str]) -> dict[str, int]:
        """Return the same, and the positions of the target, the weight and the group if present."""
        of_rows = (self.input.target, self.input.weight, self.input.group)
        present = {name: names.index(name) for name in of_rows if name and name in names}
        return {**self.by_name(names), **present}

    def names_of(self, count: int) -> list[str]:
        """Return the names of `count` columns without names.

        They are the features alone, or all columns of the training data, with the target or
        without it.
        """
        everything = list(self.input.columns)
        without_target = [name for name in everything if name != self.input.target]
        for names in (self.features, without_target, everything):
            if len(names) == count:
                return names
        raise RequestError(
            "The number of values in a row does not match the model's columns",
            found=f"{count} in the first row",
            expected=f"{len(self.features)}: {quote_all(self.features)}; or {len(everything)}, "
            "all columns of the training data, with or without the target",
            to_do="Give all values in this order, or name the columns.",
        )


def read_json(body: bytes, layout: Layout) -> Columns:
    """Return the features' columns: numbers as float64, everything else as text."""
    content = _parsed(body)
    names = None
    if isinstance(content, dict) and {"columns", "data"} <= content.keys():
        content, names = content["data"], content["columns"]
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise _wrong_form(names)
    if not isinstance(content, list):
        raise _wrong_form(content)
    if not content:
        raise no_rows()
    if names is None and isinstance(content[0], dict):
        cells = _by_name(content, layout)
    else:
        cells = _by_position(content, names, layout)
    kinds = {feature.name: feature.kind for feature in layout.schema.features}
    lenient = layout.input.format == "csv"
    return {name: _column(name, values, kinds[name], lenient) for name, values in cells.items()}


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except RecursionError as error:
        raise RequestError("The body is nested too deeply", expected=_FORMS) from error
    except ValueError as error:
        raise RequestError(
            "The body is not JSON", found=quote(str(error)), to_do="Correct the body."
        ) from error


def _by_name(rows: Sequence[Any], layout: Layout) -> dict[str, list[Any]]:
    values: dict[str, list[Any]] = {name: [] for name in layout.features}
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            raise _wrong_row(number, row, "a record, as in the first row")
        missing = [name for name in values if name not in row]
        if missing:
            raise _missing_columns(missing, list(row), row=number)
        for name, cells in values.items():
            cells.append(row[name])
    return values


def _by_position(
    rows: Sequence[Any], names: list[str] | None, layout: Layout
) -> dict[str, list[Any]]:
    """Return the features' values of rows that have as many values as names, or as the first."""
    width = None if names is None else len(names)
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, list):
            raise _wrong_row(number, row, "a list of values, or a record")
        width = len(row) if width is None else width
        if len(row) != width:
            raise wrong_width(number, len(row), width)
    positions = layout.by_name(names or layout.names_of(width or 0))
    return {name: [row[position] for row in rows] for name, position in positions.items()}


def _column(name: str, cells: list[Any], kind: Kind | None, lenient: bool) -> pa.ChunkedArray:
    if kind not in WORD_KINDS and all(isinstance(cell, int | float | None) for cell in cells):
        numbers = [_number(cell) for cell in cells]
        return pa.chunked_array([pa.array(numbers, pa.float64(), from_pandas=True)])
    words = []
    for number, cell in enumerate(cells, start=1):
        try:
            words.append(_word(cell, lenient))
        except ValueError as error:
            raise RequestError(
                "The value is invalid",
                row=number,
                column=name,
                found=quote(cell),
                expected="a number, text in Unicode, true, false or null",
            ) from error
    return pa.chunked_array([pa.array(words, pa.string())])


def _number(cell: float | None) -> float | None:
    try:
        return None if cell is None else float(cell)
    except OverflowError:  # a whole number beyond every float: infinite, so missing
        return None


def _word(cell: Any, lenient: bool) -> str | None:
    """Return a value as the text that it was in the training data; whole numbers without point."""
    if isinstance(cell, dict | list):
        raise ValueError(cell)
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        is_whole = cell.is_integer() and abs(cell) < 2**63
        return str(int(cell)) if is_whole else str(pa.scalar(cell).cast(pa.string()))
    text = str(cell)
    text.encode()  # fails for half of a surrogate pair
    return None if not text.strip() or (lenient and text.strip() in MISSING) else text


def no_rows() -> RequestError:
    """Return the error for a request or a file without rows."""
    return RequestError("There are no rows", to_do="Send one row for each prediction.")


def wrong_width(number: int, width: int, expected: int) -> RequestError:
    """Return the error for a row of another width than the first one."""
    return RequestError(
        "The row has a different number of values than the first row",
        row=number,
        found=str(width),
        expected=str(expected),
        to_do="In CSV, quote values that hold the delimiter, a quote or a line break.",
    )


def _wrong_form(content: object) -> RequestError:
    return RequestError("The body has an unknown form", found=quote(content), expected=_FORMS)


def _wrong_row(number: int, row: object, expected: str) -> RequestError:
    return RequestError(
        "The row has an unknown form", row=number, found=quote(row), expected=expected
    )


def _missing_columns(missing: list[str], names: list[str], row: int | None = None) -> RequestError:
    """Return the error that names the missing and the present columns."""
    return RequestError(
        f"{len(missing)} columns are missing" if len(missing) > 1 else "A column is missing",
        row=row,
        column=missing[0],
        found=f"the columns {quote_all(names)}" if names else "no columns",
        expected=quote_all(missing),
        to_do="Give every column by its exact name, empty or null where a value is not known.",
    )
