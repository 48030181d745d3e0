"""How a model errs, as confirm.json and results.json hold it; `explanation` has the rest.

A gain, a drop and a loss say what they are of.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tunedrop_common.estimates import Finding, IntervalEstimate, Label, Number

MOST_CLASSES_SHOWN = 30
"""Of a confusion matrix; the rest are folded into one."""


class Basis(Finding):
    """The rows that counts and rates are about: each once, of one repeat of the fresh folds."""

    rows: int = Field(description="Different rows; fewer than all where time decides, or sampled.")
    of_rows: int = Field(description="Training rows in all.")
    repeats: int
    weighted: bool = Field(False, description="Rates count rows by their weights.")
    groups: int | None = Field(None, description="Intervals are by so many groups, not by rows.")


class ClassErrors(Finding):
    """Precision and recall of a class."""

    label: Label
    rows: int
    predicted: int
    precision: IntervalEstimate
    recall: IntervalEstimate


class Confusion(Finding):
    """Rows of each actual (outer) and predicted (inner) class, in the order of `labels`."""

    labels: tuple[Label, ...]
    folded: int = Field(
        0, description="Classes in a last line and column without a label; 0: none."
    )
    counts: tuple[tuple[int, ...], ...]
    shares: tuple[tuple[Number, ...], ...] = Field(description="Of each row's sum, by weight.")


class Curve(Finding):
    """A curve of one class against the rest, thinned to what can be drawn."""

    label: Label
    area: IntervalEstimate = Field(description="ROC AUC, or average precision.")
    x: tuple[float, ...]
    y: tuple[float, ...]


class CalibrationBin(Finding):
    """Rows whose predicted probability is alike: how often it came true."""

    predicted: float
    observed: IntervalEstimate
    rows: int


class Calibration(Finding):
    """Whether a probability of 0.8 comes true in 8 of 10 rows."""

    label: Label = Field(
        description="Two classes: whose probability. More: null, of the predicted class."
    )
    bins: tuple[CalibrationBin, ...] = Field(
        description="Their intervals hold for all bins together (Bonferroni)."
    )
    brier: IntervalEstimate
    baseline_brier: Number = Field(description="Of predicting the class shares for every row.")


class Threshold(Finding):
    """What predicting the positive class from this probability on would bring."""

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
    """Rows with similar predictions: where their actual values and their residuals lie.

    A residual is actual minus predicted. Both are the 10, 25, 50, 75 and 90% quantiles.
    """

    predicted: float = Field(description="Mean.")
    rows: int
    actual: tuple[float, float, float, float, float]
    residual: tuple[float, float, float, float, float]


class ErrorBound(Finding):
    """Between `low` and `high` lies the residual of so many rows; measured on other folds."""

    level: float = Field(description="0.5, 0.8 or 0.95.")
    low: float
    high: float
    coverage: IntervalEstimate


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
    mean_absolute_error: IntervalEstimate
    median_absolute_error: Number


class Change(Finding):
    """What selecting this model instead of the champion changes for one part of the rows."""

    label: str = Field(description="A class, or a tenth of the target: `12 to 17`.")
    rows: int
    champion: Number
    selected: Number
    gain: IntervalEstimate = Field(
        description="Of recall, or less absolute error: greater is better."
    )


class AgainstChampion(Finding):
    """Which classes, or which tenths of the target, gain and lose."""

    measure: Literal["recall", "mean absolute error"]
    changes: tuple[Change, ...]


class Segment(Finding):
    """Some rows, by the values of one or two columns, against all others."""

    columns: tuple[str, ...]
    label: str = Field(description="`age 30 to 41 and sex female`; no rare category is named.")
    rows: int
    error: Number
    error_elsewhere: Number
    p_value: Number = Field(description="Welch's test, one-sided; Holm's correction over all.")
    is_significant: bool = Field(description="Below 0.05, and at least 1.25 times the others'.")
    requested: bool = Field(False, description="Named in tuning.yaml: shown whatever it says.")


class Segments(Finding):
    """Where the model makes significantly more or greater errors than on the other rows."""

    measure: Literal["share wrong", "mean absolute error"]
    examined: int = Field(description="Segments that were tested.")
    segments: tuple[Segment, ...] = Field(description="Significant ones first, the worst first.")


class WorstRow(Finding):
    """A row that was predicted worst, by its number only unless the deployment shows rows."""

    number: int = Field(description="From 1, over the training files in the plan's order.")
    error: float = Field(description="Absolute error, or the probability of all other classes.")
    actual: Label = None
    predicted: Label = None
    values: dict[str, Label] = Field({}, description="Only where the deployment shows rows.")
