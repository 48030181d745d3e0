from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from cdk_app import retries
from tests.support.synthesis import Json, Template, states_of, text
from tunedrop import errors
from tunedrop.running import attempts

JOB = {"dataset.$": "$.dataset", "run_id.$": "$.run_id", "job.$": "$.job", "kind.$": "$.kind"}
CONFIRM = {name: path.replace("$.", "$.confirm.") for name, path in JOB.items()}
EXECUTION = {"execution.$": "$$.Execution.Id"}
ALL = ["States.ALL"]
TO_FAILURE = [{"ErrorEquals": ALL, "ResultPath": "$.error", "Next": "RecordFailure"}]
TO_JOB_FAILURE = [{"ErrorEquals": ALL, "ResultPath": "$.error", "Next": "RecordJobFailure"}]
NEXT_ATTEMPT = {"ErrorEquals": ["NextAttempt"], "ResultPath": None}
TASK_TOKEN = {"token.$": "$$.Task.Token"}


@pytest.fixture(scope="module")
def definition(template: Template) -> Json:
    return template.state_machine("Tunedrop-run")


@pytest.fixture(scope="module")
def states(definition: Json) -> dict[str, Json]:
    return dict(states_of(definition))


RECORD = {"run.$": "$$.Execution.Input", **EXECUTION, "error.$": "$.error"}
# state -> Lambda, payload
TASKS: dict[str, tuple[str, dict[str, Any]]] = {
    "PlanRun": ("PlanRun", {"dataset.$": "$.dataset", "run_id.$": "$.run_id", **EXECUTION}),
    "StartJob": ("StartJob", {**JOB, **EXECUTION}),
    "AwaitJob": ("AwaitJob", {**JOB, "attempt.$": "$.attempt", **TASK_TOKEN, **EXECUTION}),
    "RecordJobFailure": ("RecordFailure", {"job": JOB, **EXECUTION, "error.$": "$.error"}),
    "StartConfirm": ("StartJob", {**CONFIRM, **EXECUTION}),
    "AwaitConfirm": (
        "AwaitJob",
        {**CONFIRM, "attempt.$": "$.started.attempt", **TASK_TOKEN, **EXECUTION},
    ),
    "WriteReport": (
        "WriteReport",
        {"dataset.$": "$.run.dataset", "run_id.$": "$.run.run_id", **EXECUTION},
    ),
    "RecordRefusal": ("RecordFailure", RECORD),
    "RecordFailure": ("RecordFailure", RECORD),
}


@pytest.mark.parametrize("name", TASKS)
def test_a_task_calls_its_lambda_with_names_and_keys_only(
    states: dict[str, Json], name: str
) -> None:
    function, payload = TASKS[name]
    parameters = states[name]["Parameters"]

    version = rf"<Functions{function}FunctionCurrentVersion\w+>"
    assert re.fullmatch(version, parameters["FunctionName"])
    assert parameters["Payload"] == payload


def test_there_are_no_other_tasks_than_lambdas_and_notifications(states: dict[str, Json]) -> None:
    tasks = {name for name, state in states.items() if state["Type"] == "Task"}

    assert tasks == {*TASKS, "Notify", "NotifyFailure", "NotifyRefusal"}
    assert {state["Type"] for state in states.values()} == {"Task", "Map", "Succeed", "Fail"}


def test_tuning_jobs_run_as_many_at_once_as_the_plan_says(states: dict[str, Json]) -> None:
    tune = states["Tune"]

    assert tune["ItemsPath"] == "$.tuning_jobs"
    assert tune["MaxConcurrencyPath"] == "$.parallel_tuning_jobs"
    assert tune["ResultPath"] == "$.tuned"
    assert tune["ItemProcessor"]["ProcessorConfig"] == {"Mode": "INLINE"}
    assert tune["ItemProcessor"]["StartAt"] == "StartJob"
    assert "ToleratedFailurePercentage" not in tune


def entered(level: Json, jobs: int = 1, name: str | None = None) -> Iterator[str]:
    """Return the states that are entered from here, without errors, with that many tuning jobs."""
    name = name or level["StartAt"]
    while name:
        yield name
        state = level["States"][name]
        if state["Type"] == "Map":
            for _ in range(jobs):
                yield from entered(state["ItemProcessor"])
        name = state.get("Next")


def test_a_run_goes_from_plan_to_notification(definition: Json) -> None:
    assert list(entered(definition)) == [
        "PlanRun", "Tune", "StartJob", "AwaitJob", "StartConfirm", "AwaitConfirm", "WriteReport",
        "Notify", "Done",
    ]  # fmt: skip


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_a_run_has_at_most_eight_state_transitions_and_two_for_each_tuning_job(
    definition: Json, jobs: int
) -> None:
    assert len(list(entered(definition, jobs))) <= 8 + 2 * jobs


