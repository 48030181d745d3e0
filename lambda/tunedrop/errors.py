"""The errors that a run can end with, in two families which the state machine knows by name.

`UserInputError` and its children mean that the input is wrong: never retried, with a message for
the person who dropped the data. All else is the machinery: the state machine retries the names in
`RETRYABLE` (`cdk_app/retries.py` repeats them, a test holds both together).
"""

from __future__ import annotations

from tunedrop_common.errors import DatasetError as DatasetError
from tunedrop_common.errors import PlanError as PlanError
from tunedrop_common.errors import TunedropError as TunedropError
from tunedrop_common.errors import UserInputError as UserInputError


class TuningConfigError(UserInputError):
    """tuning.yaml is wrong."""


class LimitError(UserInputError):
    """A request of tuning.yaml is beyond a limit of the deployment."""


class RunNotFoundError(UserInputError):
    """A person named a run or dataset that does not exist."""


class Throttled(TunedropError):
    """AWS asked us to slow down; retried with backoff."""


class QuotaExceeded(TunedropError):
    """A quota is in use at the moment; retried with backoff, until the deployment's deadline."""


class QuotaStayedInUse(TunedropError):
    """A quota was in use for as long as the deployment waits for one."""


class QuotaTooSmall(TunedropError):
    """A quota is smaller than what one job asks for: waiting cannot help."""


class LimitRefused(TunedropError):
    """AWS refused a job by a limit, in words that promise nothing to those who wait."""


class TransientAwsError(TunedropError):
    """AWS failed (5xx, a broken connection); retried with backoff."""


class NoSuccessfulTrainingJob(TunedropError):
    """No tuning job of the run has a completed training job, so there is nothing to confirm."""


class ConfirmFailed(TunedropError):
    """The Confirm job did not complete, so there is no model and no verdict."""


class JobNameTaken(TunedropError):
    """A SageMaker job has the name of one of ours and belongs to somebody else."""


class NotAdmitted(TunedropError):
    """An execution is not the one that Admit started, or its run is not under way any more."""


class CleanUpIncomplete(TunedropError):
    """StopJobs could not clean up after some of the executions that it looked at."""


RETRYABLE = (Throttled.__name__, QuotaExceeded.__name__, TransientAwsError.__name__)
