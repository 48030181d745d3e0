import json

import pytest

from tunedrop.failures.executions import ErrorCause, read_cause


def test_an_error_that_step_functions_calls_task_failed_gets_its_own_name() -> None:
    cause = {"errorMessage": "no", "errorType": "QuotaTooSmall"}
    assert read_cause("States.TaskFailed", json.dumps(cause)).name == "QuotaTooSmall"


@pytest.mark.parametrize(
    "cause", ["", "not JSON {", "[1, 2]", '"text"', "null", '{"a": 1}', "1e999"]
)
def test_a_cause_that_is_not_a_lambdas_is_the_message(cause: str) -> None:
    assert read_cause("States.Runtime", f" {cause} ") == ErrorCause("States.Runtime", cause)
