"""The errors that a training job can end with, worded for the person who dropped the data.

A message may quote people's data: it goes into output/failure only; `for_log` leaves that out.
"""

from __future__ import annotations


class TrainerError(Exception):
    """Base of every error that a training job raises on purpose."""

    @property
    def for_log(self) -> str:
        """The message without values out of people's data."""
        return str(self)


class UserInputError(TrainerError):
    """The input is wrong; says what, where, what was found, what was expected and what to do.

    Parameters
    ----------
    what
        What is wrong, one sentence without a final full stop.
    where
        File, row, column or key; "" when the sentence says it already.
    found, expected
        The offending value and what would have been right; "" when not applicable.
    to_do
        The way out, an imperative sentence.
    """

    def __init__(
        self, what: str, *, where: str = "", found: str = "", expected: str = "", to_do: str = ""
    ) -> None:
        self.what, self.where, self.to_do = what, where, to_do
        sentence = what.rstrip(".") + (f" ({where})" if where else "") + "."
        parts = (found and f"found {found}", expected and f"expected {expected}")
        comparison = "; ".join(part for part in parts if part)
        if comparison:
            sentence += f" {comparison[0].upper()}{comparison[1:]}."
        super().__init__(f"{sentence} {to_do}".strip())

    @property
    def for_log(self) -> str:
        """The message without what was found."""
        return f"{self.what.rstrip('.')}{f' ({self.where})' if self.where else ''}. {self.to_do}"


class DatasetError(UserInputError):
    """The data cannot be used as it is."""


class PlanError(UserInputError):
    """plan.json is not what this image can read."""


class HyperparameterError(UserInputError):
    """A hyperparameter is not one of the estimator's, or its value is not allowed."""


class EstimatorError(UserInputError):
    """The estimator is not one that this image trains for this task."""


class MetricError(UserInputError):
    """The metric does not exist or cannot be computed here."""


class ModelError(UserInputError):
    """A model cannot be served, or not in the way that was asked for."""


class FitError(TrainerError):
    """scikit-learn refused to fit or to score; quotes its message."""

    def __init__(self, message: str, for_log: str) -> None:
        super().__init__(message)
        self._for_log = for_log

    @property
    def for_log(self) -> str:
        """The message without scikit-learn's own, which may quote values."""
        return self._for_log
