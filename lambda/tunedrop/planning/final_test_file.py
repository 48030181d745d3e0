"""The test file that a person dropped beside the training data: whether it can be scored."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence

from tunedrop.errors import DatasetError
from tunedrop.planning.target import FEWEST_ROWS
from tunedrop.planning.task import Task, text_among_numbers
from tunedrop.reading.columns import ColumnProfile, word_among_values
from tunedrop.reading.table import Table
from tunedrop_common.plan import Column, CsvDialect
from tunedrop_common.targets import check_size

_SHOWN_CLASSES = 5
_NEEDED = ("feature", "target", "weight", "time")


def check_test_file(
    test: Table, train: Table, columns: Sequence[Column], task: Task, where: str
) -> list[str]:
    """Return warnings about the test file.

    Raises
    ------
    DatasetError
        When a used column is missing in it, or it is written another way, or its target is.
    """
    found = {column.name: column for column in test.columns}
    for column in columns:
        if column.role in _NEEDED:
            _check_column(column, found.get(column.name), where)
    _check_dialect(test.dialect, train.dialect, where)
    name = next(column.name for column in columns if column.role == "target")
    target = found[name]
    _check_target(target, task, where)
    known = next(column for column in train.columns if column.name == name)
    if task == "classification" and train.complete:
        _check_classes(known, target, where)
    return [*_about_target(test, target), *_about_features(columns, found)]


def _check_column(column: Column, found: ColumnProfile | None, where: str) -> None:
    if found is None:
        raise DatasetError(
            f"The test file has no column {column.name!r}, "
            + ("which is a feature" if column.role == "feature" else f"the {column.role}"),
            where=where,
            expected="all the columns of the training data, the target included",
            to_do="Add the column, or drop the dataset without a test file.",
        )
    if found.unusable:
        raise DatasetError(
            f"The column {column.name!r} of the test file {found.unusable}",
            where=where,
            expected=f"what the training data have: it is {column.kind} there",
            to_do="Write both files with one schema, or drop the dataset without a test file.",
        )


def _check_dialect(test: CsvDialect | None, train: CsvDialect | None, where: str) -> None:
    if not test or not train:
        return
    # Points among numbers with a decimal comma can be read; the other way round they cannot.
    other_decimal = (train.decimal, test.decimal) == (".", ",")
    if other_decimal or _form(test) != _form(train):
        raise DatasetError(
            "The test file is written in another way than the training data",
            where=where,
            found=_described(test),
            expected=_described(train),
            to_do="Save both files in the same way.",
        )


def _form(dialect: CsvDialect) -> tuple[object, ...]:
    """Return what must be the same; encodings of one byte a character can all be read."""
    encoding = dialect.encoding if dialect.encoding.startswith("utf-16") else ""
    return dialect.delimiter, encoding, dialect.lines_above_header, dialect.unnamed_column


def _described(dialect: CsvDialect) -> str:
    text = f"{dialect.encoding}, delimiter {dialect.delimiter!r}, decimal {dialect.decimal!r}"
    if dialect.lines_above_header:
        text += f", header in line {dialect.lines_above_header + 1}"
    if dialect.unnamed_column:
        text += f", no name for the {dialect.unnamed_column} column"
    return text


def _check_target(target: ColumnProfile, task: Task, where: str) -> None:
    if target.kind == "empty":
        problem = "has no values in the test file"
    elif task == "regression" and target.minimum is None and not target.unseen:
        problem = f"is {target.kind} in the test file and numeric in the training data"
    elif task == "regression" and target.strays:
        raise text_among_numbers(target, where)
    else:
        if task == "regression" and target.minimum is not None and target.maximum is not None:
            check_size(target.name, target.minimum, target.maximum, where)
        return
    raise DatasetError(
        f"The target {target.name!r} {problem}",
        where=where,
        found=repr(word[:80]) if (word := word_among_values(target)) else "",
        expected="rows with a target that is known, to score the model with",
        to_do="Correct the column, or drop the dataset without a test file.",
    )


def _check_classes(train: ColumnProfile, test: ColumnProfile, where: str) -> None:
    """Raise DatasetError where no row of the test file has a class of the training rows."""
    # Numbers are read as words where the training rows have words, and not the other way round.
    has_words = train.kind not in ("numeric", "boolean")
    read = frozenset(map(_as_word, test.labels)) if has_words else test.labels
    if test.kind == "boolean":  # its labels are in lower case
        read |= {label for label in train.labels if str(label).lower() in test.labels}
    if train.labels and test.labels and not train.labels & read:
        raise DatasetError(
            f"No row of the test file has a class of the target {test.name!r} that the training "
            "data have",
            where=where,
            found=_some(test.labels),
            expected=_some(train.labels),
            to_do="Write the classes alike in both files, or drop the dataset without a test file.",
        )


def _as_word(label: Hashable) -> str:
    return f"{label:.0f}" if isinstance(label, float) and label.is_integer() else str(label)


def _some(labels: frozenset[Hashable]) -> str:
    shown = sorted(repr(label)[:40] for label in labels)
    return ", ".join(shown[:_SHOWN_CLASSES]) + (", ..." if len(shown) > _SHOWN_CLASSES else "")


def _about_target(test: Table, target: ColumnProfile) -> Iterator[str]:
    """Warn of test rows from which no score means anything."""
    if test.complete and target.present < FEWEST_ROWS:
        rows = f"{target.present} row{'s' if target.present > 1 else ''}"
        yield f"The test file has only {rows} with a target: the score on it means little."
    elif test.complete and target.distinct == 1:
        yield (
            "The target has the same value in every row of the test file: the score on it means "
            "little."
        )


def _about_features(columns: Sequence[Column], found: Mapping[str, ColumnProfile]) -> Iterator[str]:
    for column in columns:
        if column.role != "feature" or column.kind != "numeric":
            continue
        test = found[column.name]
        if test.present and test.minimum is None and not test.unseen:
            yield (
                f"Column {column.name!r} is numeric in the training data and {test.kind} in the "
                "test file: what is no number there counts as missing."
            )
