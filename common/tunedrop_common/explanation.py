"""What Confirm finds out about the model and the data, as confirm.json and results.json hold it.

The container computes all of it on rows that the model had not seen, the report draws it. Scores
are the scorer's own, so that greater is better; a gain, a drop and a loss say what they are of.
Nothing here is a value out of people's data but class names, summary statistics, and names of
categories that enough rows have.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from tunedrop_common.plan import Record

MOST_CLASSES_SHOWN = 30
"""Of a confusion matrix; the rest are folded into one."""

FEWEST_ROWS_OF_A_NAME = 20
"""The name of a category is shown when at least so many training rows have it."""

MOST_NAMES = 50
"""Names of categories shown of one column."""

Label = str | int | float | bool | None
Part = Literal[
    "errors", "slices", "importance", "without suspect", "ensemble", "learning curve",
    "suspects", "removable columns", "duplicates", "shift", "hints", "partial dependence",
]  # fmt: skip


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


Number = Annotated[float | None, BeforeValidator(_finite)]
Interval = tuple[Number, Number] | None


class Finding(Record, allow_inf_nan=False):
    """Something that confirm.json holds; JSON has only finite numbers."""


class Measured(Finding):
    """A number with its 95 % interval; null where there is too little to tell."""

    value: Number
    interval: Interval = None

    @property
    def ends(self) -> tuple[float | None, float | None]:
        """Both ends of the interval."""
        return self.interval or (None, None)


class LeftOut(Finding):
    """A part of the explanation that is not there, and why."""

    part: Part
    reason: str = Field(description="A sentence.")


class MetricScore(Finding):
    """One metric of one contender: on the fresh folds with the verdict's interval, on test rows."""

    mean: Number
    interval: Interval = None
    test_score: Number = None


# How it errs


class Basis(Finding):
    """The rows that counts and rates are about: each once, of one repeat of the fresh folds."""

    rows: int = Field(description="Different rows; fewer than all where time decides, or sampled.")
    of_rows: int = Field(description="Training rows in all.")
    repeats: int
    weighted: bool = Field(False, description="Rates count rows by their weights.")
    groups: int | None = Field(None, description="Intervals are by so many groups, not by rows.")


class ClassErrors(Finding):
    """How one class fares: of those called so, how many are; of those that are, how many found."""

    label: Label
    rows: int
    predicted: int
    precision: Measured
    recall: Measured


class Confusion(Finding):
    """Rows of each class (outer) that were called each class (inner), in the order of `labels`."""

    labels: tuple[Label, ...]
    folded: int = Field(0, description="Classes in the last line and column, `other`; 0: none.")
    counts: tuple[tuple[int, ...], ...]
    shares: tuple[tuple[Number, ...], ...] = Field(description="Of each row's sum, by weight.")


class Curve(Finding):
    """A curve of one class against the rest, thinned to what can be drawn."""

    label: Label
    area: Measured = Field(description="ROC AUC, or average precision.")
    x: tuple[float, ...]
    y: tuple[float, ...]


class CalibrationBin(Finding):
    """Rows whose predicted probability is alike: how often it came true."""

    predicted: float
    observed: Measured
    rows: int


class Calibration(Finding):
    """Whether a probability of 0.8 comes true in 8 of 10 rows; averaged over repeats."""

    label: Label = Field(
        description="Two classes: whose probability. More: null, of the class called."
    )
    bins: tuple[CalibrationBin, ...]
    brier: Measured
    brier_of_guessing: Number = Field(description="Of predicting the class shares for every row.")


class Threshold(Finding):
    """What calling the positive class from this probability on would bring."""

    threshold: float
    precision: Number
    recall: Number
    flagged: float = Field(description="Share of all rows.")


class ClassificationErrors(Finding):
    """How a classifier errs."""

    kind: Literal["classification"] = "classification"
    basis: Basis
    classes: tuple[ClassErrors, ...] = Field(description="Most frequent first, all of them.")
    confusion: Confusion
    positive: Label = Field(None, description="Of two classes, the one that metrics are about.")
    roc: tuple[Curve, ...] = ()
    precision_recall: tuple[Curve, ...] = ()
    calibration: Calibration | None = None
    thresholds: tuple[Threshold, ...] = ()


class PredictionBin(Finding):
    """Rows with like predictions: where their actual values and their residuals lie.

    A residual is actual minus predicted. Both are the 10, 25, 50, 75 and 90 % quantiles.
    """

    predicted: float = Field(description="Mean.")
    rows: int
    actual: tuple[float, float, float, float, float]
    residual: tuple[float, float, float, float, float]
    mean_actual: float


class ErrorBound(Finding):
    """Between `low` and `high` lies the residual of so many rows; measured on other folds."""

    level: float = Field(description="0.5, 0.8 or 0.95.")
    low: float
    high: float
    coverage: Measured


class Bar(Finding):
    """A bar of a histogram."""

    low: float
    high: float
    rows: int


class RegressionErrors(Finding):
    """How a regressor errs."""

    kind: Literal["regression"] = "regression"
    basis: Basis
    bins: tuple[PredictionBin, ...]
    histogram: tuple[Bar, ...] = Field(description="Of residuals; ends hold what lies beyond.")
    bounds: tuple[ErrorBound, ...]
    mean_absolute_error: Measured
    median_absolute_error: Number


class Change(Finding):
    """What shipping this model instead of the champion changes for one part of the rows."""

    label: str = Field(description="A class, or a tenth of the target: `12 to 17`.")
    rows: int
    champion: Number
    shipped: Number
    gain: Measured = Field(description="Of recall, or less absolute error: greater is better.")


