"""Predicts the rows of a file, and describes how they differ from the training rows.

A value that cannot be read counts as missing, and is counted.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from sklearn_trainer.data.column_names import unique_names
from sklearn_trainer.data.distributions import find_unlike_columns
from sklearn_trainer.data.frames import apply_schema
from sklearn_trainer.errors import RequestError
from sklearn_trainer.evaluation.predictions import with_cached_answers
from sklearn_trainer.model.preprocessing import known_categories
from sklearn_trainer.serving.body import Columns
from sklearn_trainer.serving.model_folder import Model
from sklearn_trainer.serving.outcomes import Outcomes
from sklearn_trainer.serving.predictor import predict
from sklearn_trainer.serving.row_files import open_rows, to_cell
from tunedrop_common.checks import CheckScore
from tunedrop_common.predictions import UnknownCategories, UnlikeColumn

PREDICTION: Final = "prediction"
# Of a column's categories that training did not have, so many are named.
_NAMED_CATEGORIES: Final = 5
# Further ones than these are counted together, as "".
_COUNTED_CATEGORIES: Final = 10_000


@dataclass(frozen=True)
class FilePrediction:
    """What is to be known about the predictions of a file.

    Parameters
    ----------
    unusable_values
        By feature: how many values could not be read, or are too large to compute with.
    unusable_outcomes
        The same of the target and the weights: these rows are not scored.
    check
        What the rows with a target say of the model; None without such rows.
    """

    rows: int
    seconds: float
    unusable_values: dict[str, int]
    unknown_categories: dict[str, UnknownCategories]
    unlike_training: tuple[UnlikeColumn, ...]
    unusable_outcomes: dict[str, int]
    check: CheckScore | None


def predict_file(
    model: Model, source: Path, answer: Path, *, max_bytes: int, max_seconds: float
) -> FilePrediction:
    """Predict a file in pieces, and write its rows with the predictions behind them.

    Parameters
    ----------
    source, answer
        Both .csv, .csv.gz or .parquet.
    max_bytes
        Of the decoded rows.
    max_seconds
        If the first piece shows that the file takes longer, it fails at once.

    Raises
    ------
    RequestError
        If the file cannot be read, lacks a feature, has no rows, is too large or takes too long.
    """
    began = time.monotonic()
    rows = open_rows(source, model.layout, max_bytes)
    counts, outcomes = _Counts(model), Outcomes(model)
    writer = rows.open_answer(answer, _added_names(model, rows.names))
    with closing(rows), closing(writer):
        for piece in rows:
            first_row = counts.rows + 1
            frame = counts.add(piece.columns)
            # a score needs the same answers again
            cached = replace(model, pipeline=with_cached_answers(model.pipeline, frame))
            predicted, shares = predict(
                cached, frame, probabilities=model.gives_probabilities, first_row=first_row
            )
            outcomes.add(piece.columns, frame, cached.pipeline)
            added = [predicted] if shares is None else [predicted, *shares.T]
            writer.write(piece, [column.tolist() for column in added])
            if first_row == 1:
                _check_time((time.monotonic() - began) / rows.fraction, max_seconds)
    return counts.summary(time.monotonic() - began, outcomes)


def _added_names(model: Model, taken: Sequence[str]) -> list[str]:
    """Return the names of the further columns, with a number where a name is taken."""
    names = [PREDICTION]
    if model.gives_probabilities:
        names += [f"probability_{to_cell(label)}" for label in model.classes or ()]
    return unique_names([*taken, *names])[len(taken) :]


def _check_time(estimate: float, max_seconds: float) -> None:
    if estimate > max_seconds:
        raise RequestError(
            "The file takes too long to predict at once",
            found=f"about {math.ceil(estimate / 60)} minutes by its first rows",
            expected=f"at most {max_seconds / 60:.0f} minutes",
            to_do="Split the file, or use a batch transform (docs/serving.md).",
        )


@dataclass
class _Counts:
    """Collects, piece by piece, how the rows differ from the training rows."""

    model: Model
    rows: int = 0
    unusable: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._distributions = self.model.distributions
        self._bins: list[Any] = [
            np.zeros(len(column.shares), dtype=np.int64) for column in self._distributions.columns
        ]
        self._known = known_categories(self.model.pipeline)
        self._unknown: dict[str, Counter[str]] = {name: Counter() for name in self._known}

    def add(self, columns: Columns) -> pd.DataFrame:
        """Count the rows of a piece, and return them as the pipeline takes them."""
        schema = self.model.layout.schema
        applied = apply_schema(
            pa.table({feature.name: columns[feature.name] for feature in schema.features}), schema
        )
        for name, unparsable in applied.unparsable.items():
            self.unusable[name] += int(unparsable.sum())
        for name, too_large in applied.too_large.items():
            self.unusable[name] += too_large
        frame = applied.frame
        self.rows += len(frame)
        for bins, distribution in zip(self._bins, self._distributions.columns, strict=True):
            bins += distribution.count(frame[distribution.name])
        for name, known in self._known.items():
            words, counts = frame[name].dropna(), self._unknown[name]
            for word in words[~words.isin(known)].tolist():
                counts[word if word in counts or len(counts) < _COUNTED_CATEGORIES else ""] += 1
        return frame

    def summary(self, seconds: float, outcomes: Outcomes) -> FilePrediction:
        """Return what is to be known about all rows."""
        unknown = {
            name: UnknownCategories(
                rows=words.total(),
                most_frequent=tuple(
                    word for word, _ in words.most_common(_NAMED_CATEGORIES) if word
                ),
            )
            for name, words in self._unknown.items()
            if words
        }
        return FilePrediction(
            rows=self.rows,
            seconds=seconds,
            unusable_values=dict(self.unusable),
            unknown_categories=unknown,
            unlike_training=find_unlike_columns(self._distributions, self._bins),
            unusable_outcomes=dict(outcomes.unusable),
            check=outcomes.score(),
        )
