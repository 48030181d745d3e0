"""What a person should know of data that is used all the same."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from tunedrop.planning.target import MOST_GUESSED_CLASSES
from tunedrop.planning.task import Task
from tunedrop.reading.columns import ColumnProfile
from tunedrop.reading.table import Table
from tunedrop.reading.words import plain_form
from tunedrop_common.plan import Column

_FEW_MEMBERS = 10
_SHOWN = 40
_SAMPLED = "The kinds of the columns rest on samples of a large dataset."


def data_warnings(
    target: ColumnProfile, task: Task, table: Table, columns: Sequence[Column]
) -> tuple[str, ...]:
    """Return the warnings about the training data."""
    return (
        *_about_target(target),
        *(_about_classes(target, table) if task == "classification" else ()),
        *_about_features(table, columns),
        *(() if table.complete else (_SAMPLED,)),
    )


def _about_target(target: ColumnProfile) -> Iterator[str]:
    if target.missing:
        share = target.missing / max(target.missing + target.present, 1)
        word = f" ({target.missing_word!r} counts as missing)" if target.missing_word else ""
        yield (
            f"The target is missing in {share:.1%} of the rows looked at{word}: they are left out."
        )


def _about_classes(target: ColumnProfile, table: Table) -> Iterator[str]:
    if table.complete and target.rarest < _FEW_MEMBERS:
        yield (
            f"The rarest class of the target has {target.rarest} "
            f"row{'s' if target.rarest > 1 else ''}: its scores mean little."
        )
    if target.distinct > MOST_GUESSED_CLASSES:
        yield (
            f"The target has {target.distinct} classes: training jobs take long, since many "
            "estimators fit a model or a tree for each."
        )
    alike: dict[str, list[str]] = {}
    for label in sorted(str(label) for label in target.labels):
        alike.setdefault(plain_form(label).rstrip("."), []).append(label)
    for labels in alike.values():
        if len(labels) > 1:
            shown = " and ".join(_shown(label[:_SHOWN]) for label in labels)
            yield (
                f"The classes {shown} of the target look alike, and count as {len(labels)} "
                "classes. Write them in one way if they are one."
            )


def _about_features(table: Table, columns: Sequence[Column]) -> Iterator[str]:
    features = {column.name for column in columns if column.role == "feature"}
    for column in table.columns:
        if column.almost_number and column.name in features:
            yield (
                f"Column {column.name[:_SHOWN]!r} is used as text, though its values look "
                "like numbers: some are not written as plain ones, but in a form such as "
                f"{column.almost_number[:_SHOWN]!r}. Write plain numbers, or nothing."
            )


def _shown(word: str) -> str:
    """Return a word in quotation marks, with escapes where its letters hide how they are made."""
    return repr(word) if unicodedata.is_normalized("NFC", word) else ascii(word)
