"""Collects what the contenders predicted for the rows of the fresh folds, and writes it to a file.

Which rows are kept is decided before any is scored, the same for all contenders.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from sklearn_trainer.contract import Folders
from sklearn_trainer.data.dataset import Dataset
from sklearn_trainer.data.folds import FreshFolds
from sklearn_trainer.data.values import Mask
from sklearn_trainer.evaluation.contenders import Result
from sklearn_trainer.evaluation.predicted import Predicted
from sklearn_trainer.evaluation.verdict import CHAMPION, DEFAULTS, ENSEMBLE, TUNED
from sklearn_trainer.explanation.contender_predictions import (
    ContenderPredictions,
    ScoredRows,
    actual_of,
)
from sklearn_trainer.explanation.intervals import Ints
from tunedrop_common.plan import Plan

PREDICTIONS_FILE = "predictions.parquet"
MOST_BYTES = 50_000_000

# Of an entry: the row, its fold and repeat, the truth, a weight and a group, before compression.
_BYTES_OF_AN_ENTRY = 40


def rows_to_keep(dataset: Dataset, fresh: FreshFolds, plan: Plan, most: int = MOST_BYTES) -> Mask:
    """Return a mask of the training rows whose predictions are kept: all, where they fit.

    Else a sample of about so many that they do, stratified by the target: every so many-th of the
    rows in its order, those of the same target in a random one.
    """
    rows = len(dataset.y)
    classes = dataset.classes
    columns = 1 if classes is None or len(classes) == 2 else len(classes)
    contenders = 3 + (plan.confirm.champion is not None) + plan.confirm.ensemble
    entries = sum(len(validation) for _, validation in fresh.folds)
    share = most / (entries * (_BYTES_OF_AN_ENTRY + contenders * 4 * (columns + 1)))
    if share >= 1:
        return np.ones(rows, dtype=np.bool_)
    chance = np.random.default_rng(plan.confirm.seed).random(rows)
    order = np.lexsort((chance, dataset.y))
    keep = np.zeros(rows, dtype=np.bool_)
    keep[order[np.diff(np.floor(np.arange(rows + 1) * share)) > 0]] = True
    return keep


def collect(
    results: Sequence[Result], selected: str, dataset: Dataset, fresh: FreshFolds, keep: Mask
) -> ContenderPredictions | None:
    """Return the predictions of the contenders that people ask about; None without the selected's.

    They are the selected one, the champion, the ensemble, the best tuned model and the best with
    default hyperparameters.
    """
    known = {each.contender.name: each.scored for each in results if each.scored}

    def best(prefix: str) -> str:
        names = [name for name in known if name.startswith(prefix)]
        return max(names, key=lambda name: float(np.mean(known[name].scores)), default="")

    names = dict.fromkeys((selected, CHAMPION, ENSEMBLE, best(TUNED), best(DEFAULTS)))
    predicted = {name: known[name].predicted for name in names if name in known}
    contenders = {name: each.rounded() for name, each in predicted.items() if each is not None}
    if selected not in contenders:
        return None
    scored = _scored_rows(fresh, keep)
    row_columns = dataset.train.row_columns
    return ContenderPredictions(
        scored=scored,
        actual=actual_of(dataset.y, dataset.classes, scored.rows),
        classes=dataset.classes,
        weights=None if row_columns.weights is None else row_columns.weights[scored.rows],
        groups=None if row_columns.groups is None else row_columns.groups[scored.rows],
        contenders=contenders,
        selected=selected,
        of_rows=len(dataset.y),
        sampled=not keep.all(),
    )


def _scored_rows(fresh: FreshFolds, keep: Mask) -> ScoredRows:
    kept = [validation[keep[validation]] for _, validation in fresh.folds]
    lengths = [len(each) for each in kept]
    return ScoredRows(
        rows=np.concatenate(kept).astype(np.int64),
        folds=np.repeat(np.arange(len(kept)), lengths),
        repeats=np.repeat(np.asarray(fresh.repeats, dtype=np.int64), lengths),
    )


def write_predictions(predictions: ContenderPredictions, places: Ints, folders: Folders) -> None:
    """Write predictions.parquet, as docs/training-container.md describes it.

    Parameters
    ----------
    places
        Of each training row, its number over the training files.
    """
    scored = predictions.scored
    columns: dict[str, pa.Array] = {
        "row": pa.array(places[scored.rows]),
        "repeat": pa.array(scored.repeats.astype(np.int32)),
        "fold": pa.array(scored.folds.astype(np.int32)),
        "actual": _labels(predictions, predictions.actual),
    }
    if predictions.weights is not None:
        columns["weight"] = pa.array(predictions.weights)
    if predictions.groups is not None:
        columns["group"] = pa.array(predictions.groups)
    for name, predicted in predictions.contenders.items():
        columns |= _columns(name, predicted, predictions)
    about = {
        "selected": predictions.selected,
        "classes": predictions.classes,
        "contenders": {name: each.kind for name, each in predictions.contenders.items()},
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
        writer.add_key_value_metadata({"tunedrop": json.dumps(about, ensure_ascii=False)})


def _columns(
    name: str, predicted: Predicted, predictions: ContenderPredictions
) -> Mapping[str, pa.Array]:
    found = {}
    if predicted.labels is not None:
        found[f"{name}:label"] = _labels(predictions, predicted.labels)
    width = predicted.values.shape[1]
    first = 1 if predictions.classes is not None and len(predictions.classes) == 2 else 0
    for place in range(width):
        values = np.ascontiguousarray(predicted.values[:, place])
        found[f"{name}:{first + place}"] = pa.array(values)
    return found


def _labels(predictions: ContenderPredictions, places: npt.NDArray[np.generic]) -> pa.Array:
    if predictions.classes is None:
        return pa.array(places)
    classes = pa.array(predictions.classes)
    if pa.types.is_string(classes.type):  # each is there once
        return pa.DictionaryArray.from_arrays(places.astype(np.int32), classes)
    return classes.take(pa.array(places))
