"""What the contenders predicted, out of fold, for the rows of the fresh folds: kept and written.

Which rows are kept is decided before any is scored, the same for all contenders.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from sklearn_trainer.contract import Folders
from sklearn_trainer.data.dataset import Dataset
from sklearn_trainer.data.folds import FreshFolds
from sklearn_trainer.data.row_columns import RowColumns
from sklearn_trainer.data.values import Floats, Mask
from sklearn_trainer.evaluation.contenders import Result, scored_by_name
from sklearn_trainer.evaluation.predictions import Predicted
from sklearn_trainer.evaluation.verdict import CHAMPION, DEFAULTS, ENSEMBLE, TUNED
from sklearn_trainer.explanation.intervals import Ints
from tunedrop_common.model_errors import Basis
from tunedrop_common.plan import Plan

PREDICTIONS_FILE = "predictions.parquet"
MOST_BYTES = 50_000_000

# Of an entry: the row, its fold and repeat, the truth, a weight and a group, before compression.
_BYTES_OF_AN_ENTRY = 40

# Of a prediction, or of the target's spread: less is the rounding of 32 bits.
ROUNDING = 1e-6


@dataclass(frozen=True)
class ContenderPredictions:
    """The predictions of several contenders, and the truth: an entry for each row and repeat.

    Parameters
    ----------
    rows
        Of the entries: positions among the training rows.
    folds, repeats
        Which fold predicted the row, from 0 over all repeats, and in which repeat, from 0.
    actual
        Of the entries: the class's place among `classes` (int64), or the target (float64).
    classes
        Labels in sorted order; None in a regression.
    row_columns
        The weights and groups of the entries.
    contenders
        By name; the selected one is among them.
    of_rows
        Training rows in all.
    sampled
        Whether the entries are a sample, so that the file of predictions stays within its limit.
    """

    rows: Ints
    folds: Ints
    repeats: Ints
    actual: npt.NDArray[Any]
    classes: list[Any] | None
    row_columns: RowColumns
    contenders: Mapping[str, Predicted]
    selected: str
    of_rows: int
    sampled: bool = False

    @property
    def predicted(self) -> Predicted:
        """What the selected contender predicted."""
        return self.contenders[self.selected]

    @property
    def weights(self) -> Floats | None:
        """How much each entry counts; None when all count the same."""
        return self.row_columns.weights

    @property
    def errors(self) -> Floats:
        """The error of each entry: 0 or 1 of a class, absolute of a regression."""
        if self.classes is not None:
            return np.asarray(self.predicted.predicted_class != self.actual, dtype=np.float64)
        values = self.predicted.values[:, 0].astype(np.float64)
        # predictions are kept in 32 bits: what rounding alone explains is no error
        rounded = np.isclose(values, self.actual, rtol=ROUNDING, atol=ROUNDING * self.actual.std())
        return np.asarray(np.where(rounded, 0.0, np.abs(values - self.actual)), dtype=np.float64)

    def of(self, name: str) -> ContenderPredictions:
        """Return the predictions with another contender in the place of the selected one."""
        return replace(self, selected=name)

    def take(self, entries: npt.NDArray[Any]) -> ContenderPredictions:
        """Return some of the entries, by a mask or by their positions."""
        return replace(
            self,
            rows=self.rows[entries],
            folds=self.folds[entries],
            repeats=self.repeats[entries],
            actual=self.actual[entries],
            row_columns=self.row_columns.take(entries),
            contenders={
                name: predicted.take(entries) for name, predicted in self.contenders.items()
            },
        )

    def with_weight(self) -> ContenderPredictions:
        """Return the entries that count: without those of weight 0."""
        return self if self.weights is None else self.take(self.weights > 0)

    def first_repeat(self) -> ContenderPredictions:
        """Return the entries of one repeat, which has each row once.

        Raises
        ------
        ValueError
            If there is none.
        """
        return self.take(self.repeats == self.repeats.min())

    def by_fold(self) -> Iterator[ContenderPredictions]:
        """Yield the entries of each fold."""
        for number in np.unique(self.folds):
            yield self.take(self.folds == number)

    def basis(self) -> Basis:
        """Return a summary of the rows that counts and rates are about, of the first repeat."""
        once = self.first_repeat()
        groups = once.row_columns.groups
        return Basis(
            rows=len(once.actual),
            of_rows=self.of_rows,
            repeats=len(np.unique(self.repeats)),
            weighted=self.weights is not None,
            groups=None if groups is None else len(np.unique(groups)),
        )


def rows_to_keep(dataset: Dataset, fresh: FreshFolds, plan: Plan, most: int = MOST_BYTES) -> Mask:
    """Return a mask of the training rows whose predictions are kept: all, where they fit.

    Else a sample of about so many that they do, stratified by the target: every so many-th of the
    rows in its order, those of the same target in a random one.
    """
    rows = len(dataset.train.y)
    classes = dataset.train.classes
    columns = 1 if classes is None or len(classes) == 2 else len(classes)
    contenders = 3 + (plan.confirm.champion is not None) + plan.confirm.ensemble
    entries = sum(len(validation) for _, validation in fresh.folds)
    share = most / (entries * (_BYTES_OF_AN_ENTRY + contenders * 4 * (columns + 1)))
    if share >= 1:
        return np.ones(rows, dtype=np.bool_)
    chance = np.random.default_rng(plan.confirm.seed).random(rows)
    order = np.lexsort((chance, dataset.train.y))
    keep = np.zeros(rows, dtype=np.bool_)
    keep[order[np.diff(np.floor(np.arange(rows + 1) * share)) > 0]] = True
    return keep


def collect(
    results: Sequence[Result], selected: str, dataset: Dataset, fresh: FreshFolds, keep: Mask
) -> ContenderPredictions | None:
    """Return the predictions of the contenders of interest; None without the selected one's.

    They are the selected one, the champion, the ensemble, the best tuned model and the best with
    default hyperparameters.
    """
    scored = scored_by_name(results)

    def best(prefix: str) -> str:
        names = [name for name in scored if name.startswith(prefix)]
        return max(names, key=lambda name: float(np.mean(scored[name].scores)), default="")

    contenders = {}
    for name in dict.fromkeys((selected, CHAMPION, ENSEMBLE, best(TUNED), best(DEFAULTS))):
        predicted = scored[name].predicted if name in scored else None
        if predicted is not None:
            contenders[name] = replace(predicted, values=predicted.values.astype(np.float32))
    if selected not in contenders:
        return None
    validations = [validation[keep[validation]] for _, validation in fresh.folds]
    lengths = [len(validation) for validation in validations]
    rows = np.concatenate(validations).astype(np.int64)
    actual, classes = dataset.train.y[rows], dataset.train.classes
    if classes is not None:
        actual = np.searchsorted(np.asarray(classes), actual)
    return ContenderPredictions(
        rows=rows,
        folds=np.repeat(np.arange(len(lengths)), lengths),
        repeats=np.repeat(np.asarray(fresh.repeats, dtype=np.int64), lengths),
        actual=actual,
        classes=classes,
        row_columns=dataset.train.row_columns.take(rows),
        contenders=contenders,
        selected=selected,
        of_rows=len(dataset.train.y),
        sampled=not keep.all(),
    )


def write_predictions(predictions: ContenderPredictions, X: pd.DataFrame, folders: Folders) -> None:
    """Write predictions.parquet, as docs/training-container.md describes it.

    Parameters
    ----------
    X
        The training rows.
    """
    columns: dict[str, pa.Array] = {
        "row": pa.array(X.index[predictions.rows] + 1),
        "repeat": pa.array(predictions.repeats.astype(np.int32)),
        "fold": pa.array(predictions.folds.astype(np.int32)),
        "actual": _labels(predictions, predictions.actual),
    }
    if predictions.weights is not None:
        columns["weight"] = pa.array(predictions.weights)
    if predictions.row_columns.groups is not None:
        columns["group"] = pa.array(predictions.row_columns.groups)
    for name, predicted in predictions.contenders.items():
        columns |= _columns(name, predicted, predictions)
    metadata = {
        "selected": predictions.selected,
        "classes": predictions.classes,
        "contenders": {name: predicted.kind for name, predicted in predictions.contenders.items()},
        "sampled": predictions.sampled,
    }
    table = pa.table(columns)
    folders.output.mkdir(parents=True, exist_ok=True)
    with pq.ParquetWriter(
        folders.output / PREDICTIONS_FILE,
        table.schema,
        compression="zstd",
        use_dictionary=[field.name for field in table.schema if field.type != pa.float32()],
        store_schema=False,  # so that labels are read as the words they are
    ) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata({"tunedrop": json.dumps(metadata, ensure_ascii=False)})


def _columns(
    name: str, predicted: Predicted, predictions: ContenderPredictions
) -> Mapping[str, pa.Array]:
    columns = {}
    if predicted.labels is not None:
        columns[f"{name}:label"] = _labels(predictions, predicted.labels)
    first = 1 if predictions.classes is not None and len(predictions.classes) == 2 else 0
    for index, values in enumerate(predicted.values.T, start=first):
        columns[f"{name}:{index}"] = pa.array(np.ascontiguousarray(values))
    return columns


def _labels(predictions: ContenderPredictions, positions: npt.NDArray[np.generic]) -> pa.Array:
    if predictions.classes is None:
        return pa.array(positions)
    classes = pa.array(predictions.classes)
    if pa.types.is_string(classes.type):  # each is there once
        return pa.DictionaryArray.from_arrays(positions.astype(np.int32), classes)
    return classes.take(pa.array(positions))
