"""Scores the rows of a file whose target is known, and compares the score with what was promised.

At most 100,000 of them, chosen at random, are kept meanwhile.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from sklearn_trainer.data.frames import read_floats
from sklearn_trainer.data.row_columns import RowColumns, name_groups
from sklearn_trainer.data.target import read_outcomes
from sklearn_trainer.data.text_parsing import TextColumn
from sklearn_trainer.data.values import Mask
from sklearn_trainer.evaluation.bootstrap import ScoredRows, estimate_score
from sklearn_trainer.evaluation.predictions import predict
from sklearn_trainer.evaluation.promise import judge
from sklearn_trainer.explanation.classification import class_errors, count_confusion
from sklearn_trainer.explanation.intervals import mean_interval
from sklearn_trainer.model.pipeline import Pipeline
from sklearn_trainer.serving.body import Columns
from sklearn_trainer.serving.model_folder import Model
from tunedrop_common.checks import MOST_ROWS, CheckScore
from tunedrop_common.plan import Column

_MOST_CLASSES: Final = 10
# Of the kept rows' predictions: many classes have a probability each.
_MOST_VALUES: Final = 5_000_000
_SEED: Final = 0


class Outcomes:
    """The rows with a target of one file, collected piece by piece.

    `unusable` counts the values of the target and the weights that cannot be used.
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        self.unusable: Counter[str] = Counter()
        self._draw = np.random.default_rng(_SEED)
        self._most = min(MOST_ROWS, _MOST_VALUES // len(model.classes or (0,)))
        self._pieces: list[ScoredRows] = []
        self._ranks: list[npt.NDArray[np.float64]] = []
        self._count = 0

    def add(self, columns: Columns, frame: pd.DataFrame, pipeline: Pipeline) -> None:
        """Keep the rows of a piece that have a target, and a weight if there are weights.

        Parameters
        ----------
        pipeline
            Predicts the frame, which has the features.
        """
        model_input, schema = self._model.layout.input, self._model.layout.schema
        if model_input.target not in columns:
            return
        classes = self._model.classes
        target = columns[model_input.target]
        actual, is_usable, is_wrong = read_outcomes(target, classes, schema.decimal)
        self.unusable += Counter({model_input.target: int(is_wrong.sum())})
        weights = groups = None
        if model_input.weight in columns:
            weights, is_wrong = _read_weights(columns[model_input.weight], schema.decimal)
            self.unusable += Counter({model_input.weight: int(is_wrong.sum())})
            is_usable = is_usable & (weights > 0)
        if model_input.group in columns:
            groups = _read_groups(columns[model_input.group])
        if is_usable.any():
            predicted = predict(pipeline, frame, classes)
            if predicted is not None:
                rows = ScoredRows(predicted, actual, classes, RowColumns(weights, groups))
                self._keep(rows.take(is_usable))

    def score(self) -> CheckScore | None:
        """Return what the rows say of the model; None if there are none."""
        if not self._count:
            return None
        self._shrink()
        [rows], promise = self._pieces, self._model.promise
        score = estimate_score(promise.metric, rows)
        verdict = judge(score, promise.score) if rows.are_enough else "too few rows"
        return CheckScore(
            metric=promise.metric,
            rows=len(rows.actual),
            of_rows=self._count,
            groups=None if rows.row_columns.groups is None else rows.units,
            weighted=rows.row_columns.weights is not None,
            score=score,
            promised=promise.score,
            promised_by=promise.by,
            verdict=verdict,
            **_explain_errors(rows),
        )

    def _keep(self, rows: ScoredRows) -> None:
        self._count += len(rows.actual)
        self._pieces.append(rows)
        self._ranks.append(self._draw.random(len(rows.actual)))
        if sum(map(len, self._ranks)) > 2 * self._most:
            self._shrink()

    def _shrink(self) -> None:
        """Keep the rows of the lowest random ranks, in their order."""
        rows, ranks = ScoredRows.join(self._pieces), np.concatenate(self._ranks)
        kept = np.sort(np.argsort(ranks, kind="stable")[: self._most])
        self._pieces, self._ranks = [rows.take(kept)], [ranks[kept]]


def _read_weights(column: pa.ChunkedArray, decimal: str) -> tuple[Any, Mask]:
    kind = Column(name="", kind="numeric", role="weight")
    numbers, is_wrong = read_floats(column, kind, decimal)
    is_wrong = is_wrong | (numbers < 0) | np.isinf(numbers)
    return np.where(is_wrong, np.nan, numbers), is_wrong


def _read_groups(column: pa.ChunkedArray) -> npt.NDArray[Any]:
    """Return the name of each row's group: pieces of a file number them differently."""
    text = TextColumn.of(column)
    return name_groups(text)[text.rows]


def _explain_errors(rows: ScoredRows) -> dict[str, Any]:
    """Return the errors that the report explains, of these rows."""
    row_columns = rows.row_columns
    if row_columns.groups is not None:
        _, groups = np.unique(row_columns.groups, return_inverse=True)
        row_columns = replace(row_columns, groups=groups)
    if rows.classes is None:
        errors = rows.actual - rows.predicted.values[:, 0]
        return {
            "mean_error": mean_interval(errors, row_columns),
            "mean_absolute_error": mean_interval(np.abs(errors), row_columns),
        }
    rows = replace(rows, row_columns=row_columns)
    return {"classes": class_errors(rows)[:_MOST_CLASSES], "confusion": count_confusion(rows)}
