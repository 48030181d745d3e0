"""Answers one request: body in, predictions out; nothing of HTTP but the types of the two bodies.

One prediction runs at a time in a process, so that processes times threads is the number of vCPUs.
"""

from __future__ import annotations

import csv
import io
import json
import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sklearn_trainer.serving.csv_body import read_csv_body
from sklearn_trainer.serving.errors import RequestError
from sklearn_trainer.serving.json_body import read_json_body
from sklearn_trainer.serving.model_folder import Model
from sklearn_trainer.serving.rows import make_frame

CSV = "text/csv"
JSON = "application/json"
TYPES = (CSV, JSON)

WAITING_SECONDS = 55
"""Longer than this, and SageMaker's own limit of 60 seconds has given the request up."""


@dataclass(frozen=True)
class Wish:
    """What a request asks for, besides what its body holds."""

    content_type: str
    answer_type: str
    header: str | None = None
    answer_header: bool = False
    probabilities: bool = False


class Predictor:
    """A model that answers requests, one at a time."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._turn = threading.Lock()

    def answer(self, body: bytes, wish: Wish) -> bytes:
        """Return the answer's body, in the type that the wish names."""
        if not self._turn.acquire(timeout=WAITING_SECONDS):
            raise busy()
        try:
            frame, probabilities = self._frame(body, wish)
            if probabilities and not self._model.gives_probabilities:
                raise RequestError(
                    "This model gives no probabilities",
                    found=type(self._model.pipeline[-1]).__name__,
                    to_do="Ask for predictions alone.",
                )
            predicted = self._call("predict", frame)
            shares = self._call("predict_proba", frame) if probabilities else None
        finally:
            self._turn.release()
        _check_finite(predicted)
        if wish.answer_type == CSV:
            return self._as_csv(predicted, shares, wish.answer_header)
        return self._as_json(predicted, shares)

    def _frame(self, body: bytes, wish: Wish) -> tuple[pd.DataFrame, bool]:
        layout = self._model.layout
        if wish.content_type == CSV:
            columns, asked = read_csv_body(body, layout, wish.header), None
        else:
            request = read_json_body(body, layout)
            columns, asked = request.columns, request.probabilities
        return make_frame(columns, layout.schema), wish.probabilities if asked is None else asked

    def _call(self, method: str, frame: pd.DataFrame) -> Any:
        try:
            return getattr(self._model.pipeline, method)(frame)
        except ValueError as error:
            raise _refused(error) from error

    def _as_csv(self, predicted: Any, shares: Any, header: bool) -> bytes:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        columns = self._model.classes or () if shares is not None else ()
        if header:
            writer.writerow(["prediction", *map(_plain, columns)])
        rows = shares.tolist() if shares is not None else [[]] * len(predicted)
        writer.writerows(
            [_plain(label), *row] for label, row in zip(predicted.tolist(), rows, strict=True)
        )
        return text.getvalue().encode()

    def _as_json(self, predicted: Any, shares: Any) -> bytes:
        content: dict[str, Any] = {"predictions": predicted.tolist()}
        if shares is not None:
            content |= {"probabilities": shares.tolist(), "classes": self._model.classes}
        return json.dumps(content, ensure_ascii=False, allow_nan=False).encode()


def busy() -> RequestError:
    """Refuse a request because too many others wait."""
    return RequestError(
        "The server is busy", status=503, to_do="Try again later, or add instances."
    )


def _plain(label: Any) -> Any:
    return str(label).lower() if isinstance(label, bool) else label


def _check_finite(predicted: Any) -> None:
    if predicted.dtype.kind != "f":
        return
    strange = ~np.isfinite(predicted)
    if strange.any():
        raise RequestError(
            "The model predicts no finite number",
            row=int(np.flatnonzero(strange)[0]) + 1,
            to_do="Look for values far outside of those in the training data.",
        )


def _refused(error: ValueError) -> RequestError:
    return RequestError(
        "The model cannot predict these rows",
        found=str(error)[:300],
        to_do="Look for values far outside of those in the training data.",
    )
