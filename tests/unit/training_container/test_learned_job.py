"""Confirm's job says what the model learned, and what there was no time for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.training import fruit
from tests.support.training.forks import ForkServer
from tests.support.training.jobs import Finished, Job, estimator, plan
from tunedrop_common.explanation import Explanation

BOOSTING = estimator(
    "boosting", "sklearn.ensemble.HistGradientBoostingClassifier", fixed={"max_iter": "10"}
)
STEPS = ["importance", "learning curve", "partial dependence"]


def confirmed(base: Path, fork_server: ForkServer, **report: Any) -> Finished:
    job_plan = plan(
        fruit.columns(), estimators=[BOOSTING], confirm={"folds": 3, "repeats": 2}, report=report
    )
    files: dict[str, bytes | str] = {"train/train.csv": fruit.as_csv(fruit.rows(240))}
    job = Job(base, job_plan, {"max_iter": "10"}, job="confirm", files=files).write()
    finished = fork_server.run(job)
    assert finished.code == 0, finished.log
    return finished


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, fork_server: ForkServer) -> Finished:
    return confirmed(
        tmp_path_factory.mktemp("learned") / "ml", fork_server, explanation_time_ratio=1000
    )


def test_columns_as_dropped_are_judged_by_a_job_of_mixed_columns(finished: Finished) -> None:
    explanation = Explanation.model_validate(finished.confirm["explanation"])
    assert not {skipped.step for skipped in explanation.skipped} & set(STEPS)
    learned = explanation.learned
    assert learned is not None
    assert learned.folds == 6
    names = [name for importance in learned.importance for name in importance.columns]
    assert sorted(names) == sorted(
        ["weight", "size", "colour", "orchard", "ripe", "picked", "remark"]
    )
    significant = {
        importance.columns for importance in learned.importance if importance.is_significant
    }
    assert ("colour",) in significant
    assert significant <= {("colour",), ("weight",), ("size",)}
    assert learned.dependence[0].column == "colour"
    assert set(learned.dependence[0].grid_values) == {"red", "green", "yellow", "blue"}
    assert learned.dependence[0].of_class in fruit.CLASSES
    assert explanation.learning_curve is not None
    assert [point.rows for point in explanation.learning_curve.points] == [40, 80, 160]
