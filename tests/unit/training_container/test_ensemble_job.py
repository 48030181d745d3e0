"""Searches whose best training jobs are combined, through the jobs that the container runs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import r2_score

from sklearn_trainer.data.dataset import load
from sklearn_trainer.data.folds import fresh_folds, make_folds
from sklearn_trainer.ensembling.choosing import FEWER_MEMBERS
from sklearn_trainer.ensembling.prediction_scores import Truth, score_of
from sklearn_trainer.ensembling.selection import MOST_MEMBERS, choose
from sklearn_trainer.evaluation.evaluate import fit
from sklearn_trainer.evaluation.scoring import make_scorers, score
from sklearn_trainer.model.ensemble import build_ensemble
from sklearn_trainer.notes import Notes
from sklearn_trainer.serving.model_folder import load_model
from tests.support.training import searches
from tests.support.training.forks import ForkServer
from tests.support.training.jobs import Finished, Job, column, estimator, plan
from tests.support.training.searches import Tried
from tunedrop.report.confirm_scores import ConfirmScores
from tunedrop_common.plan import ChampionMember

TREE = estimator("tree", "sklearn.tree.ExtraTreeRegressor")
RIDGE = estimator("ridge", "sklearn.linear_model.Ridge")
SEEDS = [("tree", {"random_state": str(seed)}) for seed in range(1, 6)]
CONFIRM = {"folds": 5, "repeats": 4, "ensemble": True, "max_seconds": 3600}


@dataclass(frozen=True)
class Combined:
    """A search and the Confirm job after it."""

    plan: dict[str, Any]
    tried: list[Tried]
    job: Job
    finished: Finished

    @property
    def record(self) -> Any:
        return self.finished.confirm["explanation"]["ensemble"]

    @property
    def left_out(self) -> str:
        (found,) = (
            each["reason"]
            for each in self.finished.confirm["explanation"]["skipped"]
            if each["step"] == "ensemble"
        )
        return str(found)

    def predictions(self) -> list[pd.DataFrame]:
        """Return what each training job predicted out of fold."""
        folders = (each.finished.base / "output" / "data" for each in self.tried)
        return [pq.read_table(each / "predictions.parquet").to_pandas() for each in folders]

    def contender(self, name: str) -> dict[str, Any]:
        contenders = self.finished.confirm["contenders"]
        return next(dict(each) for each in contenders if each["name"] == name)


def run(
    base: Path,
    fork_server: ForkServer,
    tries: list[tuple[str, dict[str, str]]],
    table: str,
    *,
    slower: float = 1,
    **settings: Any,
) -> Combined:
    roles = settings.pop("roles", {})
    ignored = {"day": "ignored", "importance": "ignored", **roles}
    columns = [
        *searches.COLUMNS,
        column("day", "datetime", ignored["day"]),
        column("importance", "numeric", ignored["importance"]),
        column("y", "categorical" if settings.get("task") != "regression" else "numeric", "target"),
    ]
    made = plan(columns, **{"confirm": CONFIRM, **settings})
    files: dict[str, bytes | str] = {"train/train.csv": table}
    tried = searches.search(base, made, files, tries, fork_server)
    for each in tried if slower > 1 else ():
        each.slow_down(slower)
    winner = tried[0]
    job = Job(
        base / "confirm",
        made,
        {"tunedrop_estimator": winner.estimator, **winner.finished.tune["hyperparameters"]},
        job="confirm",
        files={**files, **searches.channels(tried)},
    ).write()
    finished = fork_server.run(job)
    assert finished.code == 0, finished.log
    return Combined(made, tried, job, finished)


def run_trees(base: Path, fork_server: ForkServer, tries: int, **settings: Any) -> Combined:
    """Run a search of trees that differ in their seeds alone."""
    given = {"task": "regression", "estimators": [TREE], **settings}
    return run(base, fork_server, SEEDS[:tries], searches.table(), **given)


@pytest.fixture(scope="module")
def regression(tmp_path_factory: pytest.TempPathFactory, fork_server: ForkServer) -> Combined:
    return run(
        tmp_path_factory.mktemp("regression"),
        fork_server,
        [*SEEDS, ("ridge", {"alpha": "1"})],
        searches.table(300),
        task="regression",
        estimators=[TREE, RIDGE],
        final_test={"kind": "fraction", "fraction": 0.2},
    )


def test_an_ensemble_that_is_surely_better_than_each_single_model_ships(
    regression: Combined,
) -> None:
    confirm = regression.finished.confirm
    assert (confirm["shipped"], confirm["verdict"]) == ("ensemble", "first model"), confirm
    assert confirm["sentence"].startswith("Ships the ensemble of the search's best: it beats the")
    assert regression.contender("ensemble")["test_score"] is not None
    members = regression.record["members"]
    assert 2 <= len(members) <= 5
    assert sum(each["weight"] for each in members) == pytest.approx(1)
    assert regression.record["candidates"] == 6
    listed = {each.name: each for each in regression.tried}
    for member in members:
        job = listed[member["training_job"]]
        assert member["estimator"] == job.estimator
        assert member["hyperparameters"] == job.finished.tune["hyperparameters"]
    ConfirmScores.model_validate(confirm)


def test_its_costs_are_measured_beside_the_best_single_models(regression: Combined) -> None:
    record = regression.record
    size = (regression.job.base / "model" / "model.skops").stat().st_size
    assert record["model_bytes"] == pytest.approx(size, rel=0.02)
    assert record["milliseconds_a_row"] > record["single_milliseconds_a_row"] > 0


def test_what_ships_is_voting_that_serves_and_says_its_members(regression: Combined) -> None:
    model = load_model(regression.job.folders)
    assert type(model.pipeline[-1]).__name__ == "VotingRegressor"
    assert "VotingRegressor(estimators=[" in regression.finished.confirm["python"]
    metadata = regression.finished.metadata
    assert metadata["estimator"] == "sklearn.ensemble.VotingRegressor"
    weights = [each["weight"] for each in metadata["members"]]
    assert weights == [each["weight"] for each in regression.record["members"]]
    assert model.pipeline[-1].weights == weights


def check_score(combined: Combined, fold: int) -> None:
    """Compute the ensemble's score in a fresh fold again, from the training jobs' own files.

    How many members there may be depends on the time that there was.
    """
    expected = combined.contender("ensemble")["scores"][fold]
    found = [recomputed(combined, fold, most) for most in (MOST_MEMBERS, *FEWER_MEMBERS)]
    assert any(each == pytest.approx(expected, abs=1e-12) for each in found)


def recomputed(combined: Combined, fold: int, most: int) -> float:
    made = combined.job.read_plan()
    dataset = load(made, combined.job.folders, Notes())
    splits = dataset.train.splits(made)
    train, validation = fresh_folds(splits, made.confirm, Notes()).folds[fold]
    tables = combined.predictions()
    known = tables[0]["row"].isin(train).to_numpy()
    rows = tables[0]["row"].to_numpy()[known]
    names = [name for name in tables[0].columns if name.startswith("value_")]
    values = np.stack([each.loc[known, names].to_numpy() for each in tables])
    classes = None if dataset.classes is None else np.asarray(dataset.classes)
    y = dataset.y[rows]
    truth = Truth(
        y if classes is None else np.searchsorted(classes, y),
        tables[0]["fold"].to_numpy()[known].astype(np.int64),
        classes,
        None if dataset.weights is None else dataset.weights[rows],
    )
    metric = made.metric.objective
    scorers = make_scorers((metric,), dataset.y)
    weights = {0: 1.0}
    if known.any():
        weights = choose(values, score_of(metric, scorers[metric], truth), most)
    members = [
        ChampionMember(
            estimator=made.estimator(combined.tried[number].estimator),
            hyperparameters=combined.tried[number].finished.tune["hyperparameters"],
            weight=weight,
        )
        for number, weight in weights.items()
    ]
    pipeline = build_ensemble(dataset.schema, members, task=made.task, seed=made.seed)
    counts = dataset.weights
    fitted = fit(
        pipeline,
        dataset.X.iloc[train],
        dataset.y[train],
        Notes(),
        None if counts is None else counts[train],
    )
    return score(
        fitted,
        dataset.X.iloc[validation],
        dataset.y[validation],
        scorers,
        None if counts is None else counts[validation],
    )[metric]


@pytest.mark.parametrize("fold", [0, 7])
def test_in_a_fresh_fold_weights_come_from_its_training_rows_alone(
    regression: Combined, fold: int
) -> None:
    check_score(regression, fold)


def test_the_predictions_are_those_of_the_search_and_tune_json_says_so(
    regression: Combined,
) -> None:
    made = regression.job.read_plan()
    dataset = load(made, regression.job.folders, Notes())
    folds = make_folds(dataset.train.splits(made), made.cross_validation, Notes())
    job = regression.tried[0].finished
    path = job.base / "output" / "data" / "predictions.parquet"
    found = pq.read_table(path)
    assert found.schema.names == ["row", "fold", "value_0"]
    assert [str(kind) for kind in found.schema.types] == ["int32", "int32", "float"]
    for number, (_, validation) in enumerate(folds):
        rows = found.to_pandas().query(f"fold == {number}")
        assert rows["row"].tolist() == validation.tolist()
        residuals = dataset.y[validation] - rows["value_0"].to_numpy()
        variance = ((dataset.y[validation] - dataset.y[validation].mean()) ** 2).sum()
        expected = job.tune["metrics"]["r2"][number]
        assert 1 - (residuals**2).sum() / variance == pytest.approx(expected, rel=1e-4)
    assert job.tune["predictions"]["bytes"] == path.stat().st_size


CLASSES = ("none", "some", "very much")
WEIGHTED_TREE = estimator(
    "tree", "sklearn.tree.ExtraTreeClassifier", fixed={"class_weight": str({"some": 3})}
)
LINEAR = estimator(
    "linear", "sklearn.linear_model.LogisticRegression", fixed={"class_weight": str({"none": 2})}
)


def test_classes_with_names_and_weights_of_classes_and_rows(
    tmp_path: Path, fork_server: ForkServer
) -> None:
    given = {"class_weight": str({"some": 3}), "min_samples_leaf": "8"}
    combined = run(
        tmp_path,
        fork_server,
        [
            *(("tree", {**given, "random_state": str(seed)}) for seed in range(1, 4)),
            ("linear", {"class_weight": str({"none": 2})}),
        ],
        searches.table(classes=CLASSES),
        estimators=[WEIGHTED_TREE, LINEAR],
        metric="neg_log_loss",
        roles={"importance": "weight"},
    )
    assert len(combined.record["members"]) > 1
    check_score(combined, 3)
    assert combined.finished.confirm["classes"] == ["none", "some", "very much"]


def test_the_winner_is_compared_without_the_luck_of_its_choice(
    tmp_path: Path, fork_server: ForkServer
) -> None:
    alike = run_trees(tmp_path, fork_server, 5)
    made = alike.job.read_plan()
    dataset = load(made, alike.job.folders, Notes())
    tables = alike.predictions()
    rows, folds = tables[0]["row"].to_numpy(), tables[0]["fold"].to_numpy()

    def r2(number: int, kept: Any) -> float:
        return float(r2_score(dataset.y[rows[kept]], tables[number]["value_0"][kept]))

    def without(train: Any, number: int) -> float:
        known = np.isin(rows, train)
        return float(np.mean([r2(number, known & (folds == fold)) for fold in set(folds)]))

    luck = []
    for train, judged in fresh_folds(dataset.train.splits(made), made.confirm, Notes()).folds:
        chosen = max(range(len(tables)), key=partial(without, train))
        asked = np.isin(rows, judged)
        luck.append(r2(0, asked) - r2(chosen, asked))
    winner, defaults = alike.contender("winner"), alike.contender("defaults:tree")
    assert winner["luck"] == pytest.approx(np.mean(luck), abs=1e-6)
    assert winner["luck"] > 0
    assert defaults["luck"] is None
    assert winner["mean"] == pytest.approx(np.mean(winner["scores"]))
    (compared,) = (
        each["difference"]
        for each in alike.finished.confirm["comparisons"]
        if (each["a"], each["b"]) == ("winner", "defaults:tree")
    )
    assert compared == pytest.approx(winner["mean"] - winner["luck"] - defaults["mean"], abs=1e-6)


def test_rows_in_the_order_of_time_are_chosen_from_where_the_search_predicted_them(
    tmp_path: Path, fork_server: ForkServer
) -> None:
    combined = run_trees(
        tmp_path,
        fork_server,
        3,
        roles={"day": "time"},
        cross_validation={"kind": "ordered", "folds": 3},
    )
    check_score(combined, 0)
    check_score(combined, -1)


def test_models_without_probabilities_make_no_ensemble(
    tmp_path: Path, fork_server: ForkServer
) -> None:
    combined = run(
        tmp_path,
        fork_server,
        [("svm", {"C": "0.1"}), ("svm", {"C": "2"})],
        searches.table(classes=("no", "yes")),
        estimators=[estimator("svm", "sklearn.svm.LinearSVC")],
    )
    reason = {"left_out": "The estimator gives no probabilities."}
    assert combined.tried[0].finished.tune["predictions"] == reason
    assert combined.left_out == (
        "Of the search's 2 best training jobs, 0 can be combined, and it takes two; 2 training "
        "jobs left no predictions (The estimator gives no probabilities)."
    )
    assert combined.record is None
    assert combined.finished.confirm["shipped"] != "ensemble"


def test_where_no_mean_is_better_than_the_best_alone_there_is_no_ensemble(
    tmp_path: Path, fork_server: ForkServer
) -> None:
    given = {"strategy": "uniform"}
    combined = run(
        tmp_path,
        fork_server,
        [("linear", {}), ("hopeless", given), ("hopeless", {**given, "random_state": "1"})],
        searches.table(classes=("no", "yes")),
        estimators=[
            estimator("linear", "sklearn.linear_model.LogisticRegression"),
            estimator("hopeless", "sklearn.dummy.DummyClassifier", fixed=given),
        ],
    )
    assert combined.left_out == (
        "On the search's folds, no mean of its best training jobs is better than the best one "
        "alone."
    )


def test_without_an_ensemble_in_the_plan_no_predictions_are_kept(
    tmp_path: Path, fork_server: ForkServer
) -> None:
    combined = run_trees(tmp_path, fork_server, 2, confirm={"ensemble": False})
    assert "predictions" not in combined.tried[0].finished.tune
    names = [each["name"] for each in combined.finished.confirm["contenders"]]
    assert "ensemble" not in names
    assert combined.record is None
    left_out = combined.finished.confirm["explanation"]["skipped"]
    assert "ensemble" not in [each["step"] for each in left_out]


def test_how_long_it_takes_is_told_by_what_the_winner_took_here(
    tmp_path: Path, fork_server: ForkServer
) -> None:
    """Training jobs that ran beside others, or on another machine, took longer."""
    combined = run_trees(tmp_path, fork_server, 3, slower=1e6)
    assert combined.record is not None
    assert len(combined.record["members"]) > 1


def test_an_ensemble_that_takes_too_long_is_left_out_by_name(
    tmp_path: Path, fork_server: ForkServer
) -> None:
    combined = run_trees(tmp_path, fork_server, 2, confirm={**CONFIRM, "max_seconds": 0})
    assert combined.left_out == "No time was left for it."
    assert combined.finished.confirm["shipped"] != "ensemble"
