"""Prepares the features for an estimator; fitted inside each fold, as a part of the pipeline.

Numbers are imputed and scaled where the estimator needs it, categories become columns or codes,
free text becomes a few dimensions of its meaning. Everything is scikit-learn's own.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sklearn_trainer import estimators
from sklearn_trainer.contract import PREPROCESSING_PREFIX
from sklearn_trainer.errors import HyperparameterError
from sklearn_trainer.estimators import Estimator
from sklearn_trainer.features import Schema

TEXT_HASHES = 2**12
TEXT_DIMENSIONS = 16
TARGET_ENCODING_FOLDS = 5
_CHOICES = {
    "imputation": ("median", "mean", "most_frequent"),
    "scaling": ("standard", "robust", "minmax", "quantile", "none"),
}


@dataclass(frozen=True)
class Preprocessing:
    """The choices that `preprocess__imputation` and `preprocess__scaling` make."""

    imputation: str = "median"
    scaling: str = ""

    @classmethod
    def parse(cls, given: Mapping[str, str]) -> Preprocessing:
        """Read hyperparameters whose names start with preprocess__."""
        chosen = {}
        for full_name, value in given.items():
            name = full_name.removeprefix(PREPROCESSING_PREFIX)
            if name not in _CHOICES:
                raise _wrong("name", full_name, [PREPROCESSING_PREFIX + each for each in _CHOICES])
            if value not in _CHOICES[name]:
                raise _wrong(f"value of {full_name}", value, list(_CHOICES[name]))
            chosen[name] = value
        return cls(**chosen)


def _wrong(what: str, found: str, allowed: list[str]) -> HyperparameterError:
    near = difflib.get_close_matches(found, allowed, 1)
    return HyperparameterError(
        f"The {what} of a preprocessing hyperparameter is not known",
        found=repr(found)[:80],
        expected=f"one of {', '.join(allowed)}",
        to_do=f"Write {near[0] if near else allowed[0]!r} in tuning.yaml.",
    )


def build_preprocessing(
    schema: Schema, estimator: Estimator, chosen: Preprocessing, *, seed: int
) -> tuple[Any, int]:
    """Return a transformer, or None where nothing is to be done, and how many code columns it has.

    The codes of categories, for estimators that split on categories themselves, come first.
    """
    native = estimators.takes_categories(estimator)
    numbers = _numbers(estimator, chosen)
    if not (schema.few or schema.many or schema.texts):
        return numbers, 0
    coded = _coded(schema, estimator) if native else []
    one_hot = [] if native else [each.name for each in schema.few]
    encoded = [
        each.name
        for each in ((*schema.few, *schema.many) if native else schema.many)
        if each.name not in coded
    ]
    target_encoder = _then(_target_encoder(estimator, seed), _scaler(estimator, chosen))
    parts: list[tuple[str, Any, list[str]]] = [
        ("codes", _codes(estimator) if native else None, coded),
        ("one_hot", _one_hot(), one_hot),
        ("target_encoded", target_encoder, encoded),
        ("numbers", numbers or "passthrough", schema.numbers),
        *((f"text_{i}", _text(estimator, seed), [name]) for i, name in enumerate(schema.texts)),
    ]
    from sklearn.compose import ColumnTransformer

    transformer = ColumnTransformer(
        [part for part in parts if part[2]], sparse_threshold=0.0, verbose_feature_names_out=False
    )
    return transformer, len(coded)


def _numbers(estimator: Estimator, chosen: Preprocessing) -> Any:
    imputer = None
    if not estimators.takes_missing(estimator):
        from sklearn.impute import SimpleImputer

        imputer = SimpleImputer(
            strategy=chosen.imputation, add_indicator=True, keep_empty_features=True
        )
    return _then(imputer, _scaler(estimator, chosen))


def _scaler(estimator: Estimator, chosen: Preprocessing) -> Any:
    from sklearn import preprocessing

    if estimators.needs_positive(estimator):
        return preprocessing.MinMaxScaler(clip=True)
    scaling = chosen.scaling or ("standard" if estimators.needs_scaling(estimator) else "none")
    if scaling == "standard":
        return preprocessing.StandardScaler()
    if scaling == "robust":
        return preprocessing.RobustScaler()
    if scaling == "minmax":
        return preprocessing.MinMaxScaler()
    if scaling == "quantile":
        return preprocessing.QuantileTransformer(
            n_quantiles=100, output_distribution="normal", random_state=0
        )
    return None


def _one_hot() -> Any:
    from sklearn.preprocessing import OneHotEncoder

    return OneHotEncoder(handle_unknown="ignore", sparse_output=False)


def _coded(schema: Schema, estimator: Estimator) -> list[str]:
    """Categories that the estimator can split on: all, as far as its bins go."""
    bins = estimator.get_params()["max_bins"]
    return [each.name for each in (*schema.few, *schema.many) if each.distinct < bins]


def _codes(estimator: Estimator) -> Any:
    from sklearn.preprocessing import OrdinalEncoder

    return OrdinalEncoder(
        handle_unknown="use_encoded_value",
        unknown_value=np.nan,
        encoded_missing_value=np.nan,
        max_categories=estimator.get_params()["max_bins"],
    )


def _target_encoder(estimator: Estimator, seed: int) -> Any:
    from sklearn.base import is_regressor
    from sklearn.model_selection import KFold
    from sklearn.preprocessing import TargetEncoder

    # Left to itself, it takes a regression's target of whole numbers for classes, each of which
    # becomes a column.
    kind = "continuous" if is_regressor(estimator) else "auto"
    folds = KFold(TARGET_ENCODING_FOLDS, shuffle=True, random_state=seed)
    return TargetEncoder(target_type=kind, cv=folds)


def _text(estimator: Estimator, seed: int) -> Any:
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import HashingVectorizer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, MinMaxScaler

    positive = [MinMaxScaler(clip=True)] if estimators.needs_positive(estimator) else []
    return make_pipeline(
        SimpleImputer(strategy="constant", fill_value="", keep_empty_features=True),
        FunctionTransformer(np.ravel),
        HashingVectorizer(n_features=TEXT_HASHES, analyzer="char_wb", ngram_range=(3, 4)),
        TruncatedSVD(TEXT_DIMENSIONS, random_state=seed),
        *positive,
    )


def _then(*steps: Any) -> Any:
    """Chain the steps that there are."""
    present = [step for step in steps if step is not None]
    if len(present) < 2:
        return present[0] if present else None
    from sklearn.pipeline import make_pipeline

    return make_pipeline(*present)
