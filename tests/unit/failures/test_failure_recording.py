import json
from typing import Any

import pytest

from tests.support.fake_sagemaker import training_job
from tests.support.fakes import client_error
from tests.support.workflow_world import (
    CONFIRM_JOB,
    EXECUTION,
    FOLDER,
    GIVEN,
    NOW,
    OTHER_EXECUTION,
    OTHER_TUNING_JOB,
    RUN_ID,
    TUNING_JOB,
    World,
    assert_survives_every_crash,
    claimed,
    job,
)
from tunedrop.errors import DatasetError, Throttled
from tunedrop.failures.executions import ErrorCause
from tunedrop.failures.failure_recording import record_job_failure, record_run_failure
from tunedrop.failures.failures import reject
from tunedrop.run_record import RunFolder

EMPTY = ErrorCause(
    "DatasetError", str(DatasetError("The file is empty", where="train.csv", to_do="Drop it."))
)
QUOTA = ErrorCause("QuotaTooSmall", "The AWS quota 'ml.m5.large' is 0")
NOTHING = ErrorCause("NoSuccessfulTrainingJob", "No tuning job has one.")


def fail(
    world: World,
    execution_input: Any = GIVEN,
    cause: ErrorCause = QUOTA,
    execution: str = EXECUTION,
) -> dict[str, Any]:
    return record_run_failure(
        world.bucket, world.jobs, world.bus, execution_input, cause, execution=execution, time=NOW
    )


def test_a_failed_run_stops_its_jobs_and_says_so_in_its_folder() -> None:
    world = claimed(TUNING_JOB, OTHER_TUNING_JOB, CONFIRM_JOB)
    world.sagemaker.end(OTHER_TUNING_JOB)
    answer = fail(world)
    assert answer["run"] == {"dataset": "iris", "run_id": RUN_ID}
    assert f"s3://tunedrop-data/{FOLDER}failure.json" in answer["notification"]["message"]
    failure = world.failure()
    assert world.events.taken == [
        ("Run Failed", {"version": 1, **GIVEN, "status": "failed", "error": "QuotaTooSmall"})
    ]
    assert failure["error"] == "QuotaTooSmall"
    assert failure["stopped_jobs"] == [CONFIRM_JOB, TUNING_JOB]
    assert failure["execution"] == EXECUTION
    assert world.sagemaker.status(TUNING_JOB) == "Stopping"
    assert world.sagemaker.status(CONFIRM_JOB) == "Stopping"
    assert world.sagemaker.status(OTHER_TUNING_JOB) == "Completed"


def test_a_job_that_ends_while_it_is_stopped_is_no_error() -> None:
    world = claimed(CONFIRM_JOB)
    stop = world.sagemaker.stop_training_job

    def too_late(**parameters: Any) -> Any:
        world.sagemaker.end(CONFIRM_JOB)
        return stop(**parameters)

    world.sagemaker.stop_training_job = too_late  # type: ignore[method-assign]
    fail(world)
    assert world.sagemaker.status(CONFIRM_JOB) == "Completed"
    assert world.has(f"{FOLDER}failure.json")


@pytest.mark.parametrize(
    ("execution_input", "execution"),
    [
        (None, EXECUTION),
        ({"dataset": "iris"}, EXECUTION),
        ({"dataset": "iris", "run_id": "../x"}, EXECUTION),
        ({"dataset": "iris", "run_id": "20261123T120000Z-ffffffff"}, EXECUTION),
        (GIVEN, OTHER_EXECUTION),
    ],
)
def test_a_failure_of_no_run_is_announced_and_changes_nothing(
    execution_input: Any, execution: str
) -> None:
    world = claimed(TUNING_JOB)
    before = world.state()
    answer = fail(world, execution_input, EMPTY, execution)
    assert answer["run"] == {"dataset": "", "run_id": ""}
    assert "cannot be used" in answer["notification"]["message"]
    assert "Dataset: unknown" in answer["notification"]["message"]
    assert "Run:" not in answer["notification"]["message"]
    assert world.state() == before


def test_a_rejection_is_announced_with_what_planrun_recorded_of_it() -> None:
    world = claimed()
    error = DatasetError(
        "No column 'Ann'", where="train.csv", found="'Ann, 42'", to_do="Rename 'Ann' or drop it."
    )
    run = RunFolder("iris", RUN_ID)
    raised = reject(world.bucket, run, error, execution=EXECUTION, time=NOW)
    answer = fail(world, cause=ErrorCause("DatasetError", str(raised)))
    assert world.failure()["message"] == str(error)
    message = answer["notification"]["message"]
    assert "No column '...' (train.csv).\n\nWhat to do: Rename '...' or drop it.\n" in message
    assert "Ann" not in message
    [(_, detail)] = world.events.taken
    assert (detail["status"], detail["error"]) == ("rejected", "DatasetError")
    assert "Ann" not in str(detail)


