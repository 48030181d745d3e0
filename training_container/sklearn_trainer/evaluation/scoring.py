"""scikit-learn's scorers by name, all computed in one pass over a fold's predictions."""

from __future__ import annotations

import inspect
import math
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from sklearn.metrics import check_scoring, get_scorer, make_scorer

from sklearn_trainer.data.dataset import Portion
from sklearn_trainer.data.folds import FoldSizes
from sklearn_trainer.data.target import Labels
from sklearn_trainer.errors import FitError
from sklearn_trainer.evaluation.comparison import CONFIDENCE, Estimate, estimate
from sklearn_trainer.job_warnings import JobWarnings
from sklearn_trainer.model.estimators import name_of

Scorer: TypeAlias = Any  # scikit-learn has no type hints

# Besides errors and fractions of a deviance.
_BOUNDLESS = ("r2", "explained_variance", "adjusted_rand_score", "adjusted_mutual_info_score")


def make_scorers(names: Iterable[str], y: Labels) -> dict[str, Scorer]:
    """Return the scorers of these names.

    Where scikit-learn leaves open which of two classes is the positive one, it is the last one in
    sorted order.
    """
    return {name: _with_positive_class(get_scorer(name), y) for name in names}


def response_methods(name: str) -> tuple[str, ...]:
    """Return the methods of a model, of which a scorer needs one."""
    methods = get_scorer(name)._response_method
    return (methods,) if isinstance(methods, str) else tuple(methods)


def greatest_score(name: str) -> float:
    """Return a perfect model's score: 0 for an error, which a scorer negates, else 1."""
    return 0.0 if get_scorer(name)._sign < 0 else 1.0


def least_score(name: str) -> float:
    """Return the worst possible score, minus infinity where there is none.

    Of a classification's scores that reward being right, 0; of a correlation, -1.
    """
    if name == "matthews_corrcoef":
        return -1.0
    boundless = get_scorer(name)._sign < 0 or name in _BOUNDLESS or name.startswith("d2_")
    return -math.inf if boundless else 0.0


def estimate_metric(
    name: str, scores: Sequence[float], sizes: FoldSizes, confidence: float = CONFIDENCE
) -> Estimate:
    """Return the mean of a metric's scores, its interval within what is possible."""
    least, greatest = least_score(name), greatest_score(name)
    return estimate(scores, sizes, least=least, greatest=greatest, confidence=confidence)


def least_error(name: str, rows: float) -> float:
    """Return how far an interval reaches below a perfect score in any case (the rule of three).

    Rows without an error do not exclude an error in one of so many / 3; 0 for scores that are no
    shares.

    Parameters
    ----------
    rows
        Independent ones: groups, where rows of a group belong together.
    """
    return 3.0 / rows if math.isfinite(least_score(name)) else 0.0


def positive_class(classes: Sequence[Any]) -> Any:
    """Return which of two classes, in sorted order, metrics are about: 1 or true, else the last."""
    return classes[classes.index(1)] if 1 in classes else classes[-1]


def _with_positive_class(scorer: Scorer, y: Labels) -> Scorer:
    label = inspect.signature(scorer._score_func).parameters.get("pos_label")
    if label is None or label.default is not None or y.dtype.kind == "f":
        return scorer
    classes = np.unique(y).tolist()
    if len(classes) != 2 or classes in ([0, 1], [-1, 1], [False, True]):
        return scorer
    return make_scorer(
        scorer._score_func,
        greater_is_better=scorer._sign > 0,
        response_method=scorer._response_method,
        pos_label=positive_class(classes),
        **scorer._kwargs,
    )


def note_unweighted(scorers: Mapping[str, Scorer], job_warnings: JobWarnings) -> None:
    """Warn of metrics that count all rows the same, because scikit-learn's take no weights."""
    for name, scorer in scorers.items():
        if not scorer._accept_sample_weight():
            job_warnings.add(f"The metric {name} takes no weights: it counts all rows the same.")


def score(
    model: Any, rows: Portion, scorers: Mapping[str, Scorer], *, objective: str | None = None
) -> dict[str, float]:
    """Return every scorer's value.

    Scorers that take no weights are called without them.

    Parameters
    ----------
    objective
        The only metric that must have a value; others are NaN where they have none. None: all.

    Raises
    ------
    FitError
        If a value is missing or not finite.
    """
    required = {name: scorers[name] for name in scorers if objective in (None, name)}
    arguments = {} if rows.weights is None else {"sample_weight": rows.weights}
    try:
        scores = check_scoring(model, scoring=required)(model, rows.X, rows.y, **arguments)
    except (ValueError, AttributeError, TypeError) as error:
        names = ", ".join(required)
        raise FitError(
            f"The metrics {names} could not be computed for {name_of(model)}. scikit-learn says: "
            f"{error}",
            f"The metrics {names} could not be computed for {name_of(model)}.",
        ) from error
    values = {name: float(value) for name, value in scores.items()}
    for name, value in values.items():
        if not math.isfinite(value):
            raise FitError(
                f"The metric {name} has no finite value for {name_of(model)} (it is {value!r}): "
                "the model's predictions are not finite, or the metric is not defined for these "
                "rows. Narrow the ranges of its hyperparameters, or choose another metric in "
                "tuning.yaml."
            )
    additional = {name: scorers[name] for name in scorers if name not in required}
    return values | score_optional(model, rows, additional)


def score_optional(model: Any, rows: Portion, scorers: Mapping[str, Scorer]) -> dict[str, float]:
    """Return every scorer's value, NaN where it has none; nothing is noted about them."""
    values: dict[str, float] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, scorer in scorers.items():
            try:
                values |= score(model, rows, {name: scorer})
            except FitError:
                values[name] = math.nan
    return values
