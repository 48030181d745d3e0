"""Which numbers an estimator's hyperparameter takes at all, so that no hint asks for another."""

from __future__ import annotations

from collections.abc import Callable

from tunedrop.planning.estimators.sklearn_estimators import known_by_path
from tunedrop.planning.estimators.values import intervals, number_kinds
from tunedrop_common.plan import NumericRange


def possible_in(class_path: str, name: str, wanted: NumericRange) -> Callable[[float], bool]:
    """Return a test for numbers; of what scikit-learn's facts do not cover, all pass.

    Parameters
    ----------
    class_path
        As the plan has it, with or without "sklearn.".
    wanted
        The range that was searched: whole numbers may have other limits than fractions.
    """
    estimator = known_by_path("sklearn." + class_path.removeprefix("sklearn."))
    parameter = estimator.parameters.get(name) if estimator else None
    types = {each["type"] for each in intervals(parameter.takes)} if parameter else set()
    if parameter is None or not types:
        return lambda number: True
    takes, kind = parameter.takes, "int" if wanted.kind == "integer" and "int" in types else "float"
    return lambda number: kind in number_kinds(takes, number)
