"""Scores of rows whose target is known, as scikit-learn computes them, and what they rest on."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from sklearn_trainer.evaluation import bootstrap
from sklearn_trainer.evaluation.bootstrap import ScoredRows, estimate_score
from sklearn_trainer.evaluation.predictions import Predicted
from sklearn_trainer.evaluation.promise import judge
from sklearn_trainer.serving import outcomes, row_files
from sklearn_trainer.serving.file_prediction import FilePrediction, predict_file
from sklearn_trainer.serving.model_folder import Model, load_model
from tests.support.training import fruit
from tests.support.training.contender_predictions import ends
from tests.support.training.forks import ForkServer
from tests.support.training.jobs import column, estimator, part, plan
from tests.support.training.models import train
from tunedrop_common.checks import CheckScore
from tunedrop_common.estimates import IntervalEstimate

FOLDS = {"folds": 3, "repeats": 2}
COLUMNS = [
    column("weight"),
    column("size"),
    column("count", "numeric", "weight"),
    column("orchard", "categorical", "group"),
]


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "RESAMPLES", 100)


def rows(count: int, seed: int = 3) -> list[dict[str, Any]]:
    """Return fruit that is counted, and grows in orchards; some is ripe."""
    draw = random.Random(seed)  # noqa: S311 - the same every time
    return [
        {
            "weight": row["weight"],
            "size": row["size"],
            "count": draw.randrange(1, 6),
            "orchard": row["orchard"],
            "kind": row["kind"],
            "is_plum": str(row["kind"] == "plum").lower(),
            "level": 1 if row["kind"] == "apple" else 2,
        }
        for row in fruit.rows(count, seed=seed)
    ]


Make = Callable[..., Model]


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory, fork_server: ForkServer) -> Make:
    """Return what trains a model by the real Confirm job."""

    def make(
        target: str = "kind", class_path: str = "", metric: str = "", test: int = 0, **more: Any
    ) -> Model:
        files: dict[str, bytes | str] = {"train/train.csv": fruit.as_csv(rows(200))}
        if test:
            files["test/test.csv"] = fruit.as_csv(rows(test, seed=4))
            more |= {"final_test": {"kind": "file"}, "data": {"test": part("test.csv")}}
        others = [column(n, None, "ignored") for n in ("kind", "is_plum", "level") if n != target]
        content = plan(
            [*COLUMNS, column(target, "categorical", "target"), *others],
            estimators=[estimator("e", class_path or "sklearn.naive_bayes.GaussianNB")],
            metric=metric,
            confirm=FOLDS,
            **more,
        )
        base = tmp_path_factory.mktemp("model") / "ml"
        return load_model(train(base, content, files, fork_server).folders)

    return make


@pytest.fixture(scope="module")
def model(make: Make) -> Model:
    return make()


def predict(
    model: Model, table: list[dict[str, Any]] | bytes, folder: Path, name: str = "new.csv"
) -> tuple[pd.DataFrame, FilePrediction]:
    source, answer = folder / name, folder / f"answer-{name}"
    source.write_bytes(table if isinstance(table, bytes) else fruit.as_csv(table).encode())
    outcome = predict_file(model, source, answer, max_bytes=2**24, max_seconds=900)
    read = pd.read_parquet if name.endswith(".parquet") else pd.read_csv
    return read(answer), outcome


def check_of(
    model: Model, table: list[dict[str, Any]], folder: Path
) -> tuple[pd.DataFrame, CheckScore]:
    frame, outcome = predict(model, table, folder)
    assert outcome.check is not None
    return frame, outcome.check


def test_the_score_is_scikit_learns_with_the_weights_of_the_rows(
    model: Model, tmp_path: Path
) -> None:
    frame, check = check_of(model, rows(150, seed=5), tmp_path)
    weighted = balanced_accuracy_score(
        frame["kind"], frame["prediction"], sample_weight=frame["count"]
    )
    assert check.score.value == pytest.approx(weighted)
    assert check.weighted
    low, high = ends(check.score)
    assert low < weighted < high
    unweighted = [{k: v for k, v in row.items() if k != "count"} for row in rows(150, seed=5)]
    frame, check = check_of(model, unweighted, tmp_path)
    expected = balanced_accuracy_score(frame["kind"], frame["prediction"])
    assert check.score.value == pytest.approx(expected)
    assert not check.weighted


def test_rows_without_a_usable_weight_are_not_scored(model: Model, tmp_path: Path) -> None:
    table = rows(100)
    for row, count in zip(table, ("heavy", "-1", "inf", "", "0"), strict=False):
        row["count"] = count
    _, outcome = predict(model, table, tmp_path)
    assert outcome.unusable_outcomes == {"count": 3}
    assert outcome.check is not None
    assert outcome.check.rows == 95
    _, outcome = predict(model, [{**row, "count": 0} for row in table], tmp_path)
    assert outcome.check is None


def test_rows_of_a_group_are_drawn_together(model: Model, tmp_path: Path) -> None:
    few = rows(100, seed=5)
    copies = [{**row, "orchard": f"orchard {n}"} for n, row in enumerate(few) for _ in range(9)]
    grouped = check_of(model, copies, tmp_path)[1]
    alone = check_of(
        model, [{k: v for k, v in row.items() if k != "orchard"} for row in copies], tmp_path
    )[1]

    def width(check: CheckScore) -> float:
        low, high = ends(check.score)
        return high - low

    assert (grouped.groups, alone.groups) == (100, None)
    assert width(grouped) == pytest.approx(3 * width(alone), rel=0.4)
    one = check_of(model, [{**row, "orchard": ""} for row in few], tmp_path)[1]
    assert (one.groups, one.score.interval, one.verdict) == (1, None, "too few rows")


@pytest.mark.parametrize(("test", "by"), [(100, "held-out test set"), (40, "fresh folds")])
def test_the_test_set_promises_where_it_has_enough_rows(make: Make, test: int, by: str) -> None:
    promise = make(test=test).promise
    low, high = ends(promise.score)
    assert promise.by == by
    assert low < (promise.score.value or 0) < high


@pytest.mark.parametrize(
    ("target", "class_path", "metric"),
    [
        ("is_plum", "sklearn.svm.LinearSVC", "roc_auc"),  # by its decisions
        ("level", "sklearn.naive_bayes.GaussianNB", "average_precision"),
        ("kind", "sklearn.naive_bayes.GaussianNB", "roc_auc_ovr"),
        ("kind", "sklearn.naive_bayes.GaussianNB", "neg_log_loss"),
    ],
)
def test_metrics_of_probabilities_and_decisions_are_as_promised_on_like_rows(
    make: Make, tmp_path: Path, target: str, class_path: str, metric: str
) -> None:
    model = make(target, class_path, metric)
    frame, check = check_of(model, rows(200, seed=6), tmp_path)
    assert (check.rows, check.verdict, check.metric) == (200, "as promised", metric)
    if metric == "roc_auc_ovr":
        shares = frame[[f"probability_{label}" for label in fruit.CLASSES]]
        expected = roc_auc_score(
            frame["kind"], shares, multi_class="ovr", sample_weight=frame["count"]
        )
        assert check.score.value == pytest.approx(expected)


def test_the_positive_class_is_that_of_training(make: Make, tmp_path: Path) -> None:
    model = make("level", metric="precision")  # of the classes 1 and 2
    frame, check = check_of(model, rows(200, seed=6), tmp_path)
    called = frame[frame["prediction"] == 1]
    expected = np.average(called["level"] == 1, weights=called["count"])
    assert check.score.value == pytest.approx(expected)


def test_a_sample_of_many_rows_does_not_depend_on_pieces(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcomes, "MOST_ROWS", 80)
    whole = check_of(model, rows(300, seed=5), tmp_path)[1]
    assert (whole.rows, whole.of_rows) == (80, 300)
    monkeypatch.setattr(row_files, "PIECE_ROWS", 7)
    assert check_of(model, rows(300, seed=5), tmp_path)[1] == whole


def test_parquet_and_files_without_a_header_are_scored_alike(model: Model, tmp_path: Path) -> None:
    table = rows(100, seed=5)
    expected = check_of(model, table, tmp_path)[1]
    headless = fruit.as_csv(table).partition("\n")[2].encode()
    sink = io.BytesIO()
    frame = pd.read_csv(io.StringIO(fruit.as_csv(table)))
    pq.write_table(pa.Table.from_pandas(frame), sink)
    for content, name in ((headless, "headless.csv"), (sink.getvalue(), "new.parquet")):
        assert predict(model, content, tmp_path, name)[1].check == expected


def test_a_column_of_another_type_has_no_target(model: Model, tmp_path: Path) -> None:
    frame = pd.read_csv(io.StringIO(fruit.as_csv(rows(60))))
    frame["kind"] = pd.Timestamp("2026-01-01")
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pandas(frame), sink)
    _, outcome = predict(model, sink.getvalue(), tmp_path, "new.parquet")
    assert outcome.check is None
    assert outcome.unusable_outcomes["kind"] == 60


def test_few_rows_without_an_error_do_not_count_as_perfect_for_ever() -> None:
    classes = np.arange(60) % 2
    predicted = Predicted("labels", classes.astype(np.int32), np.empty((60, 0)))
    right = ScoredRows(predicted, classes, [0, 1])
    assert estimate_score("accuracy", right).ends == pytest.approx((0.95, 1.0))


def test_where_intervals_meet_a_model_is_as_promised() -> None:
    promised = IntervalEstimate(value=0.9, interval=(0.85, 0.95))
    ends = {(0.7, 0.84): "worse", (0.7, 0.85): "as promised", (0.95, 0.97): "as promised",
            (0.96, 0.97): "better"}  # fmt: skip
    for interval, verdict in ends.items():
        score = IntervalEstimate(value=sum(interval) / 2, interval=interval)
        assert judge(score, promised) == verdict
    assert judge(IntervalEstimate(value=0.1), promised) == "too few rows"
