import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunedrop.errors import DatasetError, UserInputError
from tunedrop.failing.error_causes import ErrorCause, MessageParts, read_cause, split_message

words = st.text("abc xyz", min_size=1).map(str.strip).filter(bool)
values = st.text(max_size=40).map(repr)


def test_a_lambdas_cause_is_unwrapped() -> None:
    cause = {"errorMessage": "The file is empty.", "errorType": "DatasetError", "stackTrace": ["x"]}
    found = read_cause("DatasetError", json.dumps(cause))
    assert found == ErrorCause("DatasetError", "The file is empty.")


def test_an_error_that_step_functions_calls_task_failed_gets_its_own_name() -> None:
    cause = {"errorMessage": "no", "errorType": "QuotaTooSmall"}
    assert read_cause("States.TaskFailed", json.dumps(cause)).name == "QuotaTooSmall"


@pytest.mark.parametrize(
    "cause", ["", "not JSON {", "[1, 2]", '"text"', "null", '{"a": 1}', "1e999"]
)
def test_a_cause_that_is_not_a_lambdas_is_the_message(cause: str) -> None:
    assert read_cause("States.Runtime", f" {cause} ") == ErrorCause("States.Runtime", cause)


@given(what=words, where=words, found=values, expected=words, to_do=words)
def test_a_message_comes_apart_into_what_it_was_made_of(
    what: str, where: str, found: str, expected: str, to_do: str
) -> None:
    error = UserInputError(what, where=where, found=found, expected=expected, to_do=f"Do {to_do}.")
    assert split_message(str(error)) == MessageParts(what, where, found, expected, f"Do {to_do}.")


@given(what=words, found=st.text(min_size=1), to_do=words)
def test_what_was_found_never_ends_up_in_another_part(what: str, found: str, to_do: str) -> None:
    secret = f"<{found}>"
    for shown in (secret, f"{secret}. Found 'x'. And", repr(f"a'b{secret}. Do it"), f"12 {secret}"):
        parts = split_message(str(DatasetError(what, found=shown, to_do=f"Do {to_do}.")))
        for part in (parts.what, parts.where, parts.expected, parts.to_do):
            assert "<" not in part


@pytest.mark.parametrize(
    "error",
    [
        DatasetError("The file is empty", where="a.csv", to_do="Drop it again."),
        DatasetError("Too many files", expected="at most 9", to_do="Merge them."),
        DatasetError("Too many rows", found="12,000 rows", expected="fewer"),
        DatasetError("No header"),
        DatasetError("Bad name", found='"it\'s"', to_do="Rename it. Then drop it."),
    ],
)
def test_parts_that_are_not_there_are_empty(error: DatasetError) -> None:
    found = split_message(str(error))
    assert (found.what, found.where, found.found, found.expected, found.to_do) == (
        error.what,
        error.where,
        error.found,
        error.expected,
        error.to_do,
    )


def test_an_uncertain_message_keeps_its_head_only() -> None:
    error = DatasetError("A value is odd", where="x", found="abc. John Smith", to_do="Correct it.")
    assert split_message(str(error)) == MessageParts("A value is odd", "x")
