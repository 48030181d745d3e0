"""The errors that a run can end with, in two families which the state machine knows by name.

`UserInputError` and its children mean that the input is wrong: never retried, with a message for
the person who dropped the data. All else is the machinery: the state machine retries the names in
`RETRYABLE` (`cdk_app/retries.py` repeats them, a test holds both together).
"""

from __future__ import annotations

import shlex

from tunedrop_common.errors import DatasetError as DatasetError
from tunedrop_common.errors import TunedropError as TunedropError
from tunedrop_common.errors import UserInputError as UserInputError


class WithoutData:
    """Mixed into errors whose messages never quote the dataset, so that notifications have them."""


class TuningConfigError(WithoutData, UserInputError):
    """tuning.yaml is wrong."""


class LimitError(WithoutData, UserInputError):
    """A request of tuning.yaml is beyond a limit of the deployment."""


class RunNotFoundError(WithoutData, UserInputError):
    """A person named a run or dataset that does not exist."""


class Throttled(WithoutData, TunedropError):
    """AWS asked us to slow down; retried with backoff."""


class QuotaExceeded(WithoutData, TunedropError):
    """A quota is in use at the moment; retried with backoff, until the deployment's deadline."""


class QuotaStayedInUse(WithoutData, TunedropError):
    """A quota was in use for as long as the deployment waits for one."""


class QuotaTooSmall(WithoutData, TunedropError):
    """A quota is smaller than what one job asks for: waiting cannot help."""


class LimitRefused(WithoutData, TunedropError):
    """AWS rejected a job because of a limit, and waiting may not help."""


class TransientAwsError(WithoutData, TunedropError):
    """AWS failed (5xx, a broken connection); retried with backoff."""


class NoSuccessfulTrainingJob(WithoutData, TunedropError):
    """No tuning job of the run has a completed training job, so there is nothing to confirm."""


class ConfirmFailed(TunedropError):
    """The Confirm job did not complete, so there is no model and no verdict."""


class JobNameTaken(WithoutData, TunedropError):
    """Another SageMaker job has the name of one of the run's jobs."""


class NotAdmitted(WithoutData, TunedropError):
    """An execution is not the one that Admit started, or its run is not under way any more."""


class UnreadableState(WithoutData, TunedropError):
    """An object of the deployment's own state is damaged; the message says how to restore it.

    `reason` must not quote the object: it may hold values out of people's data.
    """

    def __init__(self, bucket: str, key: str, reason: str) -> None:
        self.key = key
        # The AWS command line encodes the source by itself.
        source = shlex.quote(f"{bucket}/{key}?versionId=VERSION_ID")
        place = f"--bucket {shlex.quote(bucket)}"
        super().__init__(
            f"{key} cannot be read: it is not what Tunedrop wrote ({reason}). The bucket is "
            "versioned, so older versions are still there. List them, the newest first:\n\n"
            f"  aws s3api list-object-versions {place} --prefix {shlex.quote(key)} "
            "--query 'Versions[].[VersionId,LastModified,Size]' --output text\n\n"
            "Restore the newest one from before the damage, with its id as VERSION_ID:\n\n"
            f"  aws s3api copy-object {place} --key {shlex.quote(key)} --copy-source {source}\n\n"
            'Then go on as docs/operations.md says under "Damaged state".'
        )


class CleanUpIncomplete(TunedropError):
    """StopJobs could not clean up after some of the executions that it looked at."""


RETRYABLE = (Throttled.__name__, QuotaExceeded.__name__, TransientAwsError.__name__)
