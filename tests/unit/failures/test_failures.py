from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunedrop import environment, errors
from tunedrop.errors import DatasetError, TuningConfigError, UserInputError
from tunedrop.failures.error_causes import ErrorCause
from tunedrop.failures.error_meanings import ABORTED, is_user_input, meaning
from tunedrop.failures.failures import (
    Explanation,
    explain,
    explain_input,
    failure_document,
    notification,
)
from tunedrop.run_record import RunFolder

RUN = RunFolder("iris", "20261123T120000Z-1a2b3c4d")
NOW = datetime(2026, 11, 23, 14, tzinfo=UTC)
EMPTY_COLUMN = DatasetError(
    "The column 'John Smith' is no target",
    where="train.csv",
    found="'41 Elm Street'",
    expected="numbers or classes",
    to_do="Name another than 'John Smith' in tuning.yaml.",
)
# Names that AWS gives; those of our own errors are looked up below.
AWS = [
    "States.Timeout",
    "States.HeartbeatTimeout",
    "Sandbox.Timedout",
    "Lambda.Unknown",
    "Lambda.ServiceException",
    "Lambda.TooManyRequestsException",
    "Runtime.ExitError",
    ABORTED,
]


def refused(error: UserInputError) -> Explanation:
    return explain_input(type(error).__name__, str(error), error)


def sent(error: ErrorCause | UserInputError) -> str:
    explained = explain(error) if isinstance(error, ErrorCause) else refused(error)
    made = notification(RUN, explained, execution="arn:x", details="s3://b/failure.json")
    return f"{made['subject']}\n{made['message']}"


def test_an_error_of_the_input_keeps_its_parts_in_the_failure() -> None:
    explained = refused(EMPTY_COLUMN)
    document = failure_document(RUN, explained, execution="arn:x", stopped_jobs=["td-1"], time=NOW)
    assert document == {
        "run": {"dataset": "iris", "run_id": "20261123T120000Z-1a2b3c4d"},
        "error": "DatasetError",
        "message": str(EMPTY_COLUMN),
        "what": EMPTY_COLUMN.what,
        "where": EMPTY_COLUMN.where,
        "found": EMPTY_COLUMN.found,
        "expected": EMPTY_COLUMN.expected,
        "to_do": EMPTY_COLUMN.to_do,
        "attempts": [],
        "stopped_jobs": ["td-1"],
        "execution": "arn:x",
        "time": "2026-11-23T14:00:00+00:00",
    }


def test_a_notification_has_no_value_out_of_the_data_and_says_where_to_read_on() -> None:
    text = sent(EMPTY_COLUMN)
    assert "Smith" not in text
    assert "Elm" not in text
    assert "The column '...' is no target (train.csv)." in text
    assert "What to do: Name another than '...' in tuning.yaml." in text
    assert "s3://b/failure.json" in text
    assert "iris" in text


def test_an_input_error_without_a_record_is_sent_without_its_message() -> None:
    cause = ErrorCause("DatasetError", str(EMPTY_COLUMN))
    assert explain(cause).message == str(EMPTY_COLUMN)
    text = sent(cause)
    assert "The dataset, or what was asked of it, cannot be used." in text
    assert "no target" not in text
    assert "Smith" not in text
    assert "Elm" not in text


def test_a_mistake_in_tuning_yaml_is_told_in_full_but_for_what_was_found() -> None:
    error = TuningConfigError(
        "Unknown key", where="tuning.yaml, line 3", found="'targett'", to_do="Write 'target'."
    )
    text = sent(error)
    assert "Unknown key (tuning.yaml, line 3)." in text
    assert "Write 'target'." in text


@pytest.mark.parametrize("name", [*AWS, "Throttled", "DeploymentError"])
def test_every_error_of_the_machinery_says_what_it_means_and_what_to_do(name: str) -> None:
    what, to_do = meaning(ErrorCause(name, ""))
    assert what != meaning(ErrorCause("Surprise", ""))[0]
    assert what
    assert not what.endswith(".")
    assert to_do.endswith(".")
    assert what in sent(ErrorCause(name, ""))


def test_no_error_of_ours_is_without_a_meaning() -> None:
    unknown = meaning(ErrorCause("Surprise", ""))
    for module in (errors, environment):
        for name, kind in vars(module).items():
            if not isinstance(kind, type) or not issubclass(kind, errors.TunedropError):
                continue
            if kind in (errors.TunedropError, errors.CleanUpIncomplete):
                continue  # a base; StopJobs' own, which ends no run
            assert is_user_input(name) or meaning(ErrorCause(name, "")) != unknown, name


def test_an_unknown_errors_message_stays_in_the_failure() -> None:
    cause = ErrorCause("KeyError", "'John Smith'")
    assert "John Smith" in explain(cause).message
    assert "John Smith" not in sent(cause)
    assert "Step Functions console" in sent(cause)


def test_a_denied_call_is_for_whoever_deployed() -> None:
    cause = ErrorCause("ClientError", "An error occurred (AccessDeniedException) when calling X")
    assert "denied" in explain(cause).what
    assert "deployed" in explain(cause).to_do


@given(st.text(max_size=150), st.text(max_size=150))
def test_no_dataset_or_error_name_breaks_a_notification(dataset: str, error: str) -> None:
    made = notification(
        RunFolder(dataset, "r"), explain(ErrorCause(error, "")), execution="x", details=""
    )
    assert len(made["subject"]) < 100
    assert made["subject"].isascii()
    assert made["subject"].isprintable()
