"""A deployment in memory: bucket, SageMaker, Step Functions, one run, and crashes at any call."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support import plans
from tests.support.environ import ENVIRON
from tests.support.fake_sagemaker import WorkflowSageMaker
from tests.support.fake_stepfunctions import FakeStepFunctions
from tests.support.fakes import FakeEvents, FakeS3
from tests.support.plans import logarithmic
from tunedrop import clients, keys
from tunedrop.admission_state import AdmissionState, Slot
from tunedrop.environment import Network, StartJobEnvironment
from tunedrop.events import EventBus
from tunedrop.objects import ObjectVersion
from tunedrop.run_record import Run, write_run
from tunedrop.running.job_start import JobStart
from tunedrop.running.jobs import Job, Kind
from tunedrop.running.quota_wait import QuotaWait
from tunedrop.storage import Bucket
from tunedrop.trigger import Trigger
from tunedrop_common.plan import Plan

BUCKET = "tunedrop-data"
STATE_MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:Tunedrop"
EXECUTION = "arn:aws:states:eu-west-1:123456789012:execution:Tunedrop:8a6f"
OTHER_EXECUTION = "arn:aws:states:eu-west-1:123456789012:execution:Tunedrop:ffff"
RUN_ID = "20261123T120000Z-1a2b3c4d"
PREFIX = "0a1b2c3d"
TUNING_JOB = f"td-{PREFIX}-0123456789-0"
OTHER_TUNING_JOB = f"td-{PREFIX}-0123456789-1"
CONFIRM_JOB = f"tc-{PREFIX}-0123456789"
# SageMaker's names of first attempts.
TUNING_1, OTHER_TUNING_1, CONFIRM_1 = f"{TUNING_JOB}-1", f"{OTHER_TUNING_JOB}-1", f"{CONFIRM_JOB}-1"
NOW = datetime(2026, 11, 23, 14, 0, 0, tzinfo=UTC)
# What Admit gives an execution.
GIVEN = {"dataset": "iris", "run_id": RUN_ID}
FOLDER = f"runs/iris/{RUN_ID}/"
DEPLOYMENT = StartJobEnvironment(
    bucket=BUCKET,
    training_role_arn="arn:aws:iam::123456789012:role/TunedropTraining",
    network=Network(subnets=(), security_groups=(), isolation=False, encrypt_traffic=False),
    kms_key_arn="",
    tags={"team": "forecasting"},
    topic="arn:aws:sns:eu-west-1:123456789012:Tunedrop",
    quota_wait_seconds=86400.0,
)


def estimator(key: str = "hist_gradient_boosting", **changes: Any) -> dict[str, Any]:
    """Make an estimator of a plan."""
    return {
        "key": key,
        "class_path": "sklearn.ensemble.HistGradientBoostingClassifier",
        "fixed": {"max_iter": "200"},
        "ranges": {
            "learning_rate": logarithmic(0.01, 1.0),
            "max_leaf_nodes": {"kind": "integer", "minimum": 2, "maximum": 64},
            "preprocess__imputation": {"kind": "categorical", "values": ["mean", "median"]},
        },
        **changes,
    }


def tuning_job(name: str = TUNING_JOB, **changes: Any) -> dict[str, Any]:
    """Make a tuning job of a plan."""
    return plans.tuning_job(name, **{"estimator": estimator(), "max_training_jobs": 15, **changes})


def make_plan(**changes: Any) -> Plan:
    """Make a plan with two tuning jobs."""
    second = estimator("linear", class_path="sklearn.linear_model.LogisticRegression", fixed={})
    defaults = {"run_id": RUN_ID, "metric": {"additional": ["accuracy"]}}
    jobs = [tuning_job(), tuning_job(OTHER_TUNING_JOB, estimator=second)]
    columns = [plans.column("species", "categorical", "target")]
    return Plan.model_validate(plans.plan_json(columns, jobs, **defaults | changes))


class Crash(BaseException):
    """The Lambda is killed; not an Exception, as no handler gets to see it."""


@dataclass
class Power:
    """Goes out before or after the n-th call to AWS, counted over all clients."""

    calls_left: int | None = None
    after: bool = False
    calls: int = 0

    def around(self, call: Callable[..., Any], parameters: dict[str, Any]) -> Any:
        """Make a call, unless the power goes out first."""
        self.calls += 1
        last = self.calls_left is not None and self.calls > self.calls_left
        if last and not self.after:
            raise Crash
        answer = call(**parameters)
        if last:
            raise Crash
        return answer


@dataclass(frozen=True)
class Powered:
    """A client that dies with the power."""

    client: Any
    power: Power

    def __getattr__(self, name: str) -> Any:
        call = getattr(self.client, name)
        if name == "get_paginator":
            return call
        return lambda **parameters: self.power.around(call, parameters)


@dataclass
class World:
    """AWS as one run of the dataset iris sees it."""

    s3: FakeS3 = field(default_factory=FakeS3)
    sagemaker: WorkflowSageMaker = field(default_factory=WorkflowSageMaker)
    stepfunctions: FakeStepFunctions = field(default_factory=FakeStepFunctions)
    events: FakeEvents = field(default_factory=FakeEvents)
    power: Power = field(default_factory=Power)
    told: list[tuple[str, str]] = field(default_factory=list)

    @property
    def bucket(self) -> Bucket:
        """The bucket through a client that dies with the power."""
        client: Any = Powered(self.s3, self.power)
        return Bucket(client, BUCKET, pause=lambda seconds: None)

    @property
    def jobs(self) -> Any:
        """SageMaker's client."""
        return Powered(self.sagemaker, self.power)

    @property
    def executions(self) -> Any:
        """Step Functions' client."""
        return Powered(self.stepfunctions, self.power)

    @property
    def bus(self) -> EventBus:
        """The bus of events."""
        client: Any = Powered(self.events, self.power)
        return EventBus(client, "default")

    def connect(self, patch: pytest.MonkeyPatch) -> None:
        """Let handlers use this world."""
        patch.setattr(clients, "s3", lambda: self.s3)
        patch.setattr(clients, "sagemaker", lambda: self.sagemaker)
        patch.setattr(clients, "stepfunctions", lambda: self.stepfunctions)
        patch.setattr(clients, "events", lambda: self.events)
        for name, value in {**ENVIRON, "TUNEDROP_BUCKET": BUCKET}.items():
            patch.setenv(name, value)

    def claim(self, execution: str = EXECUTION, run_id: str = RUN_ID) -> None:
        """Write the run.json that Admit writes, and give the run its slot."""
        version = ObjectVersion("datasets/iris/train.csv", "v1", '"e"', 10, NOW)
        trigger = Trigger(kind="object", time=NOW)
        run = Run("iris", run_id, "0" * 64, (version,), execution, trigger)
        bucket: Any = self.s3
        write_run(Bucket(bucket, BUCKET), run)
        slot = Slot(run_id=run_id, since=NOW, trigger=trigger, started=True)
        self.s3.put(
            keys.ADMISSION_STATE, AdmissionState(since=NOW, slots={"iris": slot}).to_bytes()
        )

    def put_plan(self, plan: Plan | None = None) -> Plan:
        """Write plan.json."""
        plan = plan or make_plan()
        self.put_json(f"runs/{plan.dataset}/{plan.run_id}/plan.json", plan.model_dump(mode="json"))
        return plan

    def put_json(self, key: str, value: Any) -> None:
        """Write a document."""
        self.s3.put(key, json.dumps(value))

    def json(self, key: str) -> Any:
        """Read a document."""
        return json.loads(self.s3.body(key))

    def has(self, key: str) -> bool:
        """Return whether there is an object."""
        return bool(self.s3.keys(key)[:1] == [key])

    def result(self, job: str = TUNING_JOB) -> Any:
        """Read how a job ended."""
        return self.json(f"{FOLDER}jobs/{job}.result.json")

    def put_result(self, job: str, **result: Any) -> None:
        """Write how a job ended."""
        self.put_json(f"{FOLDER}jobs/{job}.result.json", {"job": job, **result})

    def failure(self) -> Any:
        """Read failure.json."""
        return self.json(f"{FOLDER}failure.json")

    def state(self) -> Any:
        """All that a crash must not change in the end; the next run completes the index."""
        object_keys = [key for key in self.s3.keys("") if not key.startswith("index/")]
        return {
            "objects": {key: self.s3.body(key) for key in object_keys},
            "written": {key: len(self.s3.versions[key]) for key in self.s3.keys("runs/")},
            "tuning jobs": self.sagemaker.tuning_jobs,
            "training jobs": self.sagemaker.training_jobs,
            "answers": [answer for _, answer in self.stepfunctions.answers],
            "failures": [failure[1:] for failure in self.stepfunctions.failures],
        }


