"""An epoch is a fold, for any estimator: what SageMaker's early stopping and Hyperband read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.planning import IRIS, World
from tests.support.service_model import violations
from tests.support.training.forks import ForkServer
from tests.support.training.jobs import Job
from tests.support.workflow_world import DEPLOYMENT, EXECUTION
from tunedrop.running.attempts import first_settings
from tunedrop.running.job_requests import AttemptRequest, tuning_request
from tunedrop.running.jobs import Job as WorkflowJob

RANGES = "estimators: {NearestCentroid: {ranges: {shrink_threshold: {min: 0.01, max: 2}}}}\n"


@pytest.mark.parametrize(
    ("how", "folds", "stopping", "strategy"),
    [
        ("strategy: hyperband", 8, "Off", {"MinResource": 1, "MaxResource": 8}),
        ("early_stopping: auto", 5, "Auto", None),
    ],
)
def test_an_estimator_outside_of_the_catalogue_tells_its_objective_after_each_fold(
    how: str,
    folds: int,
    stopping: str,
    strategy: dict[str, int] | None,
    tmp_path: Path,
    fork_server: ForkServer,
) -> None:
    world = World()
    world.drop("iris/train.csv", IRIS)
    planned = world.plan(world.run(world.drop("iris/tuning.yaml", RANGES + how)))
    (tuning_job,) = planned.tuning_jobs
    job_item = WorkflowJob(
        dataset=planned.dataset, run_id=planned.run_id, job=tuning_job.name, kind="tuning"
    )
    attempt = AttemptRequest(f"{tuning_job.name}-1", first_settings(planned, job_item), EXECUTION)
    request: Any = tuning_request(planned, tuning_job, DEPLOYMENT, attempt)
    config = request["HyperParameterTuningJobConfig"]
    assert violations("sagemaker", "CreateHyperParameterTuningJob", request) == []
    assert config["TrainingJobEarlyStoppingType"] == stopping
    assert config.get("StrategyConfig", {}).get("HyperbandStrategyConfig") == strategy

    job = Job(
        tmp_path / "ml",
        planned.model_dump(mode="json"),
        {"shrink_threshold": "0.5"},
        files={f"train/{planned.data.train.files[0]}": IRIS},
    ).write()
    finished = fork_server.run(job)
    assert finished.code == 0, finished.log
    assert len(finished.lines) == folds
    objective = config["HyperParameterTuningJobObjective"]["MetricName"]
    definitions = request["TrainingJobDefinition"]["AlgorithmSpecification"]["MetricDefinitions"]
    (pattern,) = [
        definition["Regex"] for definition in definitions if definition["Name"] == objective
    ]
    emitted = [float(re.findall(pattern, line)[0]) for line in finished.lines]
    values = finished.tune["metrics"][planned.metric.objective]
    spread = re.search(r"fold_spread=([^;]+);", finished.lines[-1])
    assert spread
    assert float(spread[1]) == float(np.std(values))
    assert emitted == [float(np.mean(values[: n + 1])) for n in range(folds)]
    (folds_pattern,) = [
        definition["Regex"] for definition in definitions if definition["Name"] == "folds_done"
    ]
    counted = [float(re.findall(folds_pattern, line)[0]) for line in finished.lines]
    assert counted == list(range(1, folds + 1))
