"""Which scorers a task knows, and which of them a target and an estimator can be scored with.

For every scikit-learn scorer greater is better: errors are negated and their names say so.
"""

from __future__ import annotations

from difflib import get_close_matches

from tunedrop.errors import TuningConfigError
from tunedrop.planning.scorers import (
    INSTEAD,
    METRICS,
    NEEDS_CLASS_1,
    NEEDS_TARGET_FROM_0,
    NEEDS_TWO_CLASSES,
    OTHER_NAMES,
)
from tunedrop.planning.tuning_config.model import TuningConfig
from tunedrop.reading.columns import ColumnProfile
from tunedrop_common.plan import Metric, Task

DEFAULT_OBJECTIVE: dict[Task, str] = {"classification": "balanced_accuracy", "regression": "r2"}
DEFAULT_ADDITIONAL: dict[Task, tuple[str, ...]] = {
    "classification": ("accuracy", "f1_macro"),
    "regression": ("neg_root_mean_squared_error", "neg_mean_absolute_error"),
}

_ANOTHER_ERROR = "Choose another metric, such as neg_root_mean_squared_error."


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
        raise _unknown(name, task, target, where)
    misfit = _misfit(name, target)
    if misfit is not None:
        what, to_do = misfit
        raise TuningConfigError(f"The metric {name} {what}", where=where, to_do=to_do)


def _unknown(name: str, task: Task, target: ColumnProfile, where: str) -> TuningConfigError:
    other_task: Task = "regression" if task == "classification" else "classification"
    near = _nearest(name, task, target)
    to_do = f"Write {near!r} instead." if near else "Choose one of these."
    what = "There is no such metric"
    if name in METRICS[other_task] or (not near and _nearest(name, other_task, target)):
        what = f"The metric {name[:80]} is for {other_task}, and this is a {task}"
        to_do = f"Choose one of these, or write `task: {other_task}`."
    return TuningConfigError(
        what,
        where=where,
        found=repr(name[:80]),
        expected=f"one of {', '.join(METRICS[task])}",
        to_do=to_do,
    )


def _nearest(name: str, task: Task, target: ColumnProfile) -> str:
    """Return the scorer that a wrong name most likely means and that fits the target."""
    by_plain = {_plain(each): each for each in METRICS[task]}
    by_plain |= {
        each.removeprefix("neg"): by_plain[each] for each in by_plain if each.startswith("neg")
    }
    by_plain |= {other: real for other, real in OTHER_NAMES.items() if real in METRICS[task]}
    near = get_close_matches(_plain(name), by_plain, 1, cutoff=0.7)
    found = by_plain[near[0]] if near else ""
    misfit = found in NEEDS_TWO_CLASSES and target.distinct > 2
    misfit = misfit or (found in NEEDS_CLASS_1 and not _has_class_1(target))
    return INSTEAD[found] if misfit else found


def _plain(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum())


def _misfit(name: str, target: ColumnProfile) -> tuple[str, str] | None:
    """Return why a metric cannot score a target, and the way out; None where it can."""
    instead = f"Write {INSTEAD.get(name)!r} instead"
    if name in NEEDS_TARGET_FROM_0 and (target.minimum or 0.0) < 0:
        return f"needs a target of 0 or more, and {target.name!r} is negative", _ANOTHER_ERROR
    if name == "neg_mean_gamma_deviance" and (target.minimum or 0.0) <= 0:
        return "needs a target above 0", _ANOTHER_ERROR
    if name == "top_k_accuracy" and target.distinct < 3:
        what = f"counts the two likeliest classes, and {target.name!r} has no more"
        return what, "Write 'accuracy' instead."
    if name in NEEDS_TWO_CLASSES and target.distinct > 2:
        return f"is for two classes, and {target.name!r} has {target.distinct}", f"{instead}."
    if name in NEEDS_CLASS_1 and not _has_class_1(target):
        what = f"scores the class 1, and {target.name!r} has no such class"
        return what, f"{instead}, or make the classes 0 and 1."
    return None


def _has_class_1(target: ColumnProfile) -> bool:
    return target.kind == "boolean" or 1.0 in (target.minimum, target.maximum)
