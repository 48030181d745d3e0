"""Made-up rows with a model's predictions: an image that predicts them differently is not its own.

Versions of packages alone don't tell: most give the same predictions, and some do not.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from sklearn_trainer.data.distributions import ColumnDistribution, Distributions
from sklearn_trainer.data.frames import apply_schema
from sklearn_trainer.model.pipeline import Pipeline
from sklearn_trainer.schema import Schema
from tunedrop_common.plan import Record

ROWS: Final = 20
# Processors differ in the last digits; another algorithm differs in the first.
_TOLERANCE: Final = 1e-4


class CheckRows(Record):
    """Rows, by column, and what the model predicted for them.

    Parameters
    ----------
    columns
        Of each feature, 20 values: numbers, or text as in a file; None is missing.
    predictions
        The probabilities of a classifier that has them, shape (20, n_classes); else numbers or
        labels, shape (20,).
    """

    columns: dict[str, tuple[float | str | None, ...]]
    predictions: list[Any]

    @classmethod
    def of(cls, pipeline: Pipeline, schema: Schema, distributions: Distributions) -> CheckRows:
        """Make rows out of the distributions of the training rows, and predict them."""
        columns = {
            distribution.name: _make_values(distribution, number)
            for number, distribution in enumerate(distributions.columns)
        }
        rows = cls(columns=columns, predictions=[])
        return rows.model_copy(update={"predictions": rows._predict(pipeline, schema)})

    def are_predicted_by(self, pipeline: Pipeline, schema: Schema) -> bool:
        """Return whether a pipeline predicts the rows as the model did when it was made."""
        predictions = np.asarray(self._predict(pipeline, schema))
        expected = np.asarray(self.predictions)
        if predictions.shape != expected.shape:
            return False
        if predictions.dtype.kind != "f":
            return bool((predictions == expected).all())
        scale = max(1.0, float(np.abs(expected).max()))
        return bool(np.allclose(predictions, expected, rtol=_TOLERANCE, atol=_TOLERANCE * scale))

    def _predict(self, pipeline: Pipeline, schema: Schema) -> list[Any]:
        frame = self._frame(schema)
        method = "predict_proba" if hasattr(pipeline, "predict_proba") else "predict"
        predictions: list[Any] = getattr(pipeline, method)(frame).tolist()
        return predictions

    def _frame(self, schema: Schema) -> pd.DataFrame:
        numbers = set(schema.numbers)
        arrays = {
            name: pa.array(cells, pa.float64() if name in numbers else pa.string())
            for name, cells in self.columns.items()
        }
        return apply_schema(pa.table(arrays), schema).frame


def _make_values(distribution: ColumnDistribution, number: int) -> tuple[float | str | None, ...]:
    """Return values in an order of the column's own, the last one missing."""
    choices: list[float | str] = [*distribution.categories, *distribution.edges]
    if distribution.kind == "datetime":
        choices = [pd.Timestamp(edge, unit="s").isoformat() for edge in distribution.edges]
    if not choices:
        return (None,) * ROWS
    step = number + 1
    return (*(choices[row * step % len(choices)] for row in range(ROWS - 1)), None)
