"""The metrics of a run: scikit-learn's scorers, which themselves say whether they fit the target.

For all of them greater is better: errors are negated and their names say so.
"""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from sklearn.dummy import DummyRegressor
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.tree import DecisionTreeClassifier

from sklearn_trainer.data.target import Labels
from sklearn_trainer.evaluation.scoring import make_scorers
from tunedrop.errors import TuningConfigError
from tunedrop.planning.tuning_config.model import TuningConfig
from tunedrop_common.data_text import quote, suggest
from tunedrop_common.metric_names import METRIC_NAMES
from tunedrop_common.plan import Metric, Task

# Best where probabilities are the true ones (proper scoring rules, Gneiting and Raftery 2007).
PROPER = frozenset({"neg_log_loss", "d2_log_loss_score", "neg_brier_score", "d2_brier_score"})
_SHOWN_CHARACTERS = 300

DEFAULT_OBJECTIVE: dict[Task, str] = {"classification": "balanced_accuracy", "regression": "r2"}
DEFAULT_ADDITIONAL: dict[Task, tuple[str, ...]] = {
    "classification": ("accuracy", "f1_macro"),
    "regression": ("neg_root_mean_squared_error", "neg_mean_absolute_error"),
}


def choose_metric(config: TuningConfig, task: Task, y: Labels) -> tuple[Metric, str]:
    """Choose the objective and the additional metrics; the sentence names a default.

    Parameters
    ----------
    y
        The target, shape (n_rows,).

    Raises
    ------
    TuningConfigError
        If there is no such metric, or scikit-learn cannot score the target by it.
    """
    values = pd.unique(y)[:3] if task == "classification" else np.array([y.min(), y.max()])
    chosen = config.metric or DEFAULT_OBJECTIVE[task]
    additional = config.additional_metrics
    additional = [*DEFAULT_ADDITIONAL[task]] if additional is None else additional
    _check_metric(chosen, task, values, config.where("metric"))
    for name in additional:
        _check_metric(name, task, values, config.where("additional_metrics"))
    why = "" if config.metric else f"The metric is {chosen}, the default for a {task}."
    unique = tuple(dict.fromkeys(name for name in additional if name != chosen))
    return Metric(objective=chosen, additional=unique), why


def _check_metric(name: str, task: Task, y: Labels, where: str) -> None:
    names = METRIC_NAMES[task]
    if name not in names:
        otherwise = "Choose one of these, or correct `task`."
        raise TuningConfigError(
            f"There is no such metric for a {task}",
            where=where,
            found=quote(name),
            expected=f"one of {', '.join(names)}",
            to_do=suggest(name.lower(), names, otherwise, cutoff=0.5),
        )
    message = _error_of(name, task, y)
    if message:
        averaged = next((metric for metric in names if metric.startswith(f"{name}_")), "")
        raise TuningConfigError(
            f"The metric {name} cannot score this target",
            where=where,
            found=f"scikit-learn's answer {quote(message, _SHOWN_CHARACTERS)}",
            to_do=f"Write {averaged!r} instead." if averaged else "Choose another metric.",
        )


def _error_of(name: str, task: Task, y: Labels) -> str:
    """Return why scikit-learn cannot score a target by a metric; "" if it can.

    A perfect classifier and the mean of numbers show it.

    Parameters
    ----------
    y
        Two or three classes, or the least and the greatest number.
    """
    X, y = np.repeat(np.arange(len(y)), 2).reshape(-1, 1), np.repeat(y, 2)
    model = DecisionTreeClassifier() if task == "classification" else DummyRegressor()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UndefinedMetricWarning)
            make_scorers([name], y)[name](model.fit(X, y), X, y)
    except (ValueError, UndefinedMetricWarning) as error:
        return str(error)
    return ""
