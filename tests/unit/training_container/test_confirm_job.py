from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.training import fruit
from tests.support.training.forks import ForkServer
from tests.support.training.jobs import Finished, Job, estimator, part, plan
from tunedrop.report.confirm_scores import ConfirmScores

FOREST = estimator("forest", "sklearn.ensemble.RandomForestClassifier")
TREES = estimator("trees", "sklearn.tree.ExtraTreeClassifier")
CHAMPION = {
    "run_id": "20261001T000000Z-00000000",
    "estimator": estimator("tree", "sklearn.tree.DecisionTreeClassifier", fixed={"max_depth": "2"}),
    "hyperparameters": {"min_samples_leaf": "3"},
}


def confirm_job(base: Path, hyperparameters: dict[str, str], **changes: Any) -> Job:
    settings: dict[str, Any] = {"estimators": [FOREST, TREES], **changes}
    return Job(
        base,
        plan(fruit.columns(settings.get("task", "classification")), **settings),
        {"n_estimators": "30", **hyperparameters},
        job="confirm",
        files={"train/train.csv": fruit.as_csv(fruit.rows())},
    ).write()


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, fork_server: ForkServer) -> Finished:
    base = tmp_path_factory.mktemp("confirm") / "ml"
    changes = {
        "confirm": {"champion": CHAMPION},
        "final_test": {"kind": "fraction", "fraction": 0.2},
    }
    result = fork_server.run(confirm_job(base, {"max_depth": "6"}, **changes))
    assert result.code == 0, result.log
    return result


def test_every_contender_is_scored_on_the_same_fresh_folds(finished: Finished) -> None:
    contenders = finished.confirm["contenders"]
    assert [contender["name"] for contender in contenders] == [
        "baseline",
        "defaults:forest",
        "defaults:trees",
        "tuned:forest",
        "champion",
    ]
    assert [contender["hyperparameters"] for contender in contenders] == [
        {},
        {},
        {},
        {"n_estimators": "30", "max_depth": "6"},
        {"max_depth": "2", "min_samples_leaf": "3"},
    ]
    assert {contender["status"] for contender in contenders} == {"scored"}
    assert {len(contender["scores"]) for contender in contenders} == {6}
    assert all(contender["test_score"] is not None for contender in contenders)
    assert finished.confirm["rows"] == {"train": 96, "test": 24, "dropped_missing_target": 0}
    assert finished.confirm["classes"] == ["apple", "pear", "plum"]


TREE = {"estimator": "sklearn.tree.DecisionTreeClassifier"}
STUMP = {**TREE, "estimator__max_depth": "1"}
SVM = {"probability": "True", "C": "2"}
CHOSEN = {"min_samples_leaf": "5", "preprocess__encoding": "ordinal"}
CATALOGUED = [
    (estimator("one", "sklearn.multiclass.OneVsRestClassifier", fixed=TREE), TREE),
    (estimator("svm", "sklearn.svm.SVC", fixed=SVM), SVM),
    (
        estimator(
            "boosting",
            "sklearn.ensemble.HistGradientBoostingClassifier",
            fixed={"max_iter": "9", **CHOSEN},
            fixed_by_config=tuple(CHOSEN),
        ),
        CHOSEN,
    ),
    (
        estimator(
            "ada",
            "sklearn.ensemble.AdaBoostClassifier",
            fixed={**STUMP, "n_estimators": "9"},
            fixed_by_config=("estimator__max_depth",),
        ),
        STUMP,
    ),
]


def test_defaults_have_what_is_needed_or_was_asked_for_and_not_what_the_catalogue_fixed(
    tmp_path: Path, fork_server: ForkServer
) -> None:
    estimators = [planned for planned, _ in CATALOGUED]
    result = fork_server.run(
        Job(
            tmp_path / "ml",
            plan(fruit.columns(), estimators=estimators, metric="neg_log_loss"),
            {**TREE, "estimator__max_depth": "3"},
            job="confirm",
            files={"train/train.csv": fruit.as_csv(fruit.rows(60))},
        ).write()
    )
    assert result.code == 0, result.log
    contenders = {contender["name"]: contender for contender in result.confirm["contenders"]}
    for planned, hyperparameters in CATALOGUED:
        assert contenders[f"defaults:{planned['key']}"]["hyperparameters"] == hyperparameters
    assert {contender["status"] for contender in contenders.values()} == {"scored"}


