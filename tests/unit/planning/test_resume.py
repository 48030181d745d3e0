from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.support.fakes import client_error
from tests.support.planning import IRIS, World
from tunedrop.environment import ReportSettings
from tunedrop.errors import LimitError
from tunedrop.planning.plan_run import plan_run
from tunedrop.run_record import Run
from tunedrop.running import jobs
from tunedrop.storage import Bucket
from tunedrop.trigger import ForcedStart, Trigger
from tunedrop_common.plan import Plan

M5 = ("ml.m5.large", "ml.m5.xlarge", "ml.m5.2xlarge", "ml.m5.4xlarge")
TUNING = "warm_start: off\nestimators: [linear, hist_gradient_boosting]\n"


class Failed:
    """A run of iris that failed, and a run of the same contents that resumes it."""

    def __init__(self) -> None:
        self.world = World()
        self.world.drop("iris/train.csv", IRIS)
        event = self.world.drop("iris/tuning.yaml", TUNING)
        self.plan = self.world.plan(self.world.run(event))
        for job in self.plan.tuning_jobs:
            self.put(f"jobs/{jobs.name_attempt(job.name, 1)}.request.json", {})

    def put(self, name: str, content: Any, run_id: str = "") -> None:
        key = f"runs/iris/{run_id or self.plan.run_id}/{name}"
        self.world.s3.put(key, json.dumps(content))

    def tuned(self, name: str, *, completed: int = 30, scored: int = 30, status: str = "") -> None:
        """Store in the fake SageMaker a tuning job."""
        self.world.sagemaker.tuning_jobs[name] = {
            "HyperParameterTuningJobName": name,
            "HyperParameterTuningJobArn": "arn",
            "HyperParameterTuningJobStatus": status or "Completed",
            "TrainingJobStatusCounters": {"Completed": completed},
            "ObjectiveStatusCounters": {"Succeeded": scored},
        }

    def ran_out_of_memory(self, index: int, types: Sequence[str]) -> None:
        """Store attempts at a tuning job that each ran out of memory."""
        for number, instance_type in enumerate(types, start=1):
            definition = {"ResourceConfig": {"InstanceType": instance_type}}
            name = self.attempt(index, number)
            self.put(f"jobs/{name}.request.json", {"TrainingJobDefinition": definition})
            self.put(f"jobs/{name}.result.json", {"status": "Failed", "cause": "memory"})

    def attempt(self, index: int, number: int = 1) -> str:
        return jobs.name_attempt(self.plan.tuning_jobs[index].name, number)

    def allow(self, *types: str, usd_per_hour: Any = None, **limits: Any) -> None:
        """Change the deployment's limits."""
        environment = self.world.environment
        changed = {"instance_types": types, "prices_usd_per_hour": usd_per_hour or {}, **limits}
        self.world.environment = replace(environment, limits=replace(environment.limits, **changed))

    def resume_within(self, max_cost_usd: float) -> Plan:
        """Resume at a dollar an hour for each type, where one attempt costs 61 dollars at most."""
        types = ("ml.m5.large", "ml.m5.xlarge")
        self.allow(*types, usd_per_hour=dict.fromkeys(types, 1.0), max_cost_usd=max_cost_usd)
        return self.resume()

    def resume(self, failed_run: str = "") -> Plan:
        """Plan a run that Admit started with the failed one's contents."""
        failed_run = failed_run or self.plan.run_id
        run_id = f"{failed_run[:-8]}{int(failed_run[-8:], 16) + 1:08x}"
        request = ForcedStart(id="1", resume=failed_run)
        trigger = Trigger(kind="resume", time=self.world.clock.time, requests=(request,))
        bucket = Bucket(self.world.s3, "bucket")  # type: ignore[arg-type]
        sagemaker: Any = self.world.sagemaker
        run = Run("iris", run_id, "digest", (), trigger=trigger)
        return self.world.plan(plan_run(run, bucket, sagemaker, self.world.environment))


def test_finished_tuning_jobs_are_taken_over_and_the_others_start_again() -> None:
    failed = Failed()
    failed.tuned(failed.attempt(0))
    failed.tuned(failed.attempt(1), completed=0, scored=0, status="Failed")
    plan = failed.resume()
    assert [job.finished_job for job in plan.tuning_jobs] == [failed.attempt(0), ""]
    old = {job.name for job in failed.plan.tuning_jobs}
    assert not old & {job.name for job in plan.tuning_jobs}
    assert plan.confirm.name != failed.plan.confirm.name
    assert "the results of 1 of its 2 tuning jobs" in " ".join(plan.decisions)


def test_everything_that_was_decided_about_the_data_stays() -> None:
    failed = Failed()
    plan = failed.resume()
    assert plan.run_id != failed.plan.run_id
    for field in ("data", "metric", "cross_validation", "final_test", "seed", "instance"):
        assert getattr(plan, field) == getattr(failed.plan, field)
    assert plan.confirm.seed == failed.plan.confirm.seed
    assert [j.random_seed for j in plan.tuning_jobs] == [
        j.random_seed for j in failed.plan.tuning_jobs
    ]
    assert plan.warnings == failed.plan.warnings


