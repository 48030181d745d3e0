from __future__ import annotations

import pytest

from tests.support.synthesis import Json, Template, states_of, text
from tunedrop import errors
from tunedrop.running import attempts

ALL = ["States.ALL"]


@pytest.fixture(scope="module")
def definition(template: Template) -> Json:
    return template.state_machine("Tunedrop-run")


@pytest.fixture(scope="module")
def states(definition: Json) -> dict[str, Json]:
    return dict(states_of(definition))


def test_a_run_ends_with_its_own_error_or_as_rejected(
    definition: Json, states: dict[str, Json]
) -> None:
    assert (states["Done"]["Type"], states["Rejected"]["Type"]) == ("Succeed", "Succeed")
    assert states["RunFailed"] == {
        "Type": "Fail", "ErrorPath": "$.error.Error", "CausePath": "$.error.Cause"
    }  # fmt: skip
    assert definition["TimeoutSeconds"] == 7 * 24 * 3600


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
    statuses = {
        name: state["Parameters"]["MessageAttributes"]["status"]["StringValue"]
        for name, state in states.items()
        if name.startswith("Notify")
    }
    assert statuses == {
        "Notify": "finished", "NotifyRejection": "rejected", "NotifyFailure": "failed",
    }  # fmt: skip


def input_errors() -> set[str]:
    """Return the names of all errors of users' input."""
    return {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.UserInputError)
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
    (["TransientAwsError"], 5, 300, 40),
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


def test_retries_of_failures_of_aws_outlast_an_hour_though_jitter_halves_them() -> None:
    _, interval, maximum, attempts = RETRY[2]
    assert sum(min(interval * 2**n, maximum) for n in range(attempts)) / 2 > 3600


def test_temporary_errors_of_lambdas_are_retried_by_name_with_backoff_and_full_jitter(
    states: dict[str, Json],
) -> None:
    expected = [
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
    for state in states.values():
        if "lambda:invoke" in state.get("Resource", ""):
            assert state["Retry"][: len(RETRY)] == expected
            retried = {error for retry in state["Retry"] for error in retry["ErrorEquals"]}
            assert set(errors.RETRYABLE) <= retried
            assert not retried & {*input_errors(), "States.ALL"}


def test_logs_of_the_state_machine_have_no_data_in_them(template: Template) -> None:
    machine = template.one("AWS::StepFunctions::StateMachine")
    logging = machine["LoggingConfiguration"]
    assert (logging["Level"], logging.get("IncludeExecutionData", False)) == ("ALL", False)
    assert machine["TracingConfiguration"] == {"Enabled": True}
    group = text(logging["Destinations"][0]["CloudWatchLogsLogGroup"]["LogGroupArn"])
    assert group.startswith("<RunsLogs")
