"""The errors that a training job can end with, and what a caller of the server gets instead.

A job's message may quote people's data: it goes into output/failure only; `for_log` leaves that
out. A caller gets words and a status, never a stack trace.
"""

from __future__ import annotations

from typing import Any

from tunedrop_common.errors import DatasetError as DatasetError
from tunedrop_common.errors import TunedropError as TunedropError
from tunedrop_common.errors import UserInputError as UserInputError


class HyperparameterError(UserInputError):
    """A hyperparameter or its value is invalid for the estimator."""


class PlanError(UserInputError):
    """plan.json is not what this release reads."""


class EstimatorError(UserInputError):
    """The image has no such estimator for the task."""


class ModelError(UserInputError):
    """A model cannot be served, or not with these settings."""


class FitError(TunedropError):
    """scikit-learn could not fit or score; quotes its message."""

    def __init__(self, message: str, for_log: str = "") -> None:
        super().__init__(message)
        self._for_log = for_log or message

    @property
    def for_log(self) -> str:
        """The message without scikit-learn's own, which may quote values."""
        return self._for_log


class MemoryRanOut(TunedropError):
    """Memory ran out where the job cannot do without the result; another machine may help."""


class RequestError(Exception):
    """A request that is wrong, or comes at the wrong time.

    Parameters
    ----------
    message
        What is wrong, one sentence without a final full stop.
    row
        Of the body, counted from 1, without the header.
    found, expected, to_do
        The offending value, what would have been right, the way out; "" when not applicable.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        row: int | None = None,
        column: str = "",
        found: str = "",
        expected: str = "",
        to_do: str = "",
    ) -> None:
        self.status = status
        words = {"column": column, "found": found, "expected": expected, "to_do": to_do}
        self.content: dict[str, Any] = {"message": f"{message.rstrip('.')}."}
        self.content |= {} if row is None else {"row": row}
        self.content |= {name: text for name, text in words.items() if text}
        super().__init__(message)