@pytest.mark.parametrize(
    ("status", "completed", "scored", "is_finished"),
    [
        ("Stopping", 3, 3, True),
        ("Failed", 3, 3, True),
        ("Stopped", 0, 2, False),
        ("Stopped", 2, 0, False),
    ],
)
def test_a_tuning_job_that_was_cut_off_counts_with_a_completed_training_job_and_a_score(
    status: str, completed: int, scored: int, is_finished: bool
) -> None:
    failed = Failed()
    failed.tuned(failed.attempt(0), completed=completed, scored=scored, status=status)
    assert bool(failed.resume().tuning_jobs[0].finished_job) is is_finished


def test_a_resumed_run_that_failed_again_hands_on_what_it_had_taken_over() -> None:
    failed = Failed()
    failed.tuned(failed.attempt(0))
    first = failed.resume()
    again = failed.resume(first.run_id)
    assert again.tuning_jobs[0].finished_job == failed.attempt(0)


def test_the_champion_of_today_is_a_contender() -> None:
    failed = Failed()
    assert failed.plan.confirm.champion is None
    failed.world.promote(failed.plan)
    plan = failed.resume()
    assert plan.confirm.champion is not None
    again = failed.resume(plan.run_id)
    assert again.automatic_decisions.count(plan.confirm.champion_decision) == 1
    assert plan.confirm.max_seconds_per_contender < failed.plan.confirm.max_seconds_per_contender
    assert f"The champion of run {failed.plan.run_id} is among" in plan.confirm.champion_decision


def test_the_deployments_part_of_the_report_is_todays() -> None:
    failed = Failed()
    today = ReportSettings(explanation_time_ratio=0.5, show_worst_rows=True)
    failed.world.environment = replace(failed.world.environment, report=today)
    plan = failed.resume()
    assert (
        plan.report.explanation_time_ratio,
        plan.report.show_worst_rows,
        plan.report.show_categories,
    ) == (0.5, True, True)


@pytest.mark.parametrize(
    ("exhausted", "allowed", "types"),
    [
        # the two tuning jobs of the failed run went different ways
        (
            (["ml.m5.large", "ml.m5.xlarge"], ["ml.m5.large"]),
            M5,
            ["ml.m5.2xlarge", "ml.m5.4xlarge"],
        ),
        ((["ml.m5.large"], []), ("ml.m5.large", "ml.c5.xlarge", "ml.r5.xlarge"), ["ml.r5.xlarge"]),
        (
            (["ml.g5.xlarge"], []),
            ("ml.m5.large", "ml.g5.xlarge", "ml.g5.2xlarge"),
            ["ml.g5.2xlarge"],
        ),
    ],
)
def test_after_out_of_memory_a_resumed_run_starts_on_a_larger_machine(
    exhausted: tuple[list[str], ...], allowed: tuple[str, ...], types: list[str]
) -> None:
    failed = Failed()
    for index, tried in enumerate(exhausted):
        failed.ran_out_of_memory(index, tried)
    failed.allow(*allowed)
    plan = failed.resume()
    assert [plan.instance.type, *(i.type for i in plan.fallback_instances)][: len(types)] == types
    assert f"start on {types[0]}" in " ".join(plan.decisions)


@pytest.mark.parametrize("tried", [M5, ("ml.g5.2xlarge",)])
def test_without_a_larger_machine_a_run_that_ran_out_of_memory_is_not_resumed(
    tried: tuple[str, ...],
) -> None:
    failed = Failed()
    failed.ran_out_of_memory(1, tried)
    failed.allow(*M5)
    with pytest.raises(LimitError) as raised:
        failed.resume()
    error = raised.value
    assert error.what == "The run ran out of memory, and no larger instance type is allowed"
    assert error.where == f"iris/{failed.plan.run_id}"
    assert tried[-1] in error.found
    assert "limits.instance_types" in error.expected
    assert f"tunedrop resume iris/{failed.plan.run_id}" in error.to_do


def test_only_what_is_still_to_be_started_is_forecast_to_cost() -> None:
    failed, tuned = Failed(), Failed()
    for run in (failed, tuned):
        run.allow("ml.m5.large", usd_per_hour={"ml.m5.large": 0.1})
    everything = failed.resume().cost
    for index in (0, 1):
        tuned.tuned(tuned.attempt(index))
    confirm_alone = tuned.resume().cost
    assert everything is not None
    assert confirm_alone is not None
    assert confirm_alone.max_seconds == failed.plan.confirm.max_seconds
    assert confirm_alone.expected_seconds < everything.expected_seconds


@pytest.mark.parametrize(("limit", "fallbacks"), [(123.0, 1), (62.0, 0)])
def test_the_cost_limit_bounds_further_attempts(limit: float, fallbacks: int) -> None:
    assert len(Failed().resume_within(limit).fallback_instances) == fallbacks


def test_a_resumed_run_beyond_the_cost_limit_is_rejected() -> None:
    with pytest.raises(LimitError, match="could cost more than this deployment allows"):
        Failed().resume_within(60.0)


def test_another_image_than_the_failed_runs_is_warned_of() -> None:
    failed = Failed()
    failed.world.deploy("registry/tunedrop:newer")
    plan = failed.resume()
    assert plan.image == "registry/tunedrop:newer"
    assert "began with another release or training image" in plan.warnings[-1]


def test_an_answer_that_does_not_come_is_no_reason_to_pay_twice() -> None:
    failed = Failed()
    failed.tuned(failed.attempt(0))
    failure = client_error("AccessDeniedException")
    failed.world.sagemaker.fail_next("DescribeHyperParameterTuningJob", failure)
    with pytest.raises(Exception, match="AccessDenied"):
        failed.resume()
