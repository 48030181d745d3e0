"""Step Functions' tasks, retries and maps, as AWS documents them."""

from __future__ import annotations

import time
from typing import Any

from tests.support.conformance.functions import Machines, rejected

CAUGHT = {"Type": "Pass", "Parameters": {"caught.$": "$"}, "End": True}


def catching(*errors: str) -> list[dict[str, Any]]:
    return [{"ErrorEquals": list(errors), "Next": "Caught"}]


class TestCallbacks:
    """https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-wait-token"""

    def test_a_second_answer_is_rejected(self, machines: Machines) -> None:
        execution = machines.start({"A": machines.callback()})
        token = machines.tokens(execution)[0]
        machines.steps.send_task_success(taskToken=token, output="{}")
        with rejected("TaskTimedOut"):
            machines.steps.send_task_success(taskToken=token, output="{}")

    def test_a_token_that_nobody_gave_out_is_invalid(self, machines: Machines) -> None:
        with rejected("InvalidToken"):
            machines.steps.send_task_success(taskToken="made up", output="{}")

    def test_the_state_fails_at_once_when_its_lambda_raises(self, machines: Machines) -> None:
        state = machines.callback(
            {"mode": "raise"}, Catch=catching("DataQualityError"), TimeoutSeconds=600
        )
        outcome = machines.run({"A": state, "Caught": CAUGHT})
        assert outcome.output["caught"]["Error"] == "DataQualityError"

    def test_no_heartbeat_in_time_is_a_heartbeat_timeout(self, machines: Machines) -> None:
        """https://docs.aws.amazon.com/step-functions/latest/dg/state-task.html"""
        state = machines.callback(
            HeartbeatSeconds=1, TimeoutSeconds=600, Catch=catching("States.HeartbeatTimeout")
        )
        outcome = machines.run({"A": state, "Caught": CAUGHT})
        assert outcome.output["caught"]["Error"] == "States.HeartbeatTimeout"
        assert outcome.seconds > 0.9

    def test_timeout_seconds_ends_the_wait(self, machines: Machines) -> None:
        state = machines.callback(TimeoutSeconds=1, Catch=catching("States.Timeout"))
        outcome = machines.run({"A": state, "Caught": CAUGHT})
        assert outcome.output["caught"]["Error"] == "States.Timeout"

    def test_each_attempt_has_a_token_of_its_own(self, machines: Machines) -> None:
        """https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html"""
        retry = {"ErrorEquals": ["Again"], "IntervalSeconds": 1}
        execution = machines.start({"A": machines.callback(Retry=[retry])})
        [first] = machines.tokens(execution)
        machines.steps.send_task_failure(taskToken=first, error="Again")
        first, second = machines.tokens(execution, count=2)
        assert first != second
        with rejected("TaskTimedOut"):
            machines.steps.send_task_success(taskToken=first, output='"stale"')
        machines.steps.send_task_success(taskToken=second, output='"fresh"')
        assert machines.wait(execution).output == "fresh"

    def test_a_stopped_execution_closes_its_tokens(self, machines: Machines) -> None:
        """https://docs.aws.amazon.com/step-functions/latest/apireference/API_StopExecution.html"""
        execution = machines.start({"A": machines.callback()})
        token = machines.tokens(execution)[0]
        machines.steps.stop_execution(executionArn=execution, error="E", cause="c")
        with rejected("TaskTimedOut"):
            machines.steps.send_task_success(taskToken=token, output="{}")
        assert machines.wait(execution).status == "ABORTED"


class TestRetries:
    """https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html"""

    def test_a_stop_ends_the_wait_before_a_retry(self, machines: Machines) -> None:
        retry = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 4, "MaxAttempts": 1}
        state = machines.recorded({"mode": "raise"}, Retry=[retry])
        execution = machines.start({"A": state})
        machines.tokens(execution)
        machines.steps.stop_execution(executionArn=execution)
        time.sleep(10)  # a start anew takes seconds on a busy machine
        assert len(machines.tokens(execution)) == 1

    def test_an_aborted_execution_starts_nothing_more_in_its_map(self, machines: Machines) -> None:
        """https://docs.aws.amazon.com/step-functions/latest/apireference/API_StopExecution.html"""
        first = machines.recorded({"mode": "await"}, Next="Second", ResultPath=None)
        del first["End"]
        states = machines.map_of({"First": first, "Second": machines.recorded({})})
        execution = machines.start(states, {"items": [1, 2]})
        machines.tokens(execution, count=2)
        machines.steps.stop_execution(executionArn=execution)
        machines.s3.put_object(Bucket=machines.bucket, Key="go")
        time.sleep(2)
        assert len(machines.tokens(execution)) == 2

    def test_the_same_start_again_is_the_same_execution(self, machines: Machines) -> None:
        """https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html"""
        machine = machines.create({"A": {"Type": "Wait", "Seconds": 30, "End": True}})
        start = {"stateMachineArn": machine, "name": "once"}
        first = machines.steps.start_execution(**start, input="{}")["executionArn"]
        assert machines.steps.start_execution(**start, input="{}")["executionArn"] == first
        with rejected("ExecutionAlreadyExists"):
            machines.steps.start_execution(**start, input='{"other": 1}')
        machines.steps.stop_execution(executionArn=first)
        with rejected("ExecutionAlreadyExists"):
            machines.steps.start_execution(**start, input="{}")


class TestMap:
    """https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html"""

    def test_concurrency_comes_from_the_input(self, machines: Machines) -> None:
        states = machines.map_of({"A": machines.callback()}, MaxConcurrencyPath="$.parallel")
        execution = machines.start(states, {"items": [1, 2, 3], "parallel": 1})
        for answered in range(3):
            tokens = machines.tokens(execution, count=answered + 1)
            time.sleep(0.3)
            assert len(machines.tokens(execution)) == answered + 1
            machines.steps.send_task_success(taskToken=tokens[-1], output=str(answered))
        assert machines.wait(execution).output == [0, 1, 2]
