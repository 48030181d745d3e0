import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    NoCredentialsError,
    ReadTimeoutError,
)

from tests.support.fakes import client_error, quota_error
from tunedrop.aws_errors import Quota, read_quota, translate, translated
from tunedrop.errors import (
    LimitRefused,
    QuotaExceeded,
    QuotaTooSmall,
    Throttled,
    TransientAwsError,
)


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


@pytest.mark.parametrize(
    "words",
    [
        "",
        "The requested resource training-job/ml.p2.xlarge is not available in this region",
        "The account-level service limit 'x' is 4 Instances, with current utilization of 0 "
        "Instances and a request delta of 4 Instances.",
    ],
)
def test_a_limit_that_no_wait_is_said_to_cure_fails_at_once(words: str) -> None:
    error = client_error("ResourceLimitExceeded", 400, words)
    assert isinstance(translate(error), LimitRefused)


def test_a_quota_is_read_in_its_older_words_too() -> None:
    words = (
        "The account-level service limit for training-job/ml.p2.xlarge is 0 Instances, with "
        "current utilization of 0 Instances and a request delta of 2 Instances."
    )
    assert read_quota(words) == Quota("training-job/ml.p2.xlarge", limit=0, used=0, delta=2)


@pytest.mark.parametrize(
    "error",
    [client_error("AccessDenied", 403), NoCredentialsError(), client_error("NoSuchKey", 404)],
)
def test_other_errors_stay_what_they_are(error: ClientError | BotoCoreError) -> None:
    assert translate(error) is error
    with pytest.raises(type(error)) as raised, translated():
        raise error
    assert raised.value is error
