"""scikit-learn's scorers: those of a task, what each needs, and the choice of a run's metrics.

For all of them greater is better: errors are negated and their names say so. A test holds this
together with scikit-learn.
"""

from __future__ import annotations

from difflib import get_close_matches

from sklearn_trainer.data.column_profiles import ColumnProfile
from tunedrop.errors import TuningConfigError
from tunedrop.planning.tuning_config.model import TuningConfig
from tunedrop_common.data_text import quote
from tunedrop_common.metric_words import WORDS
from tunedrop_common.plan import Metric, Task

_ONE_CLASS = ("f1", "precision", "recall", "jaccard")

METRICS: dict[Task, tuple[str, ...]] = {task: tuple(words) for task, words in WORDS.items()}

# Best where probabilities are the true ones (proper scoring rules, Gneiting and Raftery 2007).
PROPER = frozenset({"neg_log_loss", "d2_log_loss_score", "neg_brier_score", "d2_brier_score"})

NEEDS_PROBABILITIES = PROPER | frozenset({
    "roc_auc_ovr", "roc_auc_ovr_weighted", "roc_auc_ovo", "roc_auc_ovo_weighted",
})  # fmt: skip

# What they score is the class 1, so the target has to have it, and one other.
NEEDS_CLASS_1 = frozenset({*_ONE_CLASS, "average_precision"})
NEEDS_TWO_CLASSES = frozenset({*_ONE_CLASS, "roc_auc"})
INSTEAD = {
    **{name: f"{name}_macro" for name in _ONE_CLASS},
    "roc_auc": "roc_auc_ovr",
    "average_precision": "roc_auc_ovr",
}

DEFAULT_OBJECTIVE: dict[Task, str] = {"classification": "balanced_accuracy", "regression": "r2"}
DEFAULT_ADDITIONAL: dict[Task, tuple[str, ...]] = {
    "classification": ("accuracy", "f1_macro"),
    "regression": ("neg_root_mean_squared_error", "neg_mean_absolute_error"),
}


def choose_metric(config: TuningConfig, task: Task, target: ColumnProfile) -> tuple[Metric, str]:
    """Choose the objective and the additional metrics; the sentence names a default."""
    chosen = config.metric or DEFAULT_OBJECTIVE[task]
    others = config.additional_metrics
    others = [*DEFAULT_ADDITIONAL[task]] if others is None else others
    _check_metric(chosen, task, target, config.where("metric"))
    for name in others:
        _check_metric(name, task, target, config.where("additional_metrics"))
    why = "" if config.metric else f"The metric is {chosen}, the default for a {task}."
    unique = tuple(dict.fromkeys(name for name in others if name != chosen))
    return Metric(objective=chosen, additional=unique), why


def _check_metric(name: str, task: Task, target: ColumnProfile, where: str) -> None:
    if name not in METRICS[task]:
        raise _unknown(name, task, where)
    misfit = _misfit(name, target)
    if misfit is not None:
        what, to_do = misfit
        raise TuningConfigError(f"The metric {name} {what}", where=where, to_do=to_do)


def _unknown(name: str, task: Task, where: str) -> TuningConfigError:
    by_plain = {_plain(each): each for each in METRICS[task]}
    near = get_close_matches(_plain(name), by_plain, 1, cutoff=0.7)
    return TuningConfigError(
        f"There is no such metric for a {task}",
        where=where,
        found=quote(name),
        expected=f"one of {', '.join(METRICS[task])}",
        to_do=f"Write {by_plain[near[0]]!r} instead."
        if near
        else "Choose one of these, or correct `task`.",
    )


def _plain(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum()).removeprefix("neg")


def _misfit(name: str, target: ColumnProfile) -> tuple[str, str] | None:
    """Return why a metric cannot score a target, and the way out; None where it can."""
    instead = f"Write {INSTEAD.get(name)!r} instead"
    if name in NEEDS_TWO_CLASSES and target.distinct > 2:
        return f"is for two classes, and {quote(target.name)} has {target.distinct}", f"{instead}."
    if name in NEEDS_CLASS_1 and not _has_class_1(target):
        what = f"scores the class 1, and {quote(target.name)} has no such class"
        return what, f"{instead}, or make the classes 0 and 1."
    return None


def _has_class_1(target: ColumnProfile) -> bool:
    return target.kind == "boolean" or 1.0 in (target.minimum, target.maximum)
