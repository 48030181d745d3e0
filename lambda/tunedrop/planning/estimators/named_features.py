"""Hyperparameters that name features: boosting's `monotonic_cst`, with a sign for some columns."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from difflib import get_close_matches

from tunedrop.errors import TuningConfigError
from tunedrop.planning.tuning_config.model import TuningConfig
from tunedrop.reading.columns import ColumnProfile
from tunedrop_common.plan import EstimatorPlan
from tunedrop_common.preprocessing import PREFIX

_CONSTRAINTS = "monotonic_cst"
_SIGNS = (-1, 0, 1)
_ORDERED = ("numeric", "boolean")
_SHOWN = 20


def refuse_unknown_features(
    plan: EstimatorPlan,
    config: TuningConfig,
    features: Sequence[ColumnProfile],
    target: ColumnProfile | None = None,
) -> None:
    """Refuse constraints on what is no feature, or where there can be none.

    Parameters
    ----------
    target
        Of a classification.
    """
    for name in (*plan.fixed, *plan.ranges):
        texts = [text for text in plan.listed_values(name) if text.startswith("{")]
        if name.rpartition("__")[2] != _CONSTRAINTS or not texts:
            continue
        refusal = _why_none(plan, name, target)
        for text in texts:
            refusal = refusal or _wrong(ast.literal_eval(text), features)
        if refusal:
            what, found, expected, to_do = refusal
            raise TuningConfigError(
                what,
                where=config.where_of(plan, name),
                found=found,
                expected=expected,
                to_do=to_do,
            )


def _why_none(
    plan: EstimatorPlan, name: str, target: ColumnProfile | None
) -> tuple[str, str, str, str] | None:
    """Say why no feature can have a constraint."""
    reason = ""
    if name != _CONSTRAINTS:
        reason = "what is inside of another estimator does not know the names of features"
    elif f"{PREFIX}components" in {**plan.fixed, **plan.ranges}:
        reason = "principal components are no columns any more"
    elif target is not None and target.distinct > 2:
        reason = f"it is for two classes, and {target.name!r} has {target.distinct}"
    what = f"{name} of {plan.key} cannot be: {reason}"
    return (what, "", "", f"Take out {name}.") if reason else None


def _wrong(
    given: dict[object, object], features: Sequence[ColumnProfile]
) -> tuple[str, str, str, str] | None:
    """Say what is wrong with constraints."""
    names = [each.name for each in features if each.kind in _ORDERED]
    for name, sign in given.items():
        if str(name) not in names:
            near = get_close_matches(str(name), names, 1)
            return (
                f"{_CONSTRAINTS} names what is not a feature of numbers",
                repr(name)[:80],
                f"some of {', '.join(map(repr, names[:_SHOWN]))}",
                f"Write {near[0]!r} instead." if near else "Correct the name.",
            )
        if isinstance(sign, bool) or sign not in _SIGNS:
            return (
                f"The constraint on {name!r} is none that there is",
                repr(sign)[:80],
                "1 (never falls), -1 (never rises) or 0",
                "Correct the value.",
            )
    return None
