"""Whether more rows would help: the scores of models that learnt from a share of the rows.

On the same fresh folds, the selected contender is fitted to a quarter and to half of each fold's
training rows; all of them were learnt from when it was scored. scikit-learn's `learning_curve`
scores without weights, and takes the earliest rows where time decides.
"""

from __future__ import annotations

from statistics import fmean

import numpy as np

from sklearn_trainer.data.folds import FEWEST_TO_COMPARE, Fold, FoldSizes, Rows, split_off
from sklearn_trainer.errors import DatasetError
from sklearn_trainer.evaluation.comparison import estimate
from sklearn_trainer.explanation.explained_model import ExplainedModel
from sklearn_trainer.explanation.steps import ExplanationSteps
from sklearn_trainer.job_warnings import JobWarnings
from tunedrop_common.estimates import IntervalEstimate
from tunedrop_common.explanation import LearningCurve, LearningPoint

SHARES = (0.25, 0.5)

# Of a fold's training rows, in the smallest share of them.
FEWEST_ROWS = 10

# Of the gain over the baseline: what less is gained by is not worth collecting rows.
LEAST_GAIN = 0.01


def measure_learning(explained: ExplainedModel, steps: ExplanationSteps) -> LearningCurve | None:
    """Return the curve on as many folds as there is time for."""
    numbers = [
        number
        for number, (train, _) in enumerate(explained.fresh.folds)
        if _can_learn_from_share(explained, train)
    ]
    if len(numbers) < FEWEST_TO_COMPARE:
        steps.skip("learning curve", "There are too few rows to train on a share of them.")
        return None

    def expect_seconds(folds: int) -> float:
        return explained.estimate_seconds(folds, scorings=len(SHARES), share=sum(SHARES))

    def measure() -> LearningCurve:
        return _measure(explained, numbers[: steps.count_folds(expect_seconds(1))])

    return steps.run("learning curve", measure, expected=expect_seconds(FEWEST_TO_COMPARE))


def sample_share(explained: ExplainedModel, train: Rows, share: float) -> Rows:
    """Return a share of a fold's training rows: whole groups, or the latest where time decides.

    Raises
    ------
    ValueError, DatasetError
        If they are of one group, or all of the same time.
    """
    if share == 1.0:
        return train
    splits = explained.dataset.train.take(train).splits(explained.plan)
    _, rows = split_off(splits, share, seed=explained.plan.confirm.seed, job_warnings=JobWarnings())
    return train[np.sort(rows)]


def _can_learn_from_share(explained: ExplainedModel, train: Rows) -> bool:
    try:
        rows = sample_share(explained, train, SHARES[0])
    except (ValueError, DatasetError):
        return False
    y = explained.dataset.train.y[rows]
    return len(rows) >= FEWEST_ROWS and (y.dtype.kind == "f" or len(np.unique(y)) > 1)


def _measure(explained: ExplainedModel, numbers: list[int]) -> LearningCurve:
    complete_folds = [explained.fresh.folds[number] for number in numbers]
    points, scores = [], []
    for share in (*SHARES, 1.0):
        folds: list[Fold] = [
            (sample_share(explained, train, share), validation)
            for train, validation in complete_folds
        ]
        if share == 1.0:
            scores.append([explained.scored.scores[number] for number in numbers])
        else:
            scores.append(explained.rescore(folds))
        rows = round(sum(len(train) for train, _ in folds) / len(folds))
        score = explained.estimate_score(scores[-1], complete_folds)
        points.append(LearningPoint(share=share, rows=rows, score=score))
    gains = np.subtract(scores[-1], scores[-2]).tolist()
    mean = estimate(gains, FoldSizes.of(complete_folds))
    gain = IntervalEstimate(value=mean.mean, interval=mean.interval)
    baseline = explained.baseline_scores
    of_model = fmean(explained.scored.scores) - fmean(baseline) if baseline else 0.0
    matters = mean.mean >= LEAST_GAIN * of_model
    return LearningCurve(
        points=tuple(points), gain=gain, more_rows_help=gain.side_of(0.0) > 0 and matters
    )
