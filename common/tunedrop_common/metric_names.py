"""The scorers of scikit-learn that are taken, how people call them, and read their values.

For a scorer greater is always better, so it negates errors: neg_root_mean_squared_error is -2.4
where people say "a root mean squared error of 2.4".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tunedrop_common.plan import Task

_OF_ONE_CLASS = {
    "f1": "F1 score", "precision": "precision", "recall": "recall", "jaccard": "Jaccard index",
}  # fmt: skip
_AVERAGES = {"macro": "macro-averaged", "micro": "micro-averaged", "weighted": "weighted"}
# The scorers that are taken, by task, with words no longer than what fits beside a chart's axis.
METRIC_NAMES: Final[dict[Task, dict[str, str]]] = {
    "classification": {
        "accuracy": "accuracy",
        "balanced_accuracy": "balanced accuracy",
        "top_k_accuracy": "top-2 accuracy",
        "matthews_corrcoef": "Matthews correlation",
        **_OF_ONE_CLASS,
        **{
            f"{name}_{average}": f"{how} {words}"
            for name, words in _OF_ONE_CLASS.items()
            for average, how in _AVERAGES.items()
        },
        "average_precision": "average precision",
        "roc_auc": "ROC AUC",
        "roc_auc_ovr": "ROC AUC, one against rest",
        "roc_auc_ovr_weighted": "weighted ROC AUC, one vs. rest",
        "roc_auc_ovo": "ROC AUC, one against one",
        "roc_auc_ovo_weighted": "weighted ROC AUC, one vs. one",
        "neg_log_loss": "log loss",
        "d2_log_loss_score": "D² of the log loss",
        "neg_brier_score": "Brier score",
        "d2_brier_score": "D² of the Brier score",
    },
    "regression": {
        "r2": "R²",
        "explained_variance": "explained variance",
        "d2_absolute_error_score": "D² of the absolute error",
        "neg_mean_absolute_error": "mean absolute error",
        "neg_mean_squared_error": "mean squared error",
        "neg_root_mean_squared_error": "root mean squared error",
        "neg_median_absolute_error": "median absolute error",
        "neg_mean_absolute_percentage_error": "mean absolute percentage error",
        "neg_mean_squared_log_error": "mean squared log error",
        "neg_root_mean_squared_log_error": "root mean squared log error",
        "neg_mean_poisson_deviance": "mean Poisson deviance",
        "neg_mean_gamma_deviance": "mean gamma deviance",
        "neg_max_error": "largest error",
    },
}


@dataclass(frozen=True)
class MetricName:
    """A metric as people know it; `negated` when the scorer's value is the negative of theirs."""

    scorer: str
    words: str
    negated: bool

    @property
    def direction(self) -> str:
        """Which values are good."""
        return "lower is better" if self.negated else "higher is better"

    @property
    def origin(self) -> str:
        """The scorer, and what it makes of the value: the way back to the files for programs."""
        return f"scikit-learn's {self.scorer}" + (", without its minus" if self.negated else "")

    def shown(self, value: float | None) -> float | None:
        """Return a scorer's value as people read it."""
        return -value if self.negated and value is not None else value

    def interval(self, low: float | None, high: float | None) -> tuple[float | None, float | None]:
        """Return an interval of the scorer's values as people read it, the lower end first."""
        return (self.shown(high), self.shown(low)) if self.negated else (low, high)


def describe_metric(scorer: str) -> MetricName:
    """Return the words for a scorer; a name that is none stays as it is, and so do its values.

    Example
    -------
    >>> describe_metric("neg_log_loss").words, describe_metric("neg_log_loss").shown(-0.25)
    ('log loss', 0.25)
    """
    words = (METRIC_NAMES["classification"] | METRIC_NAMES["regression"]).get(scorer)
    return MetricName(scorer, words or scorer, bool(words) and scorer.startswith("neg_"))
