"""What a sample shows to be odd about the data, before a run costs anything; none of it is refused.

Confirm looks into most of it again, on all rows: where it has, the report leaves it to Confirm.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sklearn_trainer.data.column_profiles import ColumnProfile, Table
from tunedrop_common.columns import (
    FEWEST_TIMES,
    IDENTIFIER_NAME,
    may_be_groups,
    names_groups,
    names_time,
)
from tunedrop_common.data_text import quote, quote_in_yaml
from tunedrop_common.plan import Column, Task

# Of the rows, so many have to be repeated to be worth a word; and they have to be so many times as
# many as chance would repeat, were the columns independent.
SHARE_REPEATED, TIMES_CHANCE = 0.01, 10.0

FEWEST_NAMED_ROWS = 20


@dataclass(frozen=True)
class DataChecks:
    """Sentences about the sample; `hints` are those that Confirm looks into on all rows."""

    hints: tuple[str, ...]
    warnings: tuple[str, ...]


def check_data(
    table: Table, target: ColumnProfile, columns: Sequence[Column], task: Task, *, shuffled: bool
) -> DataChecks:
    """Look at the rows that were sampled.

    Parameters
    ----------
    shuffled
        Whether rows are split without regard to groups and time.
    """
    used = {column.name for column in columns if column.role in ("feature", "time")}
    features = [profile for profile in table.columns if profile.name in used]
    hints = [*_repeated_rows(table, target, features)]
    if task == "classification":
        hints += _renamings(table, target, features)
    if shuffled:
        hints += [*_times(table, features), *_groups(features)]
    return DataChecks(tuple(hints), tuple(_identifiers(features)))


def _renamings(
    table: Table, target: ColumnProfile, features: Sequence[ColumnProfile]
) -> Iterator[str]:
    wanted = table.codes(target.name)
    for each in features:
        if each.distinct == target.distinct and table.codes(each.name) == wanted:
            yield (
                f"Column {quote(each.name)} seems to be the target under another name: in the rows "
                "looked at, each of its values goes with one of the target's. If it is not known "
                f"before the target is, write `ignore_columns: [{quote_in_yaml(each.name)}]` in "
                "tuning.yaml."
            )


def _repeated_rows(
    table: Table, target: ColumnProfile, features: Sequence[ColumnProfile]
) -> Iterator[str]:
    columns = [table.codes(each.name) for each in (*features, target)]
    rows = len(columns[0])
    counts = Counter(zip(*columns, strict=True))
    repeated = rows - len(counts)
    if repeated < max(1.0, SHARE_REPEATED * rows):
        return
    if repeated > TIMES_CHANCE * _repeated_by_chance(columns, rows):
        yield (
            f"{repeated:,} of the {rows:,} rows looked at repeat another one, target included: a "
            "model may be scored on rows that it has learnt from."
        )


def _repeated_by_chance(columns: Sequence[Sequence[int]], rows: int) -> float:
    """Return how many pairs of equal rows there were if the columns had nothing in common."""
    pairs = rows * (rows - 1) / 2
    for column in columns:
        pairs *= sum(count * count for count in Counter(column).values()) / rows**2
    return pairs


def _times(table: Table, features: Sequence[ColumnProfile]) -> Iterator[str]:
    for each in features:
        moment = each.kind == "datetime"
        if each.distinct < FEWEST_TIMES or not names_time(each.name, moment=moment):
            continue
        if moment or (each.integers and _in_blocks(table.codes(each.name))):
            yield (
                f"Column {quote(each.name)} says when, and the folds are shuffled: if the model is "
                "to predict what comes later, its scores may be too good. `time_column: "
                f"{quote_in_yaml(each.name)}` in tuning.yaml scores it on later rows only."
            )
            return


def _in_blocks(numbers: Sequence[int]) -> bool:
    """Tell whether rows with the same value follow one another, as in the order of time."""
    return bool(numbers) and all(b >= a for a, b in pairwise(numbers))


def _groups(features: Sequence[ColumnProfile]) -> Iterator[str]:
    for each in features:
        words_or_numbers = each.kind == "categorical" or each.integers
        if not words_or_numbers or not names_groups(each.name):
            continue
        if may_be_groups(each.distinct, each.present):
            yield (
                f"Column {quote(each.name)} has {each.distinct:,} values that come back in few "
                "rows each, and the name of something that rows are about: if the model is to "
                "predict for others, its scores may be too good. `group_column: "
                f"{quote_in_yaml(each.name)}` in tuning.yaml keeps them together."
            )


def _identifiers(features: Sequence[ColumnProfile]) -> Iterator[str]:
    for each in features:
        if (
            each.present >= FEWEST_NAMED_ROWS
            and each.distinct == each.present
            and each.kind in ("text", "categorical", "numeric")
            and IDENTIFIER_NAME.fullmatch(each.name)
        ):
            yield (
                f"Column {quote(each.name)} is used, and has the name of an identifier and a value "
                "of its own in every row looked at: if it only names the rows, write "
                f"`ignore_columns: [{quote_in_yaml(each.name)}]` in tuning.yaml."
            )
