"""What Confirm promises of a run's model, and whether later rows bear it out."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from sklearn_trainer.data.dataset import Dataset
from sklearn_trainer.data.folds import FoldSizes
from sklearn_trainer.evaluation.bootstrap import ScoredRows, estimate_score
from sklearn_trainer.evaluation.comparison import CONFIDENCE
from sklearn_trainer.evaluation.contenders import Scored
from sklearn_trainer.evaluation.scoring import estimate_metric, greatest_score, least_error
from tunedrop_common.checks import CheckVerdict, PromisedBy
from tunedrop_common.estimates import Finding, IntervalEstimate

# Perfect scores differ by what rounding makes of them.
_ROUNDING = 1e-9


class Promise(Finding):
    """How good a model is, as its run says: what the model's metadata holds of it."""

    metric: str
    score: IntervalEstimate
    by: PromisedBy


def make_promise(scored: Scored, dataset: Dataset, sizes: FoldSizes, tried: int) -> Promise:
    """Return what the held-out test set says of a contender, else what the fresh folds say.

    A test set that is too small for a verdict on later rows is too small for a promise, too.

    Parameters
    ----------
    tried
        How many models the search tried on these rows: the interval of the fresh folds holds for
        the best of them (Bonferroni).
    """
    test, predicted, metric = dataset.test, scored.test_predicted, scored.objective
    if test is not None and predicted is not None:
        actual: npt.NDArray[Any] = test.y
        if dataset.train.classes is not None:
            actual = np.searchsorted(np.asarray(dataset.train.classes), test.y)
        rows = ScoredRows(predicted, actual, dataset.train.classes, test.row_columns)
        score = estimate_score(metric, rows) if rows.are_enough else None
        if score is not None and score.interval is not None:
            return Promise(metric=metric, score=score, by="held-out test set")
    mean = estimate_metric(metric, scored.scores, sizes, 1 - (1 - CONFIDENCE) / max(1, tried))
    groups = dataset.train.row_columns.groups
    units = sizes.rows if groups is None else len(np.unique(groups))
    low = min(mean.interval[0], greatest_score(metric) - least_error(metric, units))
    score = IntervalEstimate(value=mean.mean, interval=(low, mean.interval[1]))
    return Promise(metric=metric, score=score, by="fresh folds")


def judge(score: IntervalEstimate, promised: IntervalEstimate) -> CheckVerdict:
    """Return whether one interval lies below or above the other; without one, rows are too few."""
    (low, high), (promised_low, promised_high) = score.ends, promised.ends
    if low is None or high is None or promised_low is None or promised_high is None:
        return "too few rows"
    if high < promised_low - _ROUNDING:
        return "worse"
    return "better" if low > promised_high + _ROUNDING else "as promised"
