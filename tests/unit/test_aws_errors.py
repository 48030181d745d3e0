import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    NoCredentialsError,
    ReadTimeoutError,
)

from tests.support.fakes import client_error, quota_error
from tunedrop.aws_errors import translate, translated
from tunedrop.errors import QuotaExceeded, QuotaTooSmall, Throttled, TransientAwsError


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        ("ThrottlingException", 400, Throttled),
        ("SlowDown", 503, Throttled),
        ("Whatever", 429, Throttled),
        ("InternalFailure", 500, TransientAwsError),
        ("Whatever", 502, TransientAwsError),
        ("ServiceUnavailable", 503, TransientAwsError),
    ],
)
def test_an_answer_worth_retrying_gets_the_name_the_state_machine_knows(
    code: str, status: int, expected: type[Exception]
) -> None:
    with pytest.raises(expected), translated():
        raise client_error(code, status)


@pytest.mark.parametrize(
    "error",
    [
        ConnectTimeoutError(endpoint_url="http://a"),
        ReadTimeoutError(endpoint_url="http://a"),
    ],
)
def test_a_broken_connection_is_transient(error: BotoCoreError) -> None:
    assert isinstance(translate(error), TransientAwsError)


def test_a_quota_that_is_used_up_is_worth_waiting_for() -> None:
    assert isinstance(translate(quota_error(4, used=3)), QuotaExceeded)


@pytest.mark.parametrize(("limit", "delta"), [(0, 1), (1, 2)])
def test_a_quota_that_can_never_fit_fails_by_name(limit: int, delta: int) -> None:
    ours = translate(quota_error(limit, delta=delta))
    assert isinstance(ours, QuotaTooSmall)
    assert "ml.m5.large for training job usage" in str(ours)


def test_a_quota_in_unknown_words_is_worth_waiting_for() -> None:
    assert isinstance(translate(client_error("ResourceLimitExceeded")), QuotaExceeded)


@pytest.mark.parametrize(
    "error",
    [client_error("AccessDenied", 403), NoCredentialsError(), client_error("NoSuchKey", 404)],
)
def test_other_errors_stay_what_they_are(error: ClientError | BotoCoreError) -> None:
    assert translate(error) is error
    with pytest.raises(type(error)) as raised, translated():
        raise error
    assert raised.value is error
