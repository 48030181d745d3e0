from __future__ import annotations

import re
from typing import Any

import pytest

from tests.support.synthesis import Json, Template, states_of, text
from tunedrop import errors
from tunedrop.running import attempts

JOB = {"dataset.$": "$.dataset", "run_id.$": "$.run_id", "job.$": "$.job", "kind.$": "$.kind"}
CONFIRM = {name: path.replace("$.", "$.confirm.") for name, path in JOB.items()}
EXECUTION = {"execution.$": "$$.Execution.Id"}
ALL = ["States.ALL"]
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
    "RecordRejection": ("RecordFailure", RECORD),
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

    assert tasks == {*TASKS, "Notify", "NotifyFailure", "NotifyRejection"}
    assert {state["Type"] for state in states.values()} == {"Task", "Map", "Succeed", "Fail"}


# State -> its successor.
PATH = {
    "PlanRun": "Tune",
    "StartJob": "AwaitJob",
    "Tune": "StartConfirm",
    "StartConfirm": "AwaitConfirm",
    "AwaitConfirm": "WriteReport",
    "WriteReport": "Notify",
    "Notify": "Done",
    "RecordFailure": "NotifyFailure",
    "NotifyFailure": "RunFailed",
    "RecordRejection": "NotifyRejection",
    "NotifyRejection": "Rejected",
}


def test_a_run_goes_from_plan_to_notification(definition: Json, states: dict[str, Json]) -> None:
    assert definition["StartAt"] == "PlanRun"
    assert {name: state["Next"] for name, state in states.items() if "Next" in state} == PATH
    assert states["RecordJobFailure"]["End"] is True
    assert (states["Done"]["Type"], states["Rejected"]["Type"]) == ("Succeed", "Succeed")
    # The execution ends with the run's own error, not with one of recording it.
    assert states["RunFailed"] == {
        "Type": "Fail", "ErrorPath": "$.error.Error", "CausePath": "$.error.Cause"
    }  # fmt: skip
    assert definition["TimeoutSeconds"] == 7 * 24 * 3600
    # StartJob's answer is the job with its attempt, which replaces the previous attempt.
    assert states["StartJob"]["OutputPath"] == "$.Payload"
    assert states["StartConfirm"]["ResultSelector"] == {"attempt.$": "$.Payload.attempt"}
    assert states["StartConfirm"]["ResultPath"] == "$.started"


def caught(names: list[str], path: str | None, successor: str) -> Json:
    return {"ErrorEquals": names, "ResultPath": path, "Next": successor}


def test_every_error_is_recorded_or_leads_to_the_next_attempt(states: dict[str, Json]) -> None:
    failure = caught(ALL, "$.error", "RecordFailure")
    job_failure = caught(ALL, "$.error", "RecordJobFailure")
    recording = "$.recording_error"
    catches = {name: state["Catch"] for name, state in states.items() if "Catch" in state}
    rejection, *further = catches.pop("PlanRun")

    assert set(rejection["ErrorEquals"]) == input_errors()
    assert (rejection["ResultPath"], rejection["Next"]) == ("$.error", "RecordRejection")
    assert further == [failure]
    assert catches == {
        "Tune": [failure],
        "StartJob": [job_failure],
        "AwaitJob": [caught([attempts.NEXT_ATTEMPT], None, "StartJob"), job_failure],
        "StartConfirm": [failure],
        "AwaitConfirm": [caught([attempts.NEXT_ATTEMPT], None, "StartConfirm"), failure],
        "WriteReport": [failure],
        "RecordRejection": [caught(ALL, recording, "RecordFailure")],
        "RecordFailure": [caught(ALL, recording, "RunFailed")],
        "Notify": [caught(ALL, None, "Done")],
        "NotifyRejection": [caught(ALL, None, "Rejected")],
        "NotifyFailure": [caught(ALL, None, "RunFailed")],
    }
    assert states["RecordFailure"]["ResultPath"] == "$.recorded"


def test_tuning_jobs_run_in_parallel_as_the_plan_says(states: dict[str, Json]) -> None:
    tune = states["Tune"]

    assert tune["ItemsPath"] == "$.tuning_jobs"
    assert tune["MaxConcurrencyPath"] == "$.parallel_tuning_jobs"
    assert tune["ResultPath"] == "$.tuned"
    assert tune["ItemProcessor"]["ProcessorConfig"] == {"Mode": "INLINE"}
    assert tune["ItemProcessor"]["StartAt"] == "StartJob"
    assert "ToleratedFailurePercentage" not in tune


def input_errors() -> set[str]:
    """Return the names of all errors of users' input."""
    return {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.UserInputError)
    }


@pytest.mark.parametrize(
    ("name", "notification"),
    [
        ("Notify", "$.notification"),
        ("NotifyFailure", "$.recorded.notification"),
        ("NotifyRejection", "$.recorded.notification"),
    ],
)
def test_a_notification_has_a_subject_and_a_message(
    template: Template, states: dict[str, Json], name: str, notification: str
) -> None:
    state = states[name]

    assert state["Resource"] == "arn:<AWS::Partition>:states:::sns:publish"
    (topic,) = template.of_type("AWS::SNS::Topic")
    assert state["Parameters"] == {
        "TopicArn": f"<{topic}>",
        "Subject.$": f"{notification}.subject",
        "Message.$": f"{notification}.message",
    }


def test_a_wait_has_a_task_token_and_a_heartbeat_that_repeats_it(
    states: dict[str, Json],
) -> None:
    names = {n for n, s in states.items() if "waitForTaskToken" in s.get("Resource", "")}

    assert names == {"AwaitJob", "AwaitConfirm"}
    for state in map(states.__getitem__, names):
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
def test_temporary_errors_are_retried_by_name_with_backoff_and_full_jitter(
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
    retried = {error for retry in states[name]["Retry"] for error in retry["ErrorEquals"]}
    assert set(errors.RETRYABLE) <= retried
    assert not retried & {*input_errors(), "States.ALL"}


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