class AgainstChampion(Finding):
    """Which classes, or which tenths of the target, gain and lose."""

    measure: Literal["recall", "mean absolute error"]
    changes: tuple[Change, ...]


class Slice(Finding):
    """Some rows, by the values of one or two columns, against all others."""

    columns: tuple[str, ...]
    label: str = Field(description="`age 30 to 41 and sex female`; no rare category is named.")
    rows: int
    loss: Number
    loss_elsewhere: Number
    difference: Measured = Field(description="Loss here minus loss elsewhere; greater is worse.")
    surely_worse: bool
    asked_for: bool = Field(False, description="Named in tuning.yaml: shown whatever it says.")


class Slices(Finding):
    """Where the model is surely worse than on the other rows."""

    loss: Literal["log loss", "squared error", "share of errors"]
    examined: int = Field(description="Slices looked at, over all of which chance is counted.")
    slices: tuple[Slice, ...] = Field(description="Surely worse ones first, the worst first.")


class WorstRow(Finding):
    """A row that was predicted worst, by its number only unless the deployment shows rows."""

    number: int = Field(description="From 1, over the training files in the plan's order.")
    loss: float
    actual: Label = None
    predicted: Label = None
    values: dict[str, Label] = Field({}, description="Only where the deployment shows rows.")


# What it learned


class Importance(Finding):
    """How much the score drops when these columns are shuffled together."""

    columns: tuple[str, ...] = Field(description="More than one: they carry the same information.")
    drop: Measured
    surely: bool = Field(description="Above 0 more than chance explains, over all of them (Holm).")


class Dependence(Finding):
    """What the model predicts on average when a column has each of these values in every row."""

    column: str
    kind: Literal["number", "category", "moment"]
    of_class: Label = Field(None, description="Whose probability; null in a regression.")
    at: tuple[float | str, ...] = Field(description="Numbers, or names; moments as ISO dates.")
    predictions: tuple[float, ...]


class Removable(Finding):
    """Columns without all of which together a refit is no worse."""

    columns: tuple[str, ...]
    change: Measured = Field(description="Score without them minus score with them.")
    margin: float = Field(description="How much worse would still count as no worse.")


class LearningPoint(Finding):
    """The score of a model that learnt from a share of the rows."""

    share: float
    rows: int
    score: Measured


class LearningCurve(Finding):
    """Scores on the same folds from a quarter, half and all of the training rows."""

    points: tuple[LearningPoint, ...]
    more_rows_help: bool = Field(
        description="All rows are surely better than half of them, by 1 % or more of what the "
        "model gains over guessing."
    )


class Learned(Finding):
    """What the model learned."""

    folds: int = Field(description="Fresh folds on which columns were shuffled.")
    permutations: int = Field(description="Of each column in each fold.")
    importance: tuple[Importance, ...] = Field(description="Most important first.")
    removable: Removable | None = None
    dependence: tuple[Dependence, ...] = ()


# Can the data be trusted


class Suspect(Finding):
    """A column that gives the target away, or seems to."""

    column: str
    alone: Measured = Field(description="Score of a small tree that sees this column only.")
    of_model: Number = Field(description="Score of the shipped model.")
    renaming: bool = Field(description="Each of its values goes with one target, and back.")
    without: MetricScore | None = Field(
        None, description="Of the shipped model, refitted without this and all other suspects."
    )


class Duplicates(Finding):
    """Rows that are there more than once."""

    rows: int = Field(description="Training rows that repeat an earlier one, target included.")
    conflicting: int = Field(description="Rows whose features stand with different targets.")
    test_rows_in_training: int = Field(description="Test rows whose features a training row has.")
    score_without: Measured | None = Field(
        None, description="The shipped model's, where rows with a double in training are left out."
    )
    test_score_without: Number = Field(None, description="The test score without those rows.")


class Shift(Finding):
    """Whether a classifier tells test rows from training rows."""

    auc: Measured
    surely: bool = Field(description="Above 0.6, and above 0.5 more than chance explains.")
    columns: tuple[str, ...] = Field((), description="By which it does, the most telling first.")


class Hint(Finding):
    """A column that says in which order rows are, or which belong together."""

    column: str
    setting: Literal["time_column", "group_column"]
    sentence: str


class Trust(Finding):
    """What is odd about the data; none of it refuses a run."""

    suspects: tuple[Suspect, ...] = ()
    duplicates: Duplicates | None = None
    shift: Shift | None = None
    hints: tuple[Hint, ...] = ()


# The best of the search, combined


class Member(Finding):
    """A model of the ensemble."""

    training_job: str
    estimator: str = Field(description="Its key in the plan.")
    hyperparameters: dict[str, str]
    weight: float


class Ensemble(Finding):
    """The best of the search, combined: the contender `ensemble`."""

    candidates: int = Field(description="Training jobs whose predictions were there.")
    members: tuple[Member, ...]
    model_bytes: int | None = None
    milliseconds_a_row: Number = Field(None, description="In a batch of 100 rows or so.")
    single_milliseconds_a_row: Number = Field(None, description="Of the best single contender.")


class Explanation(Finding):
    """All that Confirm found out beyond the verdict."""

    errors: (
        Annotated[ClassificationErrors | RegressionErrors, Field(discriminator="kind")] | None
    ) = None
    against_champion: AgainstChampion | None = None
    slices: Slices | None = None
    worst_rows: tuple[WorstRow, ...] = ()
    learned: Learned | None = None
    learning_curve: LearningCurve | None = None
    trust: Trust = Trust()
    ensemble: Ensemble | None = None
    left_out: tuple[LeftOut, ...] = ()
    predictions_sampled: bool = Field(
        False, description="The file of predictions has a stratified sample of the rows."
    )
