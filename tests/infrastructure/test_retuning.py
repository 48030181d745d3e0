from __future__ import annotations

import pytest

from tests.support.synthesis import Json, Template, states_of


@pytest.fixture(scope="module")
def states(template: Template) -> dict[str, Json]:
    return dict(states_of(template.state_machine("Tunedrop-retune")))


def test_the_lambda_gets_the_tick_as_it_came(states: dict[str, Json]) -> None:
    assert states["ListDue"]["Parameters"]["Payload.$"] == "$"
    assert states["ListDue"]["OutputPath"] == "$.Payload"


def test_each_start_is_an_execution_of_the_run_state_machine(
    template: Template, states: dict[str, Json]
) -> None:
    assert states["StartRuns"]["ItemsPath"] == "$.starts"
    assert states["StartRun"]["Resource"] == "arn:<AWS::Partition>:states:::states:startExecution"
    assert states["StartRun"]["Parameters"] == {
        "StateMachineArn": template.ref_of_machine("Tunedrop-run"),
        "Name.$": "$.name",
        "Input.$": "$.input",
    }


def test_a_run_that_was_started_already_is_neither_retried_nor_an_error(
    states: dict[str, Json],
) -> None:
    first, second = states["StartRun"]["Retry"]
    (catch,) = states["StartRun"]["Catch"]

    assert "StepFunctions.ExecutionAlreadyExistsException" in first["ErrorEquals"]
    assert first["MaxAttempts"] == 0
    assert (second["ErrorEquals"], second["JitterStrategy"]) == (["States.TaskFailed"], "FULL")
    assert catch["ErrorEquals"] == first["ErrorEquals"]
    assert states[catch["Next"]]["Type"] == "Pass"
    assert states[catch["Next"]]["End"] is True


def test_a_failed_retuning_raises_an_alarm(template: Template) -> None:
    alarm = template.one("AWS::CloudWatch::Alarm", MetricName="ExecutionsFailed")

    assert alarm["Namespace"] == "AWS/States"
    assert len(alarm["AlarmActions"]) == 1
