"""What Confirm finds out about the model and the data, as confirm.json and results.json hold it.

The container computes all of it on rows that the model had not seen, the report draws it. Scores
are the scorer's own, so that greater is better; a gain, a drop and a loss say what they are of.
Nothing here is a value out of people's data but class names, summary statistics, and names of
categories that enough rows have.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tunedrop_common.data_findings import DataFinding
from tunedrop_common.estimates import Finding, IntervalEstimate, Label, MetricScore, Number
from tunedrop_common.model_errors import (
    AgainstChampion,
    ClassificationErrors,
    RegressionErrors,
    Segments,
    WorstRow,
)

ExplanationStep = Literal[
    "errors", "segments", "importance", "without leaky columns", "learning curve",
    "data checks", "leakage", "duplicates", "shift", "partial dependence",
]  # fmt: skip


class SkippedStep(Finding):
    """A part of the explanation that is not available, and why."""

    step: ExplanationStep
    reason: str = Field(description="A sentence.")


# What it learned


class Importance(Finding):
    """How much the score drops when these columns are shuffled together."""

    columns: tuple[str, ...] = Field(description="More than one: they are strongly associated.")
    drop: IntervalEstimate = Field(
        description="Its interval holds for all together (Bonferroni); above 0: significant."
    )

    @property
    def is_significant(self) -> bool:
        """Whether the drop is above 0 by more than chance."""
        return self.drop.side_of(0.0) > 0


class Dependence(Finding):
    """What the model predicts on average when a column has each of these values in every row."""

    column: str
    kind: Literal["numeric", "categorical", "datetime"]
    of_class: Label = Field(None, description="Whose probability; null in a regression.")
    grid_values: tuple[float | str, ...] = Field(
        description="Numbers, or names; datetimes as ISO dates."
    )
    predictions: tuple[float, ...]


class LearningPoint(Finding):
    """The score of a model that learnt from a share of the rows."""

    share: float
    rows: int
    score: IntervalEstimate


class LearningCurve(Finding):
    """Scores on the same folds from a quarter, half and all of the training rows."""

    points: tuple[LearningPoint, ...]
    gain: IntervalEstimate = Field(description="Score with all rows minus score with half of them.")
    more_rows_help: bool = Field(
        description="The gain is significant, and 1% or more of what the model gains over the "
        "baseline."
    )


class Learned(Finding):
    """What the model learned."""

    folds: int = Field(description="Fresh folds on which columns were shuffled.")
    permutations: int = Field(description="Of each column in each fold.")
    importance: tuple[Importance, ...] = Field(description="Most important first.")
    dependence: tuple[Dependence, ...] = ()


# Data quality


class LeakyColumn(Finding):
    """A column that may leak the target: unavailable, perhaps, at prediction time."""

    column: str
    column_score: IntervalEstimate = Field(
        description="Score of a small tree that sees this column only."
    )
    of_model: Number = Field(description="Score of the selected model.")
    is_target_copy: bool = Field(description="Each of its values goes with one target, and back.")
    without: MetricScore | None = Field(
        None,
        description="Of the selected model, refitted without this and all other leaky columns.",
    )


class Duplicates(Finding):
    """Rows that are there more than once."""

    rows: int = Field(description="Training rows that repeat an earlier one, target included.")
    conflicting: int = Field(description="Rows whose features have different targets.")
    test_rows_in_training: int = Field(description="Test rows whose features a training row has.")
    score_without: IntervalEstimate | None = Field(
        None, description="The selected model's, without rows that have a duplicate in training."
    )
    test_score_without: Number = Field(None, description="The test score without those rows.")


class Shift(Finding):
    """Whether a classifier tells test rows from training rows."""

    auc: IntervalEstimate
    is_significant: bool = Field(description="Above 0.6, and above 0.5 with 99% confidence.")
    columns: tuple[str, ...] = Field(
        (), description="Columns that alone tell them apart, the most telling first."
    )


class DataQuality(Finding):
    """Problems of the data; none of them rejects a run."""

    findings: tuple[DataFinding, ...] = Field((), description="Of the checks of all rows.")
    leaky_columns: tuple[LeakyColumn, ...] = ()
    duplicates: Duplicates | None = None
    shift: Shift | None = None


class Explanation(Finding):
    """All that Confirm found out beyond the verdict."""

    errors: (
        Annotated[ClassificationErrors | RegressionErrors, Field(discriminator="kind")] | None
    ) = None
    against_champion: AgainstChampion | None = None
    segments: Segments | None = None
    worst_rows: tuple[WorstRow, ...] = ()
    learned: Learned | None = None
    learning_curve: LearningCurve | None = None
    data_quality: DataQuality = DataQuality()
    skipped: tuple[SkippedStep, ...] = ()
    predictions_sampled: bool = Field(
        False, description="The file of predictions has a stratified sample of the rows."
    )