@pytest.mark.parametrize(
    ("waiting", "starting"), [("AwaitJob", "StartJob"), ("AwaitConfirm", "StartConfirm")]
)
def test_a_further_attempt_has_at_most_three_state_transitions(
    definition: Json, states: dict[str, Json], waiting: str, starting: str
) -> None:
    assert states[waiting]["Catch"][0] == {**NEXT_ATTEMPT, "Next": starting}
    levels = (definition, states["Tune"]["ItemProcessor"])
    (level,) = (level for level in levels if starting in level["States"])
    path = list(entered(level, name=starting))
    assert path.index(waiting) + 1 <= 3


def test_a_further_attempt_starts_from_the_same_job_and_is_waited_for_by_its_own_name(
    states: dict[str, Json],
) -> None:
    # StartJob's answer is the job with its attempt; the attempt before stays behind.
    assert states["StartJob"]["OutputPath"] == "$.Payload"
    assert states["StartConfirm"]["ResultSelector"] == {"attempt.$": "$.Payload.attempt"}
    assert states["StartConfirm"]["ResultPath"] == "$.started"


@pytest.mark.parametrize("name", ["PlanRun", "Tune", "StartConfirm", "AwaitConfirm", "WriteReport"])
def test_any_error_of_the_run_is_recorded(states: dict[str, Json], name: str) -> None:
    assert states[name]["Catch"][-1:] == TO_FAILURE
    others = {error for c in states[name]["Catch"][:-1] for error in c["ErrorEquals"]}
    assert others == {"AwaitConfirm": {"NextAttempt"}, "PlanRun": wrong_input()}.get(name, set())


@pytest.mark.parametrize("name", ["StartJob", "AwaitJob"])
def test_an_error_of_one_tuning_job_ends_its_own_branch_only(
    states: dict[str, Json], name: str
) -> None:
    assert states[name]["Catch"][-1:] == TO_JOB_FAILURE
    assert states["RecordJobFailure"]["End"] is True


def wrong_input() -> set[str]:
    """Return the names of all errors that say that the input is wrong."""
    return {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.UserInputError)
    }


def test_a_wrong_input_is_recorded_and_announced_and_no_failure_of_the_deployment(
    states: dict[str, Json],
) -> None:
    refused, _ = states["PlanRun"]["Catch"]

    assert set(refused["ErrorEquals"]) == wrong_input()
    assert (refused["ResultPath"], refused["Next"]) == ("$.error", "RecordRefusal")
    assert states["RecordRefusal"]["Next"] == "NotifyRefusal"
    assert states["NotifyRefusal"]["Next"] == "Refused"
    assert states["Refused"]["Type"] == "Succeed"


def test_a_refusal_that_cannot_be_recorded_is_a_failure(states: dict[str, Json]) -> None:
    assert states["RecordRefusal"]["Catch"] == [
        {"ErrorEquals": ALL, "ResultPath": "$.recording_error", "Next": "RecordFailure"}
    ]


def test_a_recorded_failure_is_notified_and_ends_the_execution_with_the_runs_own_error(
    states: dict[str, Json],
) -> None:
    assert states["RecordFailure"]["Next"] == "NotifyFailure"
    assert states["NotifyFailure"]["Next"] == "RunFailed"
    failed = states["RunFailed"]
    assert failed == {"Type": "Fail", "ErrorPath": "$.error.Error", "CausePath": "$.error.Cause"}


def test_an_error_while_recording_does_not_hide_the_runs_own(states: dict[str, Json]) -> None:
    assert states["RecordFailure"]["ResultPath"] == "$.recorded"
    assert states["RecordFailure"]["Catch"] == [
        {"ErrorEquals": ALL, "ResultPath": "$.recording_error", "Next": "RunFailed"}
    ]


@pytest.mark.parametrize(
    ("name", "notification", "then"),
    [
        ("Notify", "$.notification", "Done"),
        ("NotifyFailure", "$.recorded.notification", "RunFailed"),
        ("NotifyRefusal", "$.recorded.notification", "Refused"),
    ],
)
def test_a_notification_that_fails_fails_nothing(
    template: Template, states: dict[str, Json], name: str, notification: str, then: str
) -> None:
    state = states[name]

    assert state["Resource"] == "arn:<AWS::Partition>:states:::sns:publish"
    (topic,) = template.of_type("AWS::SNS::Topic")
    assert state["Parameters"] == {
        "TopicArn": f"<{topic}>",
        "Subject.$": f"{notification}.subject",
        "Message.$": f"{notification}.message",
    }
    assert state["Next"] == then
    assert state["Catch"] == [{"ErrorEquals": ALL, "ResultPath": None, "Next": then}]


