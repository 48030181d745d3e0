"""The data in summary: what the report says of each feature and of the target, and no single value.

Statistics of the training rows as fit() gets them: missing values, categories, mean and spread.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from sklearn_trainer.data.dataset import Dataset
from sklearn_trainer.data.features import WORDS, Feature
from sklearn_trainer.data.target import Labels

MOST_FEATURES = 300
MOST_CLASSES = 50


def profile(dataset: Dataset) -> dict[str, Any]:
    """Return the summary: `features` in their order (the first of many), and `target`."""
    features = dataset.schema.features
    return {
        "features": [_feature(dataset, each) for each in features[:MOST_FEATURES]],
        "features_in_all": len(features),
        "target": _target(dataset.y),
    }


def _feature(dataset: Dataset, feature: Feature) -> dict[str, Any]:
    column = dataset.X[feature.name]
    missing = int(column.isna().sum())
    found = {"name": feature.name, "kind": feature.kind, "missing": missing}
    if feature.kind in WORDS:
        return found | {"distinct": feature.distinct}
    known = column.to_numpy()[~column.isna().to_numpy()]
    if feature.kind == "moment" or len(known) == 0:
        return found
    return found | _spread(known)


def _target(y: Labels) -> dict[str, Any]:
    if y.dtype.kind == "f":
        return _spread(y)
    counts = Counter(y.tolist()).most_common()
    return {
        "classes": [{"label": label, "rows": rows} for label, rows in counts[:MOST_CLASSES]],
        "classes_in_all": len(counts),
    }


def _spread(numbers: Labels) -> dict[str, float | None]:
    with np.errstate(over="ignore", invalid="ignore"):
        mean, deviation = float(np.mean(numbers)), float(np.std(numbers))
    return {
        "mean": mean if np.isfinite(mean) else None,
        "standard_deviation": deviation if np.isfinite(deviation) else None,
    }
