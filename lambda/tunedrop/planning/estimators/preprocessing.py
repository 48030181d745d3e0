"""The preprocessing's hyperparameters, which any estimator may tune or fix.

The training container has the same names and words; a test holds both together.
"""

from __future__ import annotations

from typing import Final

from tunedrop.planning.estimators.sklearn_estimators import Constraint

PREFIX: Final = "preprocess__"

PREPROCESSING: Final[dict[str, tuple[Constraint, ...]]] = {
    f"{PREFIX}imputation": ({"options": ["mean", "median", "most_frequent"]},),
    f"{PREFIX}scaling": ({"options": ["standard", "robust", "minmax", "quantile", "none"]},),
    f"{PREFIX}encoding": ({"options": ["onehot", "ordinal", "target"]},),
    f"{PREFIX}components": ({"type": "int", "low": 1, "high": None, "closed": "left"},),
    f"{PREFIX}text_components": ({"type": "int", "low": 2, "high": 300, "closed": "both"},),
}
