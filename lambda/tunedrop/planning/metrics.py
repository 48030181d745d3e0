"""Which scorers a task knows, and which of them a target and an estimator can be scored with.

For every scikit-learn scorer greater is better: errors are negated and their names say so.
"""

from __future__ import annotations

from difflib import get_close_matches

from tunedrop.errors import TuningConfigError
from tunedrop.planning.scorers import (
    INSTEAD,
    LEAST_TARGET,
    METRICS,
    NEEDS_CLASS_1,
    NEEDS_TWO_CLASSES,
    OTHER_NAMES,
    UNFIT,
)
from tunedrop.planning.task import Task
from tunedrop.reading.columns import ColumnProfile
from tunedrop_common.plan import Metric

DEFAULT_OBJECTIVE: dict[Task, str] = {"classification": "balanced_accuracy", "regression": "r2"}
DEFAULT_ADDITIONAL: dict[Task, tuple[str, ...]] = {
    "classification": ("accuracy", "f1_macro"),
    "regression": ("neg_root_mean_squared_error", "neg_mean_absolute_error"),
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
        _refuse_unknown(name, task, target, place)
        _refuse_misfit(name, target, place)
    why = "" if objective else f"The metric is {chosen}, the default for a {task}."
    unique = tuple(dict.fromkeys(name for name in others if name != chosen))
    return Metric(objective=chosen, additional=unique), why


def _refuse_unknown(name: str, task: Task, target: ColumnProfile, where: str) -> None:
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
    if name in UNFIT:
        raise TuningConfigError(
            f"The metric {name} {UNFIT[name]}",
            where=where,
            expected=f"one of {', '.join(known)}",
            to_do="Choose one of these.",
        )
    near = _nearest(name, task, target)
    elsewhere = OTHER_NAMES.get(_plain(name), "") if not near else ""
    if elsewhere in METRICS[other_task]:
        raise TuningConfigError(
            f"The metric {name[:80]!r} is for {other_task} (as {elsewhere}), and this is a {task}",
            where=where,
            expected=f"one of {', '.join(known)}",
            to_do=f"Choose one of these, or write `task: {other_task}`.",
        )
    raise TuningConfigError(
        "There is no such metric",
        where=where,
        found=repr(name[:80]),
        expected=f"one of {', '.join(known)}",
        to_do=f"Write {near!r} instead." if near else "Choose one of these.",
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


def _refuse_misfit(name: str, target: ColumnProfile, where: str) -> None:
    least = LEAST_TARGET.get(name)
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
    if name == "top_k_accuracy" and target.distinct < 3:
        raise TuningConfigError(
            f"The metric {name} counts the two likeliest classes, and {target.name!r} has no more",
            where=where,
            to_do="Write 'accuracy' instead.",
        )
    if name in NEEDS_TWO_CLASSES and target.distinct > 2:
        raise TuningConfigError(
            f"The metric {name} is for two classes, and {target.name!r} has {target.distinct}",
            where=where,
            to_do=f"Write {INSTEAD[name]!r} instead.",
        )
    if name in NEEDS_CLASS_1 and not _has_class_1(target):
        raise TuningConfigError(
            f"The metric {name} scores the class 1, and {target.name!r} has no such class",
            where=where,
            to_do=f"Write {INSTEAD[name]!r} instead, or make the classes 0 and 1.",
        )


def _has_class_1(target: ColumnProfile) -> bool:
    return target.kind == "boolean" or 1.0 in (target.minimum, target.maximum)
