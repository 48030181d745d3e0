"""Which scorers a task knows, and which of them a target and an estimator can be scored with.

For every scikit-learn scorer greater is better: errors are negated and their names say so.
"""

from __future__ import annotations

from difflib import get_close_matches

from tunedrop.errors import TuningConfigError
from tunedrop.plan import Metric
from tunedrop.reading.columns import ColumnProfile
from tunedrop.reading.target import Task

DEFAULT_OBJECTIVE: dict[Task, str] = {"classification": "balanced_accuracy", "regression": "r2"}
DEFAULT_ADDITIONAL: dict[Task, tuple[str, ...]] = {
    "classification": ("accuracy", "f1_macro"),
    "regression": ("neg_root_mean_squared_error", "neg_mean_absolute_error"),
}

_ONE_CLASS = ("f1", "precision", "recall", "jaccard")
_AVERAGES = ("macro", "micro", "weighted")

METRICS: dict[Task, tuple[str, ...]] = {
    "classification": (
        "accuracy",
        "balanced_accuracy",
        "matthews_corrcoef",
        *_ONE_CLASS,
        *(f"{name}_{average}" for name in _ONE_CLASS for average in _AVERAGES),
        "average_precision",
        "roc_auc",
        "roc_auc_ovr",
        "roc_auc_ovr_weighted",
        "roc_auc_ovo",
        "roc_auc_ovo_weighted",
        "neg_log_loss",
        "d2_log_loss_score",
        "neg_brier_score",
        "d2_brier_score",
    ),
    "regression": (
        "r2",
        "explained_variance",
        "d2_absolute_error_score",
        "neg_mean_absolute_error",
        "neg_mean_squared_error",
        "neg_root_mean_squared_error",
        "neg_median_absolute_error",
        "neg_mean_absolute_percentage_error",
        "neg_mean_squared_log_error",
        "neg_root_mean_squared_log_error",
        "neg_mean_poisson_deviance",
        "neg_mean_gamma_deviance",
        "neg_max_error",
    ),
}

NEEDS_PROBABILITIES = frozenset({
    "neg_log_loss", "d2_log_loss_score", "neg_brier_score", "d2_brier_score",
    "roc_auc_ovr", "roc_auc_ovr_weighted", "roc_auc_ovo", "roc_auc_ovo_weighted",
})  # fmt: skip

# Probabilities, or the values of a decision function.
NEEDS_SCORES = frozenset({"roc_auc", "average_precision", "top_k_accuracy"})

# What they score is the class 1, so the target has to have it, and one other.
_NEEDS_CLASS_1 = frozenset({*_ONE_CLASS, "average_precision"})
_NEEDS_TWO_CLASSES = frozenset({*_ONE_CLASS, "roc_auc"})
_INSTEAD = {
    **{name: f"{name}_macro" for name in _ONE_CLASS},
    "roc_auc": "roc_auc_ovr",
    "average_precision": "roc_auc_ovr",
}

_LEAST_TARGET = {
    "neg_mean_squared_log_error": 0.0,
    "neg_root_mean_squared_log_error": 0.0,
    "neg_mean_poisson_deviance": 0.0,
}

_OTHER_NAMES = {
    "auc": "roc_auc",
    "logloss": "neg_log_loss",
    "log_loss": "neg_log_loss",
    "cross_entropy": "neg_log_loss",
    "brier": "neg_brier_score",
    "mcc": "matthews_corrcoef",
    "acc": "accuracy",
    "rmse": "neg_root_mean_squared_error",
    "root_mean_squared_error": "neg_root_mean_squared_error",
    "mse": "neg_mean_squared_error",
    "mean_squared_error": "neg_mean_squared_error",
    "mae": "neg_mean_absolute_error",
    "mean_absolute_error": "neg_mean_absolute_error",
    "mape": "neg_mean_absolute_percentage_error",
    "rmsle": "neg_root_mean_squared_log_error",
    "r_squared": "r2",
    "r2_score": "r2",
}


def choose_metric(
    task: Task,
    target: ColumnProfile,
    objective: str | None,
    additional: tuple[str, ...] | None,
    where: tuple[str, str],
) -> tuple[Metric, str]:
    """Choose the objective and the additional metrics; the sentence says what was not told.

    Parameters
    ----------
    where
        Where tuning.yaml has `metric` and `additional_metrics`, for errors.
    """
    chosen = objective or DEFAULT_OBJECTIVE[task]
    others = DEFAULT_ADDITIONAL[task] if additional is None else additional
    for name, place in ((chosen, where[0]), *((other, where[1]) for other in others)):
        _refuse_unknown(name, task, place)
        _refuse_misfit(name, target, place)
    why = "" if objective else f"The metric is {chosen}, the default for a {task}."
    unique = tuple(dict.fromkeys(name for name in others if name != chosen))
    return Metric(objective=chosen, additional=unique), why


def _refuse_unknown(name: str, task: Task, where: str) -> None:
    known = METRICS[task]
    if name in known:
        return
    other_task: Task = "regression" if task == "classification" else "classification"
    if name in METRICS[other_task]:
        raise TuningConfigError(
            f"The metric {name} is for {other_task}, and this is a {task}",
            where=where,
            expected=f"one of {', '.join(known)}",
            to_do=f"Choose another metric, or write `task: {other_task}`.",
        )
    plain = name.lower().replace("-", "_").replace(" ", "_")
    near = _OTHER_NAMES.get(plain) or next(iter(get_close_matches(plain, known, 1)), "")
    raise TuningConfigError(
        "There is no such metric",
        where=where,
        found=repr(name[:80]),
        expected=f"one of {', '.join(known)}",
        to_do=f"Write {near!r} instead." if near in known else "Choose one of these.",
    )


def _refuse_misfit(name: str, target: ColumnProfile, where: str) -> None:
    least = _LEAST_TARGET.get(name)
    if least is not None and target.minimum is not None and target.minimum < least:
        raise TuningConfigError(
            f"The metric {name} needs a target of 0 or more, and {target.name!r} is negative",
            where=where,
            to_do="Choose another metric, such as neg_root_mean_squared_error.",
        )
    if name == "neg_mean_gamma_deviance" and (target.minimum or 0.0) <= 0:
        raise TuningConfigError(
            f"The metric {name} needs a target above 0",
            where=where,
            to_do="Choose another metric, such as neg_root_mean_squared_error.",
        )
    if name in _NEEDS_TWO_CLASSES and target.distinct > 2:
        raise TuningConfigError(
            f"The metric {name} is for two classes, and {target.name!r} has {target.distinct}",
            where=where,
            to_do=f"Write {_INSTEAD[name]!r} instead.",
        )
    if name in _NEEDS_CLASS_1 and not _has_class_1(target):
        raise TuningConfigError(
            f"The metric {name} scores the class 1, and {target.name!r} has no such class",
            where=where,
            to_do=f"Write {_INSTEAD[name]!r} instead, or make the classes 0 and 1.",
        )


def _has_class_1(target: ColumnProfile) -> bool:
    return target.kind == "boolean" or 1.0 in (target.minimum, target.maximum)
