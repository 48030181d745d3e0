import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
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

LIMIT = "ResourceLimitExceeded"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (client_error("ThrottlingException"), Throttled),
        (client_error("Whatever", 429), Throttled),
        (client_error("Whatever", 502), TransientAwsError),
        (client_error("ServiceUnavailable", 503), TransientAwsError),
        (ReadTimeoutError(endpoint_url="http://a"), TransientAwsError),
        (quota_error(4, used=3), QuotaExceeded),
        (quota_error(0, delta=1), QuotaTooSmall),
        (quota_error(1, delta=2), QuotaTooSmall),
        # No wait is said to cure these.
        (client_error(LIMIT), LimitRefused),
        (client_error(LIMIT, message="ml.p2.xlarge is not available in this region"), LimitRefused),
        (quota_error(4, delta=4), LimitRefused),
    ],
)
def test_an_error_gets_the_name_that_the_state_machine_knows(
    error: ClientError | BotoCoreError, expected: type[Exception]
) -> None:
    with pytest.raises(expected), translated():
        raise error


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
