"""Hyperparameters that can be no greater than the rows or the classes allow.

A default range gives way and the plan says so; what tuning.yaml asks for is refused beyond it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from tunedrop.errors import TuningConfigError
from tunedrop.planning.folds import HOLDOUT_FRACTION, confirm_folds
from tunedrop.planning.tuning_config.model import TuningConfig
from tunedrop.reading.columns import ColumnProfile
from tunedrop_common.plan import CrossValidation, EstimatorPlan, NumericRange

_NEIGHBORS = "n_neighbors"
_NU, _NU_ESTIMATOR = "nu", "NuSVC"
_COMPONENTS, _DISCRIMINANT = "n_components", "LinearDiscriminantAnalysis"


@dataclass(frozen=True)
class Learnt:
    """What the smallest fold learns from: rows, classes, and the greatest `nu` that these allow."""

    rows: int
    classes: int
    nu: float


def learnt_by_folds(rows: int, folds: CrossValidation, target: ColumnProfile) -> Learnt:
    """Return what every fold of the tuning and of Confirm has at least.

    Parameters
    ----------
    rows
        Without those of the final test.
    """
    counts = [folds.folds, confirm_folds(rows)[0]]
    if folds.stratified and target.rarest > 1:  # as many folds as the rarest class has rows
        counts = [count if count == 1 else max(2, min(count, target.rarest)) for count in counts]
    share = max(HOLDOUT_FRACTION if count == 1 else 1 / count for count in counts)
    if folds.kind == "shuffled":
        least = rows - math.ceil(rows * share)
    else:  # groups may be large, and the first of ordered folds learns from one part
        least = rows // (max(counts) + 1)
    return Learnt(max(1, least), target.distinct, _greatest_nu(target, share))


def _greatest_nu(target: ColumnProfile, share: float) -> float:
    """Return libsvm's limit for the rarest class against the largest, without a fold's share."""
    rarer = target.second + target.rarest * (target.distinct - 2)  # than the largest, at least
    rare = math.floor(target.rarest * (1 - share))
    return 2 * rare / (rare + math.ceil((target.present - rarer) * (1 - share)))


def within_rows(
    plan: EstimatorPlan, config: TuningConfig, learnt: Learnt
) -> tuple[EstimatorPlan, str]:
    """Return the estimator with what its rows allow, and a sentence about it, "" for nothing.

    Raises
    ------
    TuningConfigError
        When tuning.yaml asks for more.
    """
    limits = {name: float(learnt.rows) for name in _names(plan, _NEIGHBORS)}
    if plan.class_path.endswith(f".{_NU_ESTIMATOR}"):
        limits[_NU] = learnt.nu
    if plan.class_path.endswith(f".{_DISCRIMINANT}"):
        limits[_COMPONENTS] = float(learnt.classes - 1)
    ranges, sentences = dict(plan.ranges), []
    told = config.estimator(config.written_name(plan.key))
    for name, limit in limits.items():
        given = plan.ranges.get(name)
        if _greatest(plan, name) <= limit:
            continue
        default = name not in told.fixed and name not in (told.ranges or ())
        if default and isinstance(given, NumericRange) and given.minimum < limit:
            ranges[name] = given.model_copy(update={"maximum": limit})
            sentences.append(
                f"{name} of {plan.key} is tuned up to {limit:.3g} instead of {given.maximum:g}: "
                f"{_why(name, learnt)}."
            )
            continue
        raise TuningConfigError(
            f"{name} of {plan.key} is more than the data allows: {_why(name, learnt)}",
            where=config.where_of(plan, name),
            found=f"{_greatest(plan, name):g}",
            expected=f"at most {math.floor(limit * 1000) / 1000:g}",
            to_do="Write less, or add rows to the dataset.",
        )
    return plan.model_copy(update={"ranges": ranges}), " ".join(sentences)


def _names(plan: EstimatorPlan, name: str) -> list[str]:
    """Return where a hyperparameter is given, of the estimator or of what is inside."""
    return [each for each in (*plan.fixed, *plan.ranges) if each.rpartition("__")[2] == name]


def _greatest(plan: EstimatorPlan, name: str) -> float:
    given = plan.ranges.get(name)
    if isinstance(given, NumericRange):
        return given.maximum
    texts = plan.listed_values(name)
    return max((float(text) for text in texts if text != "None"), default=0.0)


def _why(name: str, learnt: Learnt) -> str:
    if name == _NU:
        return "the classes are unequal, and nu bounds what the rarest takes part in"
    if name == _COMPONENTS:
        return f"it is one less than there are classes, {learnt.classes}"
    return f"a fold learns from {learnt.rows} rows"
