"""What Confirm says about a model's errors, by the job as SageMaker runs it."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import (
    brier_score_loss,
    confusion_matrix,
    mean_absolute_error,
    roc_auc_score,
)

from sklearn_trainer.evaluation.predictions import Predicted
from sklearn_trainer.explanation.classification import classification_errors
from sklearn_trainer.explanation.contender_predictions import ContenderPredictions, ScoredRows
from sklearn_trainer.explanation.errors import compare_to_champion
from sklearn_trainer.explanation.regression import regression_errors
from tests.support.training.forks import ForkServer
from tests.support.training.fruit import as_csv
from tests.support.training.jobs import Finished, Job, column, estimator, plan
from tunedrop_common.explanation import Explanation
from tunedrop_common.model_errors import ClassificationErrors, RegressionErrors

ROWS = 700
RATIO = 0.5  # of three folds
LOGISTIC = estimator("linear", "sklearn.linear_model.LogisticRegression")
RIDGE = estimator("linear", "sklearn.linear_model.Ridge")
CHAMPIONS = {  # that hardly learn anything
    "classification": ("sklearn.tree.DecisionTreeClassifier", {"min_samples_leaf": "300"}),
    "regression": ("sklearn.linear_model.Lasso", {"alpha": "1000000"}),
}
FEATURES = [column("size"), column("age"), column("shop", "categorical")]


def rows(*, planted: bool, signal: bool = True) -> list[dict[str, Any]]:
    """Return sales: those of a planted shop are not what their sizes say."""
    draw = random.Random(4)  # noqa: S311 - a table that is the same every time
    table = []
    for number in range(ROWS):
        size, age = draw.gauss(0, 1), draw.randrange(18, 80)
        shop = draw.choice(["north", "south", "east", "west"])
        strange = planted and shop == "west"
        told = 0.0 if strange else 3 * size * signal
        price = 100 + told + draw.gauss(0, 4 if strange else 1)
        table.append(
            {
                "size": "" if draw.random() < 0.05 else round(size, 3),
                "age": age,
                "shop": shop,
                "importance": draw.choice([1, 2]),
                "customer": number // 3,
                "sold": "yes" if price > 100 else "no",
                "price": round(price, 3),
            }
        )
    return table


def explanation_of(
    base: Path, server: ForkServer, task: Any, table: list[dict[str, Any]], **changes: Any
) -> Finished:
    kind, target = ("categorical", "sold") if task == "classification" else ("numeric", "price")
    class_path, fixed = CHAMPIONS[task]
    champion = {
        "run_id": "20261001T000000Z-00000000",
        "estimator": estimator("weak", class_path, fixed=fixed),
        "hyperparameters": {},
    }
    given = {
        "estimators": [LOGISTIC if task == "classification" else RIDGE],
        "confirm": {"champion": champion},
        "report": {"explanation_time_ratio": 1000.0},  # enough on a busy machine
        **changes,
    }
    columns = [*FEATURES, *given.pop("columns", ()), column(target, kind, "target")]
    job = Job(
        base / "ml",
        plan(columns, task=task, **given),
        job="confirm",
        files={"train/train.csv": as_csv(table)},
    )
    finished = server.run(job.write())
    assert finished.code == 0, finished.log
    return finished


def explanation(finished: Finished) -> Explanation:
    found = Explanation.model_validate(finished.confirm["explanation"])
    assert not {"errors", "segments"} & {each.step for each in found.skipped}, found.skipped
    return found


def predictions_of(finished: Finished) -> ContenderPredictions:
    """Read predictions.parquet."""
    table, about = finished.predictions, finished.about_predictions
    classes = about["classes"]

    def places(name: str) -> Any:
        return np.searchsorted(classes, table[name].to_numpy()) if classes else table[name]

    contenders = {}
    for name, kind in about["contenders"].items():
        its = [each for each in table.columns if each.startswith(f"{name}:")]
        values = [each for each in its if not each.endswith(":label")]
        labels = places(f"{name}:label").astype(np.int32) if classes else None
        contenders[name] = Predicted(kind, labels, table[values].to_numpy(dtype=np.float32))
    scored = [table[each].to_numpy(np.int64) for each in ("row", "fold", "repeat")]
    optional = {name: table[name].to_numpy() for name in ("weight", "group") if name in table}
    return ContenderPredictions(
        scored=ScoredRows(*scored),
        actual=np.asarray(places("actual")),
        classes=classes,
        weights=optional.get("weight"),
        groups=optional.get("group"),
        contenders=contenders,
        selected=about["selected"],
        of_rows=ROWS,
    )


@pytest.fixture(scope="module", params=["plain", "weights and groups"])
def classified(
    request: Any, tmp_path_factory: pytest.TempPathFactory, fork_server: ForkServer
) -> Finished:
    folder = tmp_path_factory.mktemp("classified")
    about = [column("importance", "numeric", "weight"), column("customer", "numeric", "group")]
    folds = {"kind": "grouped", "stratified": False}
    changes: dict[str, Any] = {"columns": about, "cross_validation": folds}
    if request.param == "plain":
        changes = {}
    return explanation_of(folder, fork_server, "classification", rows(planted=True), **changes)


@pytest.fixture(scope="module")
def regressed(tmp_path_factory: pytest.TempPathFactory, fork_server: ForkServer) -> Finished:
    folder = tmp_path_factory.mktemp("regressed")
    return explanation_of(folder, fork_server, "regression", rows(planted=True))


def test_every_number_about_a_classifiers_errors_is_in_the_file_of_predictions(
    classified: Finished,
) -> None:
    found, predictions = explanation(classified), predictions_of(classified)
    errors = found.errors
    assert isinstance(errors, ClassificationErrors)
    weights = predictions.weights
    assert (errors.basis.weighted, errors.basis.groups) == (
        weights is not None,
        None if predictions.groups is None else len(np.unique(predictions.groups)),
    )
    assert errors == classification_errors(predictions, RATIO)
    assert found.against_champion == compare_to_champion(predictions)
    once = predictions.first_repeat()
    likely = once.predicted.of_class(1)
    counts = confusion_matrix(once.actual, once.predicted.predicted_class)
    assert np.array_equal(errors.confusion.counts, counts)
    area = roc_auc_score(once.actual, likely, sample_weight=once.weights)
    assert errors.roc[0].area.value == pytest.approx(area)
    assert errors.calibration is not None
    brier = brier_score_loss(once.actual, likely, sample_weight=once.weights)
    assert errors.calibration.brier.value == pytest.approx(brier)


def test_every_number_about_a_regressors_errors_is_in_the_file_of_predictions(
    regressed: Finished,
) -> None:
    found, predictions = explanation(regressed), predictions_of(regressed)
    assert isinstance(found.errors, RegressionErrors)
    assert found.errors == regression_errors(predictions)
    assert found.against_champion == compare_to_champion(predictions)
    once = predictions.first_repeat()
    off = mean_absolute_error(once.actual, once.predicted.values[:, 0])
    assert found.errors.mean_absolute_error.value == pytest.approx(off)


def test_a_segment_that_is_worse_by_construction_is_found(
    classified: Finished, regressed: Finished
) -> None:
    for finished in (classified, regressed):
        segments = explanation(finished).segments
        assert segments is not None
        first, *others = (each.label for each in segments.segments if each.is_significant)
        assert first == "shop west"
        assert all(label.startswith("size") for label in others)  # missing, and near the threshold


def test_the_worst_rows_are_numbered_as_in_the_training_file(regressed: Finished) -> None:
    worst = explanation(regressed).worst_rows
    table = rows(planted=True)
    assert len(worst) == 10
    assert [each.error for each in worst] == sorted((each.error for each in worst), reverse=True)
    assert sum(table[each.number - 1]["shop"] == "west" for each in worst) >= 8
    assert all(each.values == {} and each.actual is None for each in worst)


def test_noise_and_constant_predictions_say_nothing_and_fail_nothing(
    tmp_path: Path, fork_server: ForkServer
) -> None:
    lasso = estimator(
        "lasso",
        "sklearn.linear_model.Lasso",
        fixed={"alpha": "1000000"},
        fixed_by_config=("alpha",),
    )
    finished = explanation_of(
        tmp_path,
        fork_server,
        "regression",
        rows(planted=False, signal=False),
        estimators=[lasso],
        confirm={},
        report={"explanation_time_ratio": 1000.0, "show_worst_rows": True, "segments": ["shop"]},
    )
    found = explanation(finished)
    assert isinstance(found.errors, RegressionErrors)
    assert 1 <= len(found.errors.bins) <= 6  # three folds, two means each at most
    assert found.against_champion is None
    assert found.segments is not None
    assert not any(each.is_significant for each in found.segments.segments)
    assert {each.label for each in found.segments.segments} == {
        f"shop {name}" for name in ("north", "south", "east", "west")
    }
    first = found.worst_rows[0]
    shown = rows(planted=False, signal=False)[first.number - 1]
    assert (first.actual, first.values["shop"]) == (shown["price"], shown["shop"])
    assert first.values.keys() == {"size", "age", "shop"}