def claimed(*jobs: str) -> World:
    """Make the world of a run that has asked for some jobs, which are in progress."""
    world = World()
    world.claim()
    for name in jobs:
        world.put_json(f"{FOLDER}jobs/{name}.request.json", {})
        world.sagemaker.add(name, execution=EXECUTION)
    return world


def job(name: str = TUNING_JOB, attempt: str = "") -> Job:
    """Make the item of a job of the run."""
    kind: Kind = "tuning" if name.startswith("td-") else "confirm"
    return Job(dataset="iris", run_id=RUN_ID, job=name, kind=kind, attempt=attempt)


def start_job(
    world: World,
    name: str = TUNING_JOB,
    deployment: StartJobEnvironment = DEPLOYMENT,
    *,
    now: datetime = NOW,
) -> Job:
    """Start a job as StartJob does; its messages to people go into `world.told`."""

    def publish(subject: str, message: str) -> None:
        world.told.append((subject, message))

    wait = QuotaWait(world.bucket, publish, seconds=deployment.quota_wait_seconds, now=now)
    return JobStart(world.bucket, world.jobs, deployment, wait, EXECUTION).start(job(name))


def assert_survives_every_crash(
    make: Callable[[], World], act: Callable[[World, int], Any]
) -> None:
    """Kill the action before and after each of its calls, repeat it, and compare the end states.

    Parameters
    ----------
    act
        The action; its second argument counts the attempts.
    """
    undisturbed = make()
    act(undisturbed, 0)
    expected, calls = undisturbed.state(), undisturbed.power.calls
    assert calls > 0
    for position in range(calls):
        for after in (False, True):
            world = make()
            world.power.calls_left, world.power.after = position, after
            try:
                act(world, 0)
            except Crash:
                world.power.calls_left = None
                act(world, 1)
            else:
                raise AssertionError(f"call {position} of {calls} never came")
            assert world.state() == expected, f"killed {'after' if after else 'before'} {position}"
