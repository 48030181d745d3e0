"""The errors that a training job can end with, worded for the person who dropped the data.

A message may quote people's data: it goes into output/failure only; `for_log` leaves that out.
"""

from __future__ import annotations

from tunedrop_common.errors import DatasetError as DatasetError
from tunedrop_common.errors import PlanError as PlanError
from tunedrop_common.errors import TunedropError as TunedropError
from tunedrop_common.errors import UserInputError as UserInputError


class HyperparameterError(UserInputError):
    """A hyperparameter is not one of the estimator's, or its value is not allowed."""


class EstimatorError(UserInputError):
    """The estimator is not one that this image trains for this task."""


class MetricError(UserInputError):
    """The metric does not exist or cannot be computed here."""


class ModelError(UserInputError):
    """A model cannot be served, or not in the way that was asked for."""


class FitError(TunedropError):
    """scikit-learn could not fit or score; quotes its message."""

    def __init__(self, message: str, for_log: str = "") -> None:
        super().__init__(message)
        self._for_log = for_log or message

    @property
    def for_log(self) -> str:
        """The message without scikit-learn's own, which may quote values."""
        return self._for_log
