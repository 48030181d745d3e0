"""Weight, group and time columns: what they change from reading to the finished model."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score

from sklearn_trainer.data.folds import Splits, make_folds
from sklearn_trainer.errors import DatasetError
from sklearn_trainer.evaluation.evaluate import score_folds
from sklearn_trainer.evaluation.scoring import make_scorers, note_unweighted
from sklearn_trainer.job_warnings import JobWarnings
from sklearn_trainer.model.pipeline import build_pipeline
from tests.support.training.jobs import Finished, column, part, plan
from tests.unit.training_container.test_data import loaded
from tunedrop_common.plan import CrossValidation, EstimatorPlan

X, KIND = column("x"), column("y", "categorical", "target")
WEIGHT = column("w", "numeric", "weight")
GROUP = column("g", "categorical", "group")
WHEN = column("t", "datetime", "time")
COUNT = column("t", "numeric", "time")


def table(name: str, values: list[Any]) -> str:
    draw = random.Random(1)  # noqa: S311 - a table that is the same every time
    rows = [
        f"{i % 2 + draw.gauss(0, 0.7):.3f},{value},{'ab'[i % 2]}" for i, value in enumerate(values)
    ]
    return "\n".join([f"x,{name},y", *rows]) + "\n"


def load_with(base: Path, role: dict[str, Any], values: list[Any], **more: Any) -> Any:
    return loaded(base, [X, role, KIND], table(role["name"], values), **more)


def test_rows_come_in_the_order_of_time_and_rows_without_one_are_excluded(tmp_path: Path) -> None:
    dates = [f"{1 + i % 28:02d}/{1 + (i * 5) % 12:02d}/2026" for i in range(20)]
    dataset, job_warnings = load_with(tmp_path, WHEN, [*dates, "", "NA"])
    assert dataset.train.X["t"].is_monotonic_increasing
    assert len(dataset.train.y) == 20
    assert job_warnings == ["Excluded rows without a time: 2."]
    assert list(dataset.train.X) == ["x", "t"]


def test_a_number_orders_rows_as_numbers_and_the_final_test_is_the_latest(tmp_path: Path) -> None:
    counts = [(i * 7) % 30 for i in range(30)]
    changes = {"final_test": {"kind": "fraction", "fraction": 0.2}}
    dataset, _ = load_with(tmp_path, COUNT, counts, cross_validation={"kind": "ordered"}, **changes)
    assert dataset.train.X["t"].tolist() == list(range(24))
    assert dataset.test.X["t"].tolist() == list(range(24, 30))


def test_the_final_test_takes_whole_groups(tmp_path: Path) -> None:
    groups = [f"patient {i // 4}" for i in range(40)]
    dataset, _ = load_with(
        tmp_path,
        GROUP,
        groups,
        cross_validation={"kind": "grouped"},
        final_test={"kind": "fraction", "fraction": 0.2},
    )
    assert not set(dataset.train.row_columns.groups) & set(dataset.test.row_columns.groups)
    assert len(dataset.test.y) == 8
    assert list(dataset.train.X) == ["x"]


def test_rows_without_a_group_are_one_group_and_a_test_file_needs_none(tmp_path: Path) -> None:
    dataset, job_warnings = load_with(
        tmp_path,
        GROUP,
        ["a", "", "a", "NA"] * 3,
        cross_validation={"kind": "grouped"},
        data={"test": part("test.csv")},
        files={"test/test.csv": "x,y\n0.5,a\n1.5,b\n"},
        final_test={"kind": "file"},
    )
    assert len(set(dataset.train.row_columns.groups)) == 2
    assert len(dataset.test.y) == 2
    assert job_warnings == ["Rows without a group, which are one group: 6."]


def test_two_groups_are_too_few_for_a_held_out_test_set(tmp_path: Path) -> None:
    test = {"kind": "fraction", "fraction": 0.2}
    dataset, job_warnings = load_with(tmp_path, GROUP, ["a", "b"] * 6, final_test=test)
    assert dataset.test is None
    assert job_warnings == ["There are too few groups for a held-out test set."]


@pytest.mark.parametrize(
    ("role", "values", "words"),
    [
        (WEIGHT, ["1", "2", "-0.5", "1"] * 3, "3 rows (column 'w', first in data row 3)"),
        (WEIGHT, ["1", "2", "heavy", "1"] * 3, "Found 'heavy'"),
        (WEIGHT, ["0", "0", "0", "0"] * 3, "leaves no rows"),
        (GROUP, ["a"] * 12, "the same group"),
        (WHEN, ["2026-01-01", "2026-02-01", "soon", "2026-03-01"] * 3, "no times, in 3 rows"),
        (COUNT, ["1", "2", "x", "4"] * 3, "no times, in 3 rows"),
    ],
)
def test_columns_that_cannot_be_what_they_are_to_be_are_rejected_in_words(
    role: dict[str, Any], values: list[str], words: str, tmp_path: Path
) -> None:
    with pytest.raises(DatasetError) as caught:
        load_with(tmp_path, role, values)
    assert words in str(caught.value)


def test_rows_without_a_weight_are_excluded_and_the_test_file_has_weights_of_its_own(
    tmp_path: Path,
) -> None:
    dataset, job_warnings = load_with(
        tmp_path,
        WEIGHT,
        ["1", "2", "", "3"] * 3,
        data={"test": part("test.csv")},
        files={"test/test.csv": table("w", ["5", "", "7"])},
        final_test={"kind": "file"},
    )
    assert dataset.train.weights.tolist() == [1, 2, 3] * 3
    assert list(dataset.train.X) == list(dataset.test.X) == ["x"]
    assert dataset.test.row_columns.weights.tolist() == [5, 7]
    assert job_warnings == [
        "Excluded rows without a weight: 3.",
        "Excluded test rows without a weight: 1.",
    ]


def test_weights_count_in_the_fit_and_in_the_scores(tmp_path: Path) -> None:
    dataset, _ = load_with(tmp_path, WEIGHT, [str(1 + i % 7) for i in range(80)])
    path = EstimatorPlan(
        key="it", class_path="sklearn.linear_model.LogisticRegression", fixed={}, ranges={}
    )
    pipeline = build_pipeline(
        dataset.schema, path, {"preprocess__scaling": "none"}, task="classification", seed=1
    )
    splits = Splits(dataset.train.y, stratified=True)
    folds = make_folds(splits, CrossValidation(folds=4, stratified=True, seed=1), JobWarnings())
    scorers = make_scorers(("accuracy",), dataset.train.y)
    fold_scores = score_folds(pipeline, dataset.train, folds, scorers, JobWarnings())
    rows, y, weights = dataset.train.X.to_numpy(), dataset.train.y, dataset.train.weights
    for fold, (train, scored) in zip(fold_scores, folds, strict=True):
        model = LogisticRegression(random_state=1).fit(rows[train], y[train], weights[train])
        predicted = model.predict(rows[scored])
        expected = accuracy_score(y[scored], predicted, sample_weight=weights[scored])
        assert fold.value.scores["accuracy"] == pytest.approx(expected, abs=1e-12)


def test_metrics_without_weights_are_named() -> None:
    job_warnings = JobWarnings()
    note_unweighted(make_scorers(("neg_max_error", "r2"), np.arange(4.0)), job_warnings)
    assert job_warnings.sentences == [
        "The metric neg_max_error takes no weights: it counts all rows the same."
    ]


def test_times_that_confirm_could_not_split_are_rejected_by_the_first_training_job(
    run_job: Callable[..., Finished],
) -> None:
    content = plan([X, COUNT, KIND], cross_validation={"kind": "ordered", "stratified": False})
    job = run_job(content, table("t", [i // 2 % 2 for i in range(40)]))
    assert job.code == 1
    assert job.lines == []
    assert job.failure.startswith("The rows can be split in one way only")
