"""Which value of a row belongs to which feature: by names in any order, or by position."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from sklearn_trainer.data.features import Schema
from sklearn_trainer.serving.errors import RequestError, listed, shown
from tunedrop_common.columns import trimmed

_NAMES_COMPARED = 1_000  # of a request's columns: each comparison takes some microseconds


@dataclass(frozen=True)
class ModelInput:
    """How the training data was written.

    Parameters
    ----------
    columns
        The names of all its columns, in the order of the file.
    """

    format: str
    columns: tuple[str, ...]
    target: str
    delimiter: str = ","


@dataclass(frozen=True)
class Layout:
    """Finds the features in what a request has for columns."""

    input: ModelInput
    schema: Schema

    @property
    def features(self) -> list[str]:
        """The names of the features, in the order of the training data."""
        needed = {feature.name for feature in self.schema.features}
        return [name for name in self.input.columns if name in needed]

    def knows(self, names: Sequence[str]) -> bool:
        """Check whether these are names of columns, rather than values: half of them are known.

        In another case too: such a header is an error, and a row of it would be predicted. An
        empty value is missing, although a column of the training file may have no name.
        """
        known = {name.casefold() for name in self.input.columns if name}
        found = sum(trimmed(name).casefold() in known for name in names)
        return found > 0 and 2 * found >= min(len(names), len(self.features))

    def by_name(self, names: Sequence[str]) -> dict[str, int]:
        """Return each feature's position among named columns; others are left alone."""
        positions = {name: position for position, name in enumerate(names)}
        missing = [name for name in self.features if name not in positions]
        if missing:
            raise missing_columns(missing, list(names))
        return {name: positions[name] for name in self.features}

    def by_position(self, count: int) -> dict[str, int]:
        """Return each feature's position among `count` columns without names.

        They are the features alone, or all columns of the training data, with the target or
        without it.
        """
        everything = list(self.input.columns)
        without_target = [name for name in everything if name != self.input.target]
        for names in (self.features, without_target, everything):
            if len(names) == count:
                return {name: names.index(name) for name in self.features}
        raise RequestError(
            "The rows have another number of values than the model takes",
            found=f"{count} in the first row",
            expected=f"{len(self.features)}: {listed(self.features)}; or {len(everything)}, "
            "all columns of the training data, the target among them or left out",
            to_do="Give all values in this order, or name the columns.",
        )


def missing_columns(missing: list[str], names: list[str], row: int | None = None) -> RequestError:
    """Name the columns that are not there, and what they may be called instead."""
    first = missing[0]
    near = [name for name in names if name.casefold() == first.casefold()]
    near = near or difflib.get_close_matches(first, names[:_NAMES_COMPARED], 1)
    advice = (
        f"Rename the column {shown(near[0])} to {shown(first)}."
        if near
        else "Give every column, with an empty value or null where it is not known."
    )
    return RequestError(
        f"{len(missing)} columns are missing" if len(missing) > 1 else "A column is missing",
        row=row,
        column=first,
        found=f"the columns {listed(names)}" if names else "no columns",
        expected=listed(missing),
        to_do=advice,
    )