@pytest.mark.parametrize(
    ("service", "operation", "is_recorded"),
    [("sagemaker", "StopHyperParameterTuningJob", False), ("events", "PutEvents", True)],
)
def test_throttling_is_raised_and_another_attempt_records_and_announces_once(
    service: str, operation: str, is_recorded: bool
) -> None:
    world = claimed(TUNING_JOB)
    getattr(world, service).fail_next(operation, client_error("ThrottlingException"))
    with pytest.raises(Throttled):
        fail(world)
    assert world.has(f"{FOLDER}failure.json") is is_recorded
    fail(world)
    assert world.failure()["stopped_jobs"] == [TUNING_JOB]
    assert [kind for kind, _ in world.events.taken] == ["Run Failed"]


def test_a_run_with_a_report_gets_no_failure() -> None:
    world = claimed()
    world.s3.put(f"{FOLDER}report.html", "<html>")
    answer = fail(world)
    assert not world.has(f"{FOLDER}failure.json")
    assert "s3://" not in answer["notification"]["message"]


def test_why_jobs_failed_is_collected_for_the_failure() -> None:
    world = claimed(TUNING_JOB)
    world.sagemaker.end(TUNING_JOB, "Failed")
    world.sagemaker.trained[TUNING_JOB] = [
        training_job(f"j{n}", None, status="Failed", reason="cannot read 'John Smith'\n\nTraceback")
        for n in range(4)
    ]
    world.put_result(TUNING_JOB, status="Failed", failure_reason="No training job succeeded")
    world.put_result(OTHER_TUNING_JOB, status="NotStarted", error="QuotaTooSmall: is 0")
    answer = fail(world, cause=NOTHING)
    reasons = world.failure()["found"]
    assert reasons.count("cannot read 'John Smith'") == 1
    assert "Traceback" not in reasons
    assert "No training job succeeded" in reasons
    assert "QuotaTooSmall: is 0" in reasons
    assert reasons in world.failure()["message"]
    assert "John Smith" not in json.dumps(answer)


def not_started(world: World, name: str, error: str) -> None:
    world.put_result(name, status="NotStarted", error=error)


def test_what_kept_every_tuning_job_from_starting_in_its_last_attempt_is_the_runs_failure() -> None:
    world = claimed()
    warm = {"status": "NotStarted", "cause": "warm start", "error": "ClientError: no such parent"}
    attempted(world, f"{TUNING_JOB}-1", "ml.m5.large", **warm)
    quota = {"status": "NotStarted", "error": "QuotaTooSmall: the quota 'ml.m5.large: usage' is 0"}
    attempted(world, f"{TUNING_JOB}-2", "ml.m5.large", **quota)
    not_started(world, OTHER_TUNING_JOB, "QuotaTooSmall: it is 0 for this one, too")
    answer = fail(world, cause=NOTHING)
    failure = world.failure()
    assert failure["error"] == "QuotaTooSmall"
    assert "the quota 'ml.m5.large: usage' is 0" in failure["message"]
    assert "Service Quotas" in failure["to_do"]
    assert "the quota 'ml.m5.large: usage' is 0" in answer["notification"]["message"]


@pytest.mark.parametrize(
    "result", [{"status": "NotStarted", "error": "KeyError: 'x'"}, {"status": "Failed"}]
)
def test_tuning_jobs_that_ended_differently_are_all_told(result: dict[str, str]) -> None:
    world = claimed()
    not_started(world, TUNING_JOB, "QuotaTooSmall: is 0")
    world.put_result(OTHER_TUNING_JOB, **result)
    fail(world, cause=NOTHING)
    failure = world.failure()
    assert failure["error"] == "NoSuccessfulTrainingJob"
    assert "QuotaTooSmall: is 0" in failure["found"]


def ended(world: World, name: str, status: str, **description: Any) -> None:
    """Record the end of a job, as SageMaker describes it."""
    world.put_result(name, status=status, description=description)


def tuned_for(seconds: int) -> dict[str, Any]:
    """Make what SageMaker describes of a tuning job with a limit of two hours."""
    return {
        "HyperParameterTuningJobConfig": {"ResourceLimits": {"MaxRuntimeInSeconds": 7200}},
        "ConsumedResources": {"RuntimeInSeconds": seconds},
    }


def too_long(seconds: int) -> dict[str, Any]:
    """Make what SageMaker describes of a training job that reached its limit."""
    return {
        "SecondaryStatus": "MaxRuntimeExceeded",
        "StoppingCondition": {"MaxRuntimeInSeconds": seconds},
    }


LIMIT = "max_runtime or limits.max_training_job_seconds"


@pytest.mark.parametrize(
    ("name", "status", "description", "found", "key"),
    [
        (TUNING_JOB, "Completed", tuned_for(7203), "2 h ended it (max_runtime)", "max_runtime"),
        (CONFIRM_JOB, "Stopped", too_long(1800), f"30 min ended it ({LIMIT})", LIMIT),
        (TUNING_JOB, "Completed", tuned_for(1800), "no training job scored all folds", ""),
        (TUNING_JOB, "Stopped", {}, "a user stopped it", ""),
        (TUNING_JOB, "Failed", {}, "SageMaker gives no reason", ""),
    ],
)
def test_a_job_without_a_result_is_told_with_the_time_limit_that_ended_it(
    name: str, status: str, description: dict[str, Any], found: str, key: str
) -> None:
    world = claimed(name)
    ended(world, name, status, **description)
    answer = fail(world, cause=NOTHING)
    failure = world.failure()
    assert f"{name} ({status}): " in failure["found"]
    assert found in failure["found"]
    for text in (failure["to_do"], answer["notification"]["message"]):
        assert ("Raise" in text) is bool(key)
        assert f"Raise {key}" in text or not key


