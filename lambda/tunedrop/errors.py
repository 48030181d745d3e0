"""The errors that a run can end with, in two families which the state machine tells apart by name.

`UserInputError` and its children mean that the input is wrong: never retried, with a message for
the person who dropped the data. All else is the machinery: the state machine retries the names in
`RETRYABLE` (`cdk_app/retries.py` repeats them, a test holds both together).
"""

from __future__ import annotations


class TunedropError(Exception):
    """Base of every error that Tunedrop raises on purpose."""


class UserInputError(TunedropError):
    """The input is wrong; says what, where, what was found, what was expected and what to do.

    Parameters
    ----------
    what
        What is wrong, one sentence without a final full stop.
    where
        File, line, column or key; "" when the sentence says it already.
    found, expected
        The offending value and what would have been right; "" when not applicable.
    to_do
        The way out, an imperative sentence.

    Example
    -------
    >>> str(UserInputError("Unknown key", where="line 3", found="'targett'",
    ...     expected="target or task", to_do="Write 'target' instead."))
    "Unknown key (line 3). Found 'targett'; expected target or task. Write 'target' instead."
    """

    def __init__(
        self, what: str, *, where: str = "", found: str = "", expected: str = "", to_do: str = ""
    ) -> None:
        self.what, self.where, self.found, self.expected, self.to_do = (
            what, where, found, expected, to_do,
        )  # fmt: skip
        sentence = what.rstrip(".") + (f" ({where})" if where else "") + "."
        comparison = "; ".join(
            part
            for part in (found and f"found {found}", expected and f"expected {expected}")
            if part
        )
        if comparison:
            sentence += f" {comparison[0].upper()}{comparison[1:]}."
        super().__init__(f"{sentence} {to_do}".strip())


class DatasetError(UserInputError):
    """The data cannot be used as it is."""


class TuningConfigError(UserInputError):
    """tuning.yaml is wrong."""


class LimitError(UserInputError):
    """A wish of tuning.yaml lies beyond a limit of the deployment."""


class RunNotFoundError(UserInputError):
    """A person named a run or dataset that does not exist."""


class Throttled(TunedropError):
    """AWS asked us to slow down; retried with backoff."""


class QuotaExceeded(TunedropError):
    """A quota is used up at the moment; retried with backoff, for hours."""


class QuotaTooSmall(TunedropError):
    """A quota is smaller than what one job asks for: waiting cannot help."""


class TransientAwsError(TunedropError):
    """AWS failed (5xx, a broken connection); retried with backoff."""


class NoSuccessfulTrainingJob(TunedropError):
    """No tuning job of the run has a completed training job, so there is nothing to confirm."""


class ConfirmFailed(TunedropError):
    """The Confirm job did not complete, so there is no model and no verdict."""


class JobNameTaken(TunedropError):
    """A SageMaker job has the name of one of ours and belongs to somebody else."""


class CleanUpIncomplete(TunedropError):
    """StopJobs could not clean up after some of the executions that it looked at."""


RETRYABLE = (Throttled.__name__, QuotaExceeded.__name__, TransientAwsError.__name__)
