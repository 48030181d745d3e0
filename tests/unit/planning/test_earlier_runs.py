"""Parents of a warm start: SageMaker's limits, with the local SageMaker's rules as the judge."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from local_aws.conditions import CurrentConditions
from local_aws.sagemaker.api.account import Account
from local_aws.sagemaker.api.operations import TuningOperations
from local_aws.sagemaker.api.wire import Wire
from local_aws.sagemaker.errors import SageMakerError
from local_aws.sagemaker.jobs.store import Store
from local_aws.sagemaker.jobs.training_job import TrainingJob, Tuned
from tests.support.environ import ENVIRON
from tests.support.fakes import client_error
from tests.support.planning import ENVIRONMENT, IRIS, World
from tunedrop.environment import StartJobEnvironment
from tunedrop.running.attempts import first_settings
from tunedrop.running.job_requests import AttemptRequest, tuning_request
from tunedrop.running.jobs import Job
from tunedrop_common.plan import Plan

OBJECTIVE = "validation:balanced_accuracy"


class Judge:
    """The local SageMaker's operations, whose jobs end when a test says so."""

    def __init__(self, folder: Path) -> None:
        self._store = Store(folder / "jobs.json")
        self._wire = Wire()
        scheduler: Any = self
        account = Account(self._store, scheduler, CurrentConditions(), lambda job: None)
        self._operations = TuningOperations(account).operations()

    def add(self, work: Any) -> None:
        """Take the scheduler's part: run nothing."""

    def create(self, request: Any) -> None:
        """Send a create call; what SageMaker refuses is raised."""
        self._send("CreateHyperParameterTuningJob", request)

    def complete(self, name: str, training_jobs: int) -> None:
        """Complete a tuning job with its training jobs."""
        job = self._store.tuning_job(name)
        assert job is not None
        request: dict[str, Any] = {"HyperParameters": {}, "OutputDataConfig": {}}
        for number in range(training_jobs):
            training_job = TrainingJob(f"{name}-{number}", request, {})
            training_job.tuned = Tuned(name, job.arn, {}, OBJECTIVE, "Maximize")
            training_job.measure(OBJECTIVE, 0.9)
            training_job.finish("Completed", "Completed")
            job.training_jobs.append(training_job)
        job.change("Completed")

    def describe_hyper_parameter_tuning_job(self, **request: Any) -> dict[str, Any]:
        try:
            return self._send("DescribeHyperParameterTuningJob", request)
        except SageMakerError as error:
            raise client_error(error.code, 400, error.message, "Describe") from error

    def _send(self, operation: str, request: Any) -> dict[str, Any]:
        parsed = self._wire.parse(operation, json.dumps(request).encode())
        answer: dict[str, Any] = json.loads(
            self._wire.render(operation, self._operations[operation](parsed))
        )
        return answer


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World()
    world.sagemaker = Judge(tmp_path)  # type: ignore[assignment]
    limits = replace(ENVIRONMENT.limits, max_training_jobs=3000)
    world.environment = replace(ENVIRONMENT, limits=limits)
    world.drop("iris/train.csv", IRIS)
    return world


def tune(world: World, yaml: str) -> Plan:
    """Plan a run, send its create calls, and let its tuning jobs end."""
    world.clock.advance(1000)
    plan = world.plan(world.run(world.drop("iris/tuning.yaml", yaml), f"{world.clock.time}"))
    judge: Any = world.sagemaker
    deployment = StartJobEnvironment.from_environ(ENVIRON)
    for job in plan.tuning_jobs:
        item = Job(dataset=plan.dataset, run_id=plan.run_id, job=job.name, kind="tuning")
        attempt = AttemptRequest(job.name, first_settings(plan, item), "arn")
        judge.create(tuning_request(plan, job, deployment, attempt))
        judge.complete(job.name, job.max_training_jobs)
    return plan


@pytest.mark.parametrize(
    ("training_jobs", "parents"),
    [
        (120, [0, 1, 2, 3, 4, 5, 5]),
        (375, [0, 1, 1]),
        (376, [0, 0]),
        (750, [0, 0]),
    ],
)
def test_no_retune_breaks_the_limit_of_training_jobs(
    world: World, training_jobs: int, parents: list[int]
) -> None:
    yaml = f"estimators: [linear]\ntraining_jobs: {training_jobs}"
    plans = [tune(world, f"{yaml} # {number}") for number in range(len(parents))]
    assert [len(plan.tuning_jobs[0].parents) for plan in plans] == parents


def test_a_parent_that_is_too_large_is_left_out_for_an_older_one_that_fits(world: World) -> None:
    first = tune(world, "estimators: [linear]\ntraining_jobs: 100")
    tune(world, "estimators: [linear]\ntraining_jobs: 700")
    third = tune(world, "estimators: [linear]\ntraining_jobs: 90")
    fourth = tune(world, "estimators: [linear]\ntraining_jobs: 60")
    names = [plan.tuning_jobs[0].name for plan in (third, first)]
    assert list(fourth.tuning_jobs[0].parents) == names


def test_a_large_random_search_has_no_parents(world: World) -> None:
    tune(world, "estimators: [linear]\nstrategy: random\ntraining_jobs: 20")
    with pytest.raises(SageMakerError, match=r"is 750 Training Jobs.*delta of 800 "):
        tune(world, "estimators: [linear]\nstrategy: random\ntraining_jobs: 800")


@pytest.mark.parametrize(("changed", "is_parent"), [(5, True), (6, False)])
def test_another_static_value_is_two_of_the_ten_changes(
    world: World, changed: int, is_parent: bool
) -> None:
    names = (
        "max_bins",
        "max_leaf_nodes",
        "min_samples_leaf",
        "n_iter_no_change",
        "max_depth",
        "max_iter",
    )

    def yaml(value: int, new_value: int) -> str:
        fixed = ", ".join(
            f"{n}: {new_value if i < changed else value}" for i, n in enumerate(names)
        )
        return f"estimators: {{hist_gradient_boosting: {{fixed: {{{fixed}}}}}}}"

    tune(world, yaml(20, 20))
    assert bool(tune(world, yaml(20, 30)).tuning_jobs[0].parents) == is_parent
