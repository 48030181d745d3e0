"""Answers one request: body in, predictions out; nothing of HTTP but the types of the two bodies.

The same functions as in training read the columns. What training data was allowed to have, a
request may have too: missing values, unknown categories, infinite numbers, and other words in a
column that had such. What cannot be read is an error with its row and column.

One prediction runs at a time in a process, so that processes times threads is the number of vCPUs.
"""

from __future__ import annotations

import csv
import io
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from sklearn_trainer.data.frames import apply_schema
from sklearn_trainer.data.values import Mask
from sklearn_trainer.errors import RequestError
from sklearn_trainer.schema import Schema
from sklearn_trainer.serving.body import read_json
from sklearn_trainer.serving.model_folder import Model
from sklearn_trainer.serving.row_files import read_csv, to_cell
from tunedrop_common.data_text import quote
from tunedrop_common.plan import Column

CSV = "text/csv"
JSON = "application/json"
TYPES = (CSV, JSON)

# Longer than this, and SageMaker's own limit of 60 seconds has given the request up.
WAITING_SECONDS = 55

_FAR_OUTSIDE = "Look for values far outside of those in the training data."

_EXPECTED = {
    "numeric": "a number, or nothing",
    "boolean": "true or false, or nothing",
    "duration": "a time of day or a length of time such as 12:30:00, or nothing",
    "datetime": "a date or time such as 2026-11-24T10:00:00, or nothing",
}


@dataclass(frozen=True)
class Options:
    """What a request's headers say; `header` is that of the content type."""

    content_type: str
    answer_type: str
    header: str | None = None
    probabilities: bool = False


class Predictor:
    """A model that answers requests, one at a time."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._turn = threading.Lock()

    def answer(self, body: bytes, options: Options) -> bytes:
        """Return the answer's body, in the type that the options name."""
        if options.probabilities and not self._model.gives_probabilities:
            raise RequestError(
                "The model predicts no probabilities",
                found=type(self._model.pipeline[-1]).__name__,
                to_do="Ask for predictions alone.",
            )
        if not self._turn.acquire(timeout=WAITING_SECONDS):
            raise busy()
        try:
            layout = self._model.layout
            is_csv = options.content_type == CSV
            columns = read_csv(body, layout, options.header) if is_csv else read_json(body, layout)
            frame = _make_frame(columns, layout.schema)
            predicted, shares = predict(self._model, frame, probabilities=options.probabilities)
        finally:
            self._turn.release()
        return (self._as_csv if options.answer_type == CSV else self._as_json)(predicted, shares)

    def _as_csv(self, predicted: Any, shares: Any) -> bytes:
        text = io.StringIO()
        rows = shares.tolist() if shares is not None else [[]] * len(predicted)
        csv.writer(text, lineterminator="\n").writerows(
            [to_cell(label), *row] for label, row in zip(predicted.tolist(), rows, strict=True)
        )
        return text.getvalue().encode()

    def _as_json(self, predicted: Any, shares: Any) -> bytes:
        content: dict[str, Any] = {"predictions": predicted.tolist()}
        if shares is not None:
            content |= {"probabilities": shares.tolist(), "classes": self._model.classes}
        return json.dumps(content, ensure_ascii=False, allow_nan=False).encode()


def busy() -> RequestError:
    """Return the error for a request when too many others wait."""
    return RequestError(
        "The server is busy", status=503, to_do="Try again later, or add instances."
    )


def predict(
    model: Model, frame: pd.DataFrame, *, probabilities: bool, first_row: int = 1
) -> tuple[Any, Any | None]:
    """Return the predictions of some rows and, if requested, their probabilities.

    Parameters
    ----------
    frame
        Shape (n_rows, n_features), as `apply_schema` returns it.
    first_row
        The number of the first row, for errors.

    Returns
    -------
    Labels or numbers, shape (n_rows,); shape (n_rows, n_classes), or None.

    Raises
    ------
    RequestError
        If the model cannot predict the rows, or predicts a number that is not finite.
    """
    predicted = _call(model, "predict", frame)
    shares = _call(model, "predict_proba", frame) if probabilities else None
    strange = ~np.isfinite(predicted) if predicted.dtype.kind == "f" else np.zeros(0)
    if strange.any():
        raise RequestError(
            "The model's prediction is not finite",
            row=int(np.flatnonzero(strange)[0]) + first_row,
            to_do=_FAR_OUTSIDE,
        )
    return predicted, shares


def _call(model: Model, method: str, frame: pd.DataFrame) -> Any:
    try:
        return getattr(model.pipeline, method)(frame)
    except ValueError as error:
        raise RequestError(
            "The model cannot predict these rows", found=str(error)[:300], to_do=_FAR_OUTSIDE
        ) from error


def _make_frame(columns: Mapping[str, pa.ChunkedArray], schema: Schema) -> pd.DataFrame:
    """Return the rows as the pipeline takes them.

    Parameters
    ----------
    columns
        Text or float64 for each feature, missing values as null.
    """
    table = pa.table({feature.name: columns[feature.name] for feature in schema.features})
    applied = apply_schema(table, schema)
    for feature in schema.features:
        if feature.name in applied.unparsable and not feature.has_unparsable:
            column = table.column(feature.name)
            raise _unparsable(column, applied.unparsable[feature.name], feature)
    return applied.frame


def _unparsable(column: pa.ChunkedArray, unparsable: Mask, feature: Column) -> RequestError:
    """Return the error for values that cannot be read, and could be in training."""
    row = int(np.flatnonzero(unparsable)[0])
    further = int(unparsable.sum()) - 1
    return RequestError(
        "The value does not fit its column" + (f", nor do {further} others" if further else ""),
        row=row + 1,
        column=feature.name,
        found=quote(column[row].as_py()),
        expected=_EXPECTED[str(feature.kind)],
    )
