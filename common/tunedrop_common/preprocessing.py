"""The hyperparameters of the preprocessing, `preprocess__*`, tuned or fixed with any estimator."""

from __future__ import annotations

from typing import Final

PREFIX: Final = "preprocess__"

ENCODING: Final = f"{PREFIX}encoding"
# The encoding where histogram gradient boosting splits on categories itself.
NATIVE: Final = "native"

# Words that each may be.
CHOICES: Final = {
    "imputation": ("mean", "median", "most_frequent"),
    "scaling": ("standard", "robust", "minmax", "quantile", "none"),
    "encoding": (NATIVE, "onehot", "ordinal", "target"),
}

# Whole numbers, with the least and the greatest value.
NUMBERS: Final[dict[str, tuple[int, int | None]]] = {
    "components": (1, None),
    "text_components": (2, 300),
}