@pytest.mark.parametrize(("seconds", "key"), [(600, LIMIT), (7200, "max_runtime")])
def test_training_jobs_that_their_time_limit_ended_are_told_with_it(seconds: int, key: str) -> None:
    world = claimed(TUNING_JOB)
    stopped = training_job("a", None, status="Stopped")
    world.sagemaker.trained[TUNING_JOB] = [stopped]
    world.sagemaker.training_jobs["a"] = stopped | too_long(seconds)
    ended(world, TUNING_JOB, "Failed", **tuned_for(1800))
    fail(world, cause=NOTHING)
    assert f"ended it ({key})" in world.failure()["found"]


def test_recording_a_failure_killed_at_any_call_and_repeated_ends_the_same() -> None:
    def make() -> World:
        return claimed(TUNING_JOB, CONFIRM_JOB)

    assert_survives_every_crash(make, lambda world, _: fail(world))


def fail_job(world: World, cause: ErrorCause = QUOTA) -> dict[str, str]:
    return record_job_failure(world.bucket, world.jobs, job(), cause)


@pytest.mark.parametrize(
    ("jobs", "end", "status", "afterwards"),
    [
        ((), "", "NotStarted", ""),
        ((TUNING_JOB,), "", "NotStarted", "Stopping"),
        ((TUNING_JOB,), "Completed", "Completed", "Completed"),
    ],
)
def test_a_job_that_cannot_be_awaited_is_recorded_and_stopped_unless_it_is_over(
    jobs: tuple[str, ...], end: str, status: str, afterwards: str
) -> None:
    world = claimed(*jobs)
    if end:
        world.sagemaker.end(TUNING_JOB, end)
    assert fail_job(world) == {**job().item(), "status": status}
    assert world.result()["status"] == status
    assert not jobs or world.sagemaker.status(TUNING_JOB) == afterwards
    if status == "NotStarted":
        assert world.result()["error"] == "QuotaTooSmall: The AWS quota 'ml.m5.large' is 0"


def test_a_job_that_must_not_be_stopped_ends_its_branch_all_the_same() -> None:
    world = claimed(TUNING_JOB)
    denied = client_error("AccessDeniedException", 403)
    world.sagemaker.fail_next("StopHyperParameterTuningJob", denied)
    assert fail_job(world)["status"] == "NotStarted"
    assert world.result()["status"] == "NotStarted"


@pytest.mark.parametrize("make", [claimed, lambda: claimed(TUNING_JOB)])
def test_recording_a_jobs_failure_killed_at_any_call_ends_the_same(make: Any) -> None:
    assert_survives_every_crash(make, lambda world, _: fail_job(world))


def attempted(world: World, name: str, machine: str, **result: Any) -> None:
    request = {"ResourceConfig": {"InstanceType": machine}}
    world.put_json(f"{FOLDER}jobs/{name}.request.json", request)
    if result:
        world.put_result(name, **result)


def test_people_are_told_on_which_machines_a_job_was_tried() -> None:
    world = claimed()
    secret = {"failure_reason": "John Smith"}
    attempted(world, f"{CONFIRM_JOB}-1", "ml.m5.large", status="Failed", cause="memory", **secret)
    attempted(world, f"{CONFIRM_JOB}-2", "ml.m5.xlarge", status="Failed", cause="capacity")
    attempted(world, f"{TUNING_JOB}-1", "ml.m5.large", status="Completed")
    answer = fail(world, cause=ErrorCause("ConfirmFailed", "It failed."))
    attempts = (
        f"{CONFIRM_JOB}: 1. on ml.m5.large: out of memory, "
        "2. on ml.m5.xlarge: AWS had no capacity of this instance type"
    )
    failure = world.failure()
    assert failure["attempts"] == [attempts]
    assert "limits.instance_types" in failure["to_do"]
    assert "`tunedrop resume`" in failure["to_do"]
    assert f"{CONFIRM_JOB}-1 (Failed): John Smith" in failure["found"]
    message = answer["notification"]["message"]
    assert attempts in message
    assert "John Smith" not in message


def test_a_failure_at_the_next_start_is_recorded_under_the_latest_attempt() -> None:
    world = claimed(f"{TUNING_JOB}-1", f"{TUNING_JOB}-2")
    world.sagemaker.tuning_jobs.clear()
    result = {"status": "Failed", "cause": "capacity"}
    world.put_json(f"{FOLDER}jobs/{TUNING_JOB}-1.result.json", result)
    item = job(TUNING_JOB, f"{TUNING_JOB}-1")  # the state knows the first one only
    record_job_failure(world.bucket, world.jobs, item, QUOTA)
    assert world.result(f"{TUNING_JOB}-2")["status"] == "NotStarted"
    assert world.result(f"{TUNING_JOB}-1") == result
