"""Which value of a row belongs to which feature: by names in any order, or by position."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sklearn_trainer.data.features import Schema
from sklearn_trainer.errors import RequestError, listed
from tunedrop_common.columns import trimmed


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
    """Return the error that names the columns that are not there, and those that are."""
    return RequestError(
        f"{len(missing)} columns are missing" if len(missing) > 1 else "A column is missing",
        row=row,
        column=missing[0],
        found=f"the columns {listed(names)}" if names else "no columns",
        expected=listed(missing),
        to_do="Give every column by its exact name, empty or null where a value is not known.",
    )