def test_the_data_is_summed_up_without_a_single_value_of_it(finished: Finished) -> None:
    profile = finished.confirm["profile"]
    features = {feature["name"]: feature for feature in profile["features"]}
    assert profile["features_in_all"] == len(features) == 7
    weight = features["weight"]
    assert weight["kind"] == "numeric"
    assert 0 < weight["missing"] < 30
    assert 60 < weight["mean"] < 100
    assert weight["standard_deviation"] > 10
    assert (features["colour"]["kind"], features["colour"]["distinct"]) == ("categorical", 4)
    assert features["remark"].keys() == {"name", "kind", "missing", "distinct"}
    assert features["picked"].keys() == {"name", "kind", "missing"}
    rows = {one_class["label"]: one_class["rows"] for one_class in profile["target"]["classes"]}
    assert rows == {"apple": 32, "pear": 32, "plum": 32}


def test_what_is_selected_is_compared_with_every_other_contender(finished: Finished) -> None:
    confirm = finished.confirm
    means = {contender["name"]: contender["mean"] for contender in confirm["contenders"]}
    assert {comparison["a"] for comparison in confirm["comparisons"]} == {confirm["selected"]}
    differences = {
        comparison["b"]: comparison["difference"] for comparison in confirm["comparisons"]
    }
    assert differences.keys() == means.keys() - {confirm["selected"]}
    for name, difference in differences.items():
        assert difference == pytest.approx(means[confirm["selected"]] - means[name])


def test_test_rows_that_cannot_be_scored_do_not_undo_the_run(
    tmp_path: Path, fork_server: ForkServer
) -> None:
    job = confirm_job(
        tmp_path / "ml",
        {},
        metric="roc_auc_ovr",
        data={"test": part("test.csv")},
        final_test={"kind": "file"},
    )
    (job.base / "input/data/test").mkdir()
    (job.base / "input/data/test/test.csv").write_text(fruit.as_csv(fruit.rows(1)))
    finished = fork_server.run(job)
    assert finished.code == 0, finished.log
    contenders = finished.confirm["contenders"]
    assert {contender["status"] for contender in contenders} == {"scored"}
    assert {contender["test_score"] for contender in contenders} == {None}
    assert any("no test score" in warning for warning in finished.confirm["warnings"])


def test_without_time_all_of_the_explanation_is_excluded_and_named_and_the_model_is_there(
    tmp_path: Path, fork_server: ForkServer
) -> None:
    finished = fork_server.run(
        confirm_job(tmp_path / "ml", {}, report={"explanation_time_ratio": 0.0})
    )
    assert finished.code == 0, finished.log
    explanation = ConfirmScores.model_validate(finished.confirm).explanation
    assert explanation is not None
    named = {skipped.step for skipped in explanation.skipped}
    assert {"errors", "segments"} <= named
    assert {skipped.reason for skipped in explanation.skipped} == {"No time was left."}
    missing = (explanation.errors, explanation.segments, explanation.learned)
    assert missing == (None, None, None)
    assert (finished.base / "model" / "model.skops").is_file()
    assert (finished.base / "output" / "data" / "predictions.parquet").is_file()


def test_no_scored_contender_is_a_failure_in_words(tmp_path: Path, fork_server: ForkServer) -> None:
    job = confirm_job(
        tmp_path / "ml",
        {"n_neighbors": "119"},
        estimators=[estimator("near", "sklearn.neighbors.KNeighborsClassifier")],
        metric="neg_log_loss",
    )
    finished = fork_server.run(job)
    by_name = {contender["name"]: contender for contender in finished.confirm["contenders"]}
    assert by_name["tuned:near"]["status"] == "not scored"
    assert "KNeighborsClassifier" in by_name["tuned:near"]["reason"]
    assert finished.confirm["selected"] == "defaults:near"