def test_waiting_is_by_task_token_with_a_heartbeat_that_looks_again(
    states: dict[str, Json],
) -> None:
    waiting = {n for n, s in states.items() if "waitForTaskToken" in s.get("Resource", "")}

    assert waiting == {"AwaitJob", "AwaitConfirm"}
    for state in map(states.__getitem__, waiting):
        assert state["Resource"].endswith("states:::lambda:invoke.waitForTaskToken")
        assert state["HeartbeatSeconds"] == 21600
        assert "TimeoutSeconds" not in state
        assert state["Retry"][-1] == {
            "ErrorEquals": ["States.HeartbeatTimeout"],
            "IntervalSeconds": 1,
            "BackoffRate": 1,
            "MaxAttempts": 99_999_999,
        }


RETRY = [
    (["QuotaExceeded"], 60, 1800, 99_999_999),
    (["Throttled"], 5, 300, 30),
    (["TransientAwsError"], 5, 300, 12),
    (
        [
            "Lambda.ServiceException",
            "Lambda.AWSLambdaException",
            "Lambda.SdkClientException",
            "Lambda.ClientExecutionTimeoutException",
            "Lambda.TooManyRequestsException",
            "Lambda.CodeArtifactUserPendingException",
            "Lambda.ResourceNotReadyException",
            "Lambda.ResourceConflictException",
            "Lambda.ENINotReadyException",
            "Lambda.EC2ThrottledException",
        ],
        2,
        120,
        12,
    ),
    (["Runtime.ExitError", "Lambda.Unknown", "Sandbox.Timedout"], 10, 60, 3),
]


@pytest.mark.parametrize("name", TASKS)
def test_what_passes_by_itself_is_retried_by_name_with_backoff_and_full_jitter(
    states: dict[str, Json], name: str
) -> None:
    assert states[name]["Retry"][: len(RETRY)] == [
        {
            "ErrorEquals": names,
            "IntervalSeconds": interval,
            "MaxDelaySeconds": maximum,
            "MaxAttempts": attempts,
            "BackoffRate": 2,
            "JitterStrategy": "FULL",
        }
        for names, interval, maximum, attempts in RETRY
    ]


def test_the_retried_names_are_those_of_the_lambdas_own_errors() -> None:
    assert {retries.THROTTLED, retries.QUOTA_EXCEEDED, retries.TRANSIENT} == set(errors.RETRYABLE)


def test_the_error_that_asks_for_another_attempt_is_the_lambdas_own() -> None:
    assert retries.NEXT_ATTEMPT == attempts.NEXT_ATTEMPT


def test_errors_of_the_input_are_never_retried(states: dict[str, Json]) -> None:
    retried = {e for s in states.values() for r in s.get("Retry", ()) for e in r["ErrorEquals"]}

    assert len(wrong_input()) >= 4
    assert not retried & wrong_input()
    assert "States.ALL" not in retried


def test_a_run_ends_after_a_week_at_the_latest(definition: Json) -> None:
    assert definition["TimeoutSeconds"] == 7 * 24 * 3600


@pytest.mark.parametrize("metric", ["ExecutionsTimedOut", "ExecutionsFailed"])
def test_a_run_that_failed_or_timed_out_raises_an_alarm(template: Template, metric: str) -> None:
    alarm = template.one("AWS::CloudWatch::Alarm", MetricName=metric)

    (topic,) = template.of_type("AWS::SNS::Topic")
    (dimension,) = alarm["Dimensions"]
    assert dimension["Name"] == "StateMachineArn"
    assert text(dimension["Value"]) == template.ref_of_machine("Tunedrop-run")
    assert alarm["AlarmActions"] == [{"Ref": topic}]
    assert "failure.json" in alarm["AlarmDescription"]


def test_logs_of_the_state_machine_have_no_data_in_them(template: Template) -> None:
    machine = template.one("AWS::StepFunctions::StateMachine")
    logging = machine["LoggingConfiguration"]
    assert (logging["Level"], logging.get("IncludeExecutionData", False)) == ("ALL", False)
    assert machine["TracingConfiguration"] == {"Enabled": True}
    group = text(logging["Destinations"][0]["CloudWatchLogsLogGroup"]["LogGroupArn"])
    assert group.startswith("<RunsLogs")
