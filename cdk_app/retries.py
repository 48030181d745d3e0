"""Which errors the state machine knows by name: what it retries, and how long it waits in between.

The names are those of the Lambdas' own errors; a test holds both sides together. All waits have
full jitter, so that a hundred runs which met the same limit don't come back at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_stepfunctions as sfn

# UserInputError and its children: the run ends as rejected.
REJECTIONS = (
    "UserInputError",
    "DatasetError",
    "LimitError",
    "PlanError",
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


@dataclass(frozen=True)
class Retry:
    """One entry of a state's Retry; the wait doubles up to a maximum."""

    errors: tuple[str, ...]
    interval_seconds: int
    max_delay_seconds: int
    attempts: int

    def add_to(self, state: sfn.TaskStateBase) -> None:
        """Add a retry of these errors to a state."""
        state.add_retry(
            errors=list(self.errors),
            interval=Duration.seconds(self.interval_seconds),
            backoff_rate=2,
            max_delay=Duration.seconds(self.max_delay_seconds),
            max_attempts=self.attempts,
            jitter_strategy=sfn.JitterType.FULL,
        )


# Step Functions' own limit of MaxAttempts.
MOST_ATTEMPTS = 99_999_999

# Every other error goes to a task's Catch at once.
RETRIES = (
    # StartJob gives up after the setting quota_wait_seconds; with jitter, attempts are no clock.
    Retry((QUOTA_EXCEEDED,), interval_seconds=60, max_delay_seconds=1800, attempts=MOST_ATTEMPTS),
    Retry((THROTTLED,), interval_seconds=5, max_delay_seconds=300, attempts=30),
    # With full jitter the waits are half as long on average, 88 minutes in all.
    Retry((TRANSIENT,), interval_seconds=5, max_delay_seconds=300, attempts=40),
    Retry(LAMBDA_SERVICE, interval_seconds=2, max_delay_seconds=120, attempts=12),
    Retry(LAMBDA_KILLED, interval_seconds=10, max_delay_seconds=60, attempts=3),
)
