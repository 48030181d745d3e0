"""What Confirm keeps of its contenders' predictions, and that its scores can be had from them."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    log_loss,
    r2_score,
)

from sklearn_trainer.contract import read_plan
from sklearn_trainer.data.dataset import Dataset, Portion
from sklearn_trainer.data.folds import FreshFolds, fresh_folds
from sklearn_trainer.data.row_columns import RowColumns
from sklearn_trainer.evaluation.contenders import Contender, Result, Scored
from sklearn_trainer.evaluation.predictions import Predicted
from sklearn_trainer.explanation.contender_predictions import collect, rows_to_keep
from sklearn_trainer.job_warnings import JobWarnings
from sklearn_trainer.schema import Schema
from tests.support.training import fruit
from tests.support.training.forks import ForkServer
from tests.support.training.jobs import Finished, Job, column, estimator, part, plan
from tunedrop_common.explanation import Explanation
from tunedrop_common.plan import EstimatorPlan, Plan

TREE = "sklearn.tree.DecisionTreeClassifier"
CHAMPION = {
    "run_id": "20261001T000000Z-00000000",
    "estimator": estimator("tree", TREE, fixed={"max_depth": "2"}),
    "hyperparameters": {},
}
LOGISTIC = estimator("linear", "sklearn.linear_model.LogisticRegression")


def confirmed(
    base: Path, server: ForkServer, files: dict[str, str], columns: list[Any], **changes: Any
) -> Finished:
    report = {"explanation_time_ratio": 10.0, **changes.pop("report", {})}
    settings = plan(columns, report=report, **changes)
    settings["data"]["train"] = part(*files)
    content: dict[str, bytes | str] = {f"train/{name}": text for name, text in files.items()}
    finished = server.run(Job(base / "ml", settings, job="confirm", files=content).write())
    assert finished.code == 0, finished.log
    return finished


@pytest.fixture(scope="module")
def classified(tmp_path_factory: pytest.TempPathFactory, fork_server: ForkServer) -> Finished:
    rows = fruit.rows(150)
    for place in range(0, 150, 7):
        rows[place]["kind"] = ""  # no target: left out
    return confirmed(
        tmp_path_factory.mktemp("classified"),
        fork_server,
        {"a.csv": fruit.as_csv(rows[:60]), "b.csv": fruit.as_csv(rows[60:])},
        fruit.columns(),
        estimators=[LOGISTIC, estimator("tree", TREE)],
        additional=("accuracy", "neg_log_loss"),
        confirm={"champion": CHAMPION},
        final_test={"kind": "fraction", "fraction": 0.2},
    )


def test_the_file_has_the_contenders_that_people_ask_about(classified: Finished) -> None:
    metadata = classified.about_predictions
    scores = {
        contender["name"]: contender["mean"] for contender in classified.confirm["contenders"]
    }
    best = max((name for name in scores if name.startswith("defaults:")), key=lambda e: scores[e])
    assert metadata["contenders"].keys() == {"champion", "tuned:linear", best}
    assert set(metadata["contenders"].values()) == {"probabilities"}
    assert metadata["selected"] == classified.confirm["selected"]
    assert metadata["classes"] == ["apple", "pear", "plum"]
    assert metadata["sampled"] is classified.confirm["explanation"]["predictions_sampled"] is False
    assert list(classified.predictions) == [
        "row", "repeat", "fold", "actual",
        *(f"{name}:{suffix}" for name in metadata["contenders"] for suffix in ("label", 0, 1, 2)),
    ]  # fmt: skip


def test_rows_are_numbered_over_the_files_as_they_were_dropped(classified: Finished) -> None:
    kinds = [row["kind"] for row in fruit.rows(150)]
    table = classified.predictions
    assert [kinds[number - 1] for number in table["row"]] == table["actual"].tolist()
    assert not {number for number in table["row"] if number % 7 == 1}  # those without a target
    rows = classified.confirm["rows"]["train"]
    assert table["row"].nunique() == rows
    for _, repeat in table.groupby("repeat"):
        assert sorted(repeat["row"]) == sorted(table["row"].unique())
    assert table["row"].max() > 60  # of the second file


def test_every_metric_of_every_contender_can_be_had_from_the_file(classified: Finished) -> None:
    table = classified.predictions
    labels = ["apple", "pear", "plum"]
    kinds = classified.about_predictions["contenders"]
    for contender in classified.confirm["contenders"]:
        name, metrics = contender["name"], contender["metrics"]
        assert metrics.keys() == {"balanced_accuracy", "accuracy", "neg_log_loss"}
        assert metrics["balanced_accuracy"] == {
            "mean": contender["mean"],
            "interval": contender["interval"],
            "test_score": contender["test_score"],
        }
        if name not in kinds:
            continue
        folds = [fold for _, fold in table.groupby("fold")]
        scores = [balanced_accuracy_score(f["actual"], f[f"{name}:label"]) for f in folds]
        assert scores == pytest.approx(contender["scores"], abs=1e-12)
        accuracy = [accuracy_score(f["actual"], f[f"{name}:label"]) for f in folds]
        assert np.mean(accuracy) == pytest.approx(metrics["accuracy"]["mean"], abs=1e-12)
        columns = [f"{name}:{place}" for place in range(3)]
        losses = [
            -log_loss(f["actual"], f[columns].div(f[columns].sum(axis=1), axis=0), labels=labels)
            for f in folds
        ]
        assert np.mean(losses) == pytest.approx(metrics["neg_log_loss"]["mean"], rel=1e-5)
        low, high = metrics["neg_log_loss"]["interval"]
        assert low < metrics["neg_log_loss"]["mean"] < high <= 0
        assert metrics["neg_log_loss"]["test_score"] < 0


def test_how_the_classifier_errs_can_be_had_from_the_file(classified: Finished) -> None:
    table, name = classified.predictions, classified.confirm["selected"]
    errors = classified.confirm["explanation"]["errors"]
    once = table[table["repeat"] == 0]
    counts = pd.crosstab(once["actual"], once[f"{name}:label"])
    labels = errors["confusion"]["labels"]
    expected = counts.reindex(index=labels, columns=labels, fill_value=0)
    assert [list(row) for row in errors["confusion"]["counts"]] == expected.to_numpy().tolist()
    basis = errors["basis"]
    assert (basis["rows"], basis["of_rows"], basis["repeats"]) == (len(once), len(once), 2)
    worst = classified.confirm["explanation"]["worst_rows"]
    assert all((row["values"], row["actual"]) == ({}, None) for row in worst)


def test_what_the_model_learned_is_there(classified: Finished) -> None:
    explanation = Explanation.model_validate(classified.confirm["explanation"])
    assert explanation.skipped == ()
    learned = explanation.learned
    assert learned is not None
    assert learned.folds == 6
    first = learned.importance[0]
    assert (first.columns, first.is_significant) == (("colour",), True)
    assert learned.dependence[0].column == "colour"
    assert learned.dependence[0].of_class in fruit.CLASSES
    assert explanation.learning_curve is not None


def test_weights_groups_and_a_regressions_predictions_are_in_the_file(
    tmp_path: Path, fork_server: ForkServer
) -> None:
    draw = random.Random(5)  # noqa: S311
    xs = [draw.gauss(0, 1) for _ in range(90)]
    rows = [
        f"{x:.4f},{'' if i == 4 else 1 + i % 3},site {i % 9},{3 * x + draw.gauss(0, 1):.4f}"
        for i, x in enumerate(xs)
    ]
    finished = confirmed(
        tmp_path,
        fork_server,
        {"train.csv": "\n".join(["x,w,g,y", *rows]) + "\n"},
        [
            column("x"),
            column("w", "numeric", "weight"),
            column("g", "categorical", "group"),
            column("y", "numeric", "target"),
        ],
        task="regression",
        cross_validation={"kind": "grouped", "stratified": False},
        report={"show_worst_rows": True, "segments": ["x"]},
    )
    table = finished.predictions
    tuned = finished.confirm["contenders"][2]
    assert table["row"].nunique() == 89  # row 5 has no weight
    assert 5 not in set(table["row"])
    assert (table["weight"] == 1 + (table["row"] - 1) % 3).all()
    assert table.groupby("group")["row"].agg(lambda of: len({(n - 1) % 9 for n in of})).eq(1).all()
    assert "tuned:linear:label" not in table
    scores = [
        r2_score(f["actual"], f["tuned:linear:0"], sample_weight=f["weight"])
        for _, f in table.groupby("fold")
    ]
    assert scores == pytest.approx(tuned["scores"], rel=1e-5)
    selected = finished.confirm["selected"]
    once = table[table["repeat"] == 0]
    absolute = (once["actual"] - once[f"{selected}:0"]).abs()
    errors_json = finished.confirm["explanation"]["errors"]
    mean = np.average(absolute, weights=once["weight"])
    assert errors_json["mean_absolute_error"]["value"] == pytest.approx(mean, rel=1e-6)
    assert (errors_json["basis"]["weighted"], errors_json["basis"]["groups"]) == (True, 9)
    assert finished.confirm["profile"]["target"].keys() == {"mean", "standard_deviation"}
    assert finished.confirm["classes"] is None
    explanation = finished.confirm["explanation"]
    assert all(segment["requested"] for segment in explanation["segments"]["segments"])
    worst = explanation["worst_rows"][0]
    dropped = rows[worst["number"] - 1].split(",")
    assert [worst["values"]["x"], worst["actual"]] == [float(dropped[0]), float(dropped[3])]


def test_rows_in_the_order_of_time_keep_their_numbers_and_are_not_all_there(
    tmp_path: Path, fork_server: ForkServer
) -> None:
    draw = random.Random(6)  # noqa: S311
    days = list(range(80))
    draw.shuffle(days)
    rows = [f"{day},{day % 2 + draw.gauss(0, 0.5):.3f},{'ab'[day % 2]}" for day in days]
    finished = confirmed(
        tmp_path,
        fork_server,
        {"train.csv": "\n".join(["day,x,y", *rows]) + "\n"},
        [column("day", "numeric", "time"), column("x"), column("y", "categorical", "target")],
        cross_validation={"kind": "ordered", "stratified": False},
        confirm={"champion": None, "ensemble": False},
    )
    table = finished.predictions
    assert [f"{'ab'[days[number - 1] % 2]}" for number in table["row"]] == table["actual"].tolist()
    assert table["row"].nunique() < 80  # the earliest are only learnt from
    assert list(table.filter(like="tuned")) == ["tuned:linear:label", "tuned:linear:1"]
    firsts = table.groupby("fold")["row"].agg(lambda of: min(days[number - 1] for number in of))
    by_repeat = table.groupby("fold")["repeat"].first()
    for number in (0, 1):
        assert firsts[by_repeat == number].is_monotonic_increasing
    assert len(table) > table["row"].nunique()


def made(y: Any, **confirm: Any) -> tuple[Dataset, Plan, FreshFolds]:
    task = "regression" if y.dtype.kind == "f" else "classification"
    settings = {"folds": 5, "repeats": 4, "seed": 3, **confirm}
    the_plan = read_plan(plan(fruit.columns(task), task=task, confirm=settings))
    dataset = Dataset(Portion(pd.DataFrame(), y, RowColumns()), None, Schema(features=()), 0)
    return (
        dataset,
        the_plan,
        fresh_folds(dataset.train.splits(the_plan), the_plan.confirm, JobWarnings()),
    )


def test_what_does_not_fit_is_sampled_in_proportion_the_same_every_time() -> None:
    y = np.random.default_rng(1).choice(3, size=4000, p=[0.9, 0.07, 0.03])
    dataset, the_plan, fresh = made(y, champion=CHAMPION)
    keep = rows_to_keep(dataset, fresh, the_plan, most=1_000_000)
    assert keep.tolist() == rows_to_keep(dataset, fresh, the_plan, most=1_000_000).tolist()
    bytes_of_an_entry = 40 + 4 * 4 * 4
    assert 900_000 < keep.sum() * 4 * bytes_of_an_entry <= 1_000_000
    for label in np.unique(y):
        assert keep[y == label].sum() == pytest.approx(keep.mean() * (y == label).sum(), abs=1.01)


def result(name: str, score: float, predicted: Predicted | None) -> Result:
    contender = Contender(name, EstimatorPlan(key="k", class_path="", fixed={}, ranges={}), {})
    return Result(contender, Scored({"accuracy": (score,)}, {}, 0.1, predicted=predicted))


def test_a_contender_without_predictions_is_excluded_and_the_selected_ones_are_needed() -> None:
    dataset, the_plan, fresh = made(np.arange(100) % 2)
    keep = rows_to_keep(dataset, fresh, the_plan)
    entries = sum(len(validation) for _, validation in fresh.folds)
    labels = Predicted("labels", np.zeros(entries, np.int32), np.empty((entries, 0), np.float32))
    results = [
        result("baseline", 0.5, None),
        result("defaults:a", 0.9, labels),
        result("defaults:b", 0.8, labels),
        result("champion", 0.7, None),
        result("tuned:a", 0.6, labels),
        result("tuned:b", 0.7, labels),
    ]
    evidence = collect(results, "defaults:b", dataset, fresh, keep)
    assert evidence is not None
    assert list(evidence.contenders) == ["defaults:b", "tuned:b", "defaults:a"]
    assert collect(results, "champion", dataset, fresh, keep) is None
    assert len(evidence.first_repeat().actual) == 100
