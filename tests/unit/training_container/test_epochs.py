"""An epoch is a fold, for any estimator: what SageMaker's early stopping and Hyperband read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from tests.support.planning import IRIS, World
from tests.support.training.forks import ForkServer
from tests.support.training.jobs import Job
from tests.support.workflow_world import DEPLOYMENT, EXECUTION
from tunedrop.running.attempts import first_settings
from tunedrop.running.job_requests import AttemptRequest, tuning_request
from tunedrop.running.jobs import Job as WorkflowJob

CONFIG = """\
estimators: {NearestCentroid: {ranges: {shrink_threshold: {min: 0.01, max: 2}}}}
strategy: hyperband
"""


def test_an_estimator_outside_of_the_catalogue_tells_its_objective_after_each_fold(
    tmp_path: Path, fork_server: ForkServer
) -> None:
    world, folds = World(), 8
    world.drop("iris/train.csv", IRIS)
    planned = world.plan(world.run(world.drop("iris/tuning.yaml", CONFIG)))
    (tuning_job,) = planned.tuning_jobs
    job_item = WorkflowJob(
        dataset=planned.dataset, run_id=planned.run_id, job=tuning_job.name, kind="tuning"
    )
    attempt = AttemptRequest(f"{tuning_job.name}-1", first_settings(planned, job_item), EXECUTION)
    request: Any = tuning_request(planned, tuning_job, DEPLOYMENT, attempt)
    config = request["HyperParameterTuningJobConfig"]
    hyperband = config["StrategyConfig"]["HyperbandStrategyConfig"]
    assert hyperband == {"MinResource": 1, "MaxResource": folds}

    job = Job(
        tmp_path / "ml",
        planned.model_dump(mode="json"),
        {"shrink_threshold": "0.5"},
        files={f"train/{planned.data.train.files[0]}": IRIS},
    ).write()
    finished = fork_server.run(job)
    assert finished.code == 0, finished.log
    assert len(finished.lines) == folds
    definitions = request["TrainingJobDefinition"]["AlgorithmSpecification"]["MetricDefinitions"]
    patterns = {definition["Name"]: definition["Regex"] for definition in definitions}

    def emitted(name: str) -> list[float]:
        return [float(re.findall(patterns[name], line)[0]) for line in finished.lines]

    values = finished.tune["metrics"][planned.metric.objective]
    means = [float(np.mean(values[: number + 1])) for number in range(folds)]
    assert emitted(config["HyperParameterTuningJobObjective"]["MetricName"]) == means
    assert emitted("folds_done") == list(range(1, folds + 1))
    spread = re.search(r"fold_spread=([^;]+);", finished.lines[-1])
    assert spread
    assert float(spread[1]) == float(np.std(values))
