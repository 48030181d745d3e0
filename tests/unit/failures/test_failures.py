import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunedrop import environment, errors
from tunedrop.errors import DatasetError, TuningConfigError, UserInputError
from tunedrop.failures.error_meanings import explain_meaning, is_user_input
from tunedrop.failures.executions import ABORTED, ErrorCause, read_cause
from tunedrop.failures.failures import (
    Explanation,
    explain,
    explain_input,
    notification,
)
from tunedrop.run_record import RunFolder

RUN = RunFolder("iris", "20261123T120000Z-1a2b3c4d")
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


def explain_error(error: UserInputError) -> Explanation:
    return explain_input(type(error).__name__, str(error), error)


def sent(error: ErrorCause | UserInputError) -> str:
    explained = explain(error) if isinstance(error, ErrorCause) else explain_error(error)
    sent_notification = notification(
        RUN, explained, execution="arn:x", details="s3://b/failure.json"
    )
    return f"{sent_notification['subject']}\n{sent_notification['message']}"


def test_an_input_error_without_a_record_is_sent_without_its_message() -> None:
    cause = ErrorCause("DatasetError", str(EMPTY_COLUMN))
    assert explain(cause).message == str(EMPTY_COLUMN)
    text = sent(cause)
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
    meaning, to_do = explain_meaning(ErrorCause(name, ""))
    assert meaning != explain_meaning(ErrorCause("Surprise", ""))[0]
    assert meaning
    assert not meaning.endswith(".")
    assert to_do.endswith(".")
    assert meaning in sent(ErrorCause(name, ""))


def test_no_error_of_ours_is_without_a_meaning() -> None:
    unknown = explain_meaning(ErrorCause("Surprise", ""))
    for module in (errors, environment):
        for name, kind in vars(module).items():
            if not isinstance(kind, type) or not issubclass(kind, errors.TunedropError):
                continue
            if kind in (errors.TunedropError, errors.CleanUpIncomplete):
                continue  # a base; StopJobs' own, which ends no run
            assert is_user_input(name) or explain_meaning(ErrorCause(name, "")) != unknown, name


def test_an_unknown_errors_message_stays_in_the_failure() -> None:
    cause = ErrorCause("KeyError", "'John Smith'")
    assert "John Smith" in explain(cause).message
    assert "John Smith" not in sent(cause)
    assert "Step Functions console" in sent(cause)


def test_a_denied_call_is_for_whoever_deployed() -> None:
    cause = ErrorCause("ClientError", "An error occurred (AccessDeniedException) when calling X")
    assert "denied" in explain(cause).parts.what
    assert "deployed" in explain(cause).parts.to_do


@given(st.text(max_size=150), st.text(max_size=150))
def test_no_dataset_or_error_name_breaks_a_notification(dataset: str, error: str) -> None:
    sent_notification = notification(
        RunFolder(dataset, "r"), explain(ErrorCause(error, "")), execution="x", details=""
    )
    assert len(sent_notification["subject"]) < 100
    assert sent_notification["subject"].isascii()
    assert sent_notification["subject"].isprintable()


def test_an_error_that_step_functions_calls_task_failed_gets_its_own_name() -> None:
    cause = '{"errorMessage": "no", "errorType": "QuotaTooSmall"}'
    assert read_cause("States.TaskFailed", cause).name == "QuotaTooSmall"


@pytest.mark.parametrize("cause", ["", "not JSON {", "[1, 2]", "null", '{"a": 1}', "1e999"])
def test_a_cause_that_is_not_a_lambdas_is_the_message(cause: str) -> None:
    assert read_cause("States.Runtime", f" {cause} ") == ErrorCause("States.Runtime", cause)
