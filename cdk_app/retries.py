"""Which errors the state machine knows by name: what it retries, and how long it waits in between.

The names are those of the Lambdas' own errors; a test holds both sides together. All waits have
full jitter, so that a hundred runs which met the same limit don't come back at once.
"""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_stepfunctions as sfn

# UserInputError and its children: the run ends as rejected.
REJECTIONS = (
    "UserInputError",
    "DatasetError",
    "LimitError",
    "RunNotFoundError",
    "TuningConfigError",
)
# A job failed for a reason that its next attempt has an answer for.
NEXT_ATTEMPT = "NextAttempt"
THROTTLED = "Throttled"
QUOTA_EXCEEDED = "QuotaExceeded"
TRANSIENT = "TransientAwsError"
LAMBDA_SERVICE = (
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.TooManyRequestsException",
    # AWS puts away the image and the network interfaces of a function that nobody calls for weeks;
    # the next call brings them back, within two minutes.
    "Lambda.CodeArtifactUserPendingException",
    "Lambda.ResourceNotReadyException",
    "Lambda.ResourceConflictException",
    "Lambda.ENINotReadyException",
    "Lambda.EC2ThrottledException",
)
# Out of memory or time, or the machine below was lost: worth another try, but not many.
LAMBDA_KILLED = ("Runtime.ExitError", "Lambda.Unknown", "Sandbox.Timedout")


# Step Functions' own limit of MaxAttempts.
MOST_ATTEMPTS = 99_999_999

# Errors, seconds before the first attempt, seconds at most, attempts.
RETRIES = (
    # StartJob gives up after the setting quota_wait_seconds; with jitter, attempts are no clock.
    ((QUOTA_EXCEEDED,), 60, 1800, MOST_ATTEMPTS),
    ((THROTTLED,), 5, 300, 30),
    # With full jitter the waits are half as long on average, 88 minutes in all.
    ((TRANSIENT,), 5, 300, 40),
    (LAMBDA_SERVICE, 2, 120, 12),
    (LAMBDA_KILLED, 10, 60, 3),
)


def add_retry(
    state: sfn.TaskStateBase, errors: tuple[str, ...], interval: int, most: int, attempts: int
) -> None:
    """Retry these errors of a state; the wait doubles up to a maximum."""
    state.add_retry(
        errors=list(errors),
        interval=Duration.seconds(interval),
        backoff_rate=2,
        max_delay=Duration.seconds(most),
        max_attempts=attempts,
        jitter_strategy=sfn.JitterType.FULL,
    )
