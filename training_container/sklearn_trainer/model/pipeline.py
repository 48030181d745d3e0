"""Builds the pipeline that is scored, compared and selected: preprocessing, then the estimator.

The steps are `prepare` (absent when there is nothing to do) and `estimator`. Support vector
machines, neural networks and the like learn a regression's target scaled to unit variance.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import sklearn.pipeline
from sklearn.compose import TransformedTargetRegressor
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.preprocessing import KBinsDiscretizer, StandardScaler

from sklearn_trainer.model import estimators
from sklearn_trainer.model.hyperparameters import make_estimator
from sklearn_trainer.model.preprocessing import PREFIX, Preprocessing, build_preprocessing
from sklearn_trainer.schema import Schema
from tunedrop_common.plan import EstimatorPlan

# Of each feature, for estimators that take nothing but codes of categories.
BINS = 8

Pipeline: TypeAlias = Any  # sklearn.pipeline.Pipeline, which has no type hints


def build_pipeline(
    schema: Schema,
    estimator: EstimatorPlan,
    hyperparameters: Mapping[str, str],
    *,
    task: str,
    seed: int,
) -> Pipeline:
    """Return an unfitted pipeline.

    Parameters
    ----------
    schema
        The features of the run.
    estimator
        The estimator's class, and its ranges, which say how values are to be read.
    hyperparameters
        Strings, as SageMaker passes them, tuned and fixed. Those whose names start with
        `preprocess__` are the preprocessing's. What is absent has scikit-learn's default.
    seed
        `random_state` of everything that has one and was not given one.
    """
    own = {n: v for n, v in hyperparameters.items() if not n.startswith(PREFIX)}
    preprocessing = Preprocessing.parse(hyperparameters)
    kind = estimators.find_estimator(estimator.class_path, task)
    kinds = {name: each.kind for name, each in estimator.ranges.items()}
    model = make_estimator(kind, own, kinds, task=task, seed=seed)
    prepare, codes = build_preprocessing(schema, model, preprocessing, seed=seed)
    if codes and "categorical_features" not in own:
        model.set_params(categorical_features=list(range(codes)))
    _name_features(prepare, model)
    return _assemble(prepare, model, task)


def _name_features(prepare: Any, model: Any) -> None:
    """Leave the columns their names where hyperparameters are by name: boosting's constraints."""
    constraints = model.get_params(deep=False).get("monotonic_cst")
    if not isinstance(constraints, Mapping):
        return
    model.set_params(monotonic_cst={str(name): sign for name, sign in constraints.items()})
    if prepare is not None:
        prepare.set_output(transform="pandas")


def build_dummy(task: str) -> Pipeline:
    """Return the pipeline that looks at nothing but the target."""
    model = DummyClassifier(strategy="prior") if task == "classification" else DummyRegressor()
    return _assemble(None, model, task)


def _assemble(prepare: Any, model: Any, task: str) -> Pipeline:
    steps = [("prepare", prepare)] if prepare is not None else []
    if estimators.needs_codes(model):
        steps.append(("codes", _bins(model)))
    if task != "classification" and estimators.needs_scaled_target(model):
        model = TransformedTargetRegressor(regressor=model, transformer=StandardScaler())
    return sklearn.pipeline.Pipeline([*steps, ("estimator", model)])


def _bins(model: Any) -> Any:
    """Cut every prepared feature into bins, and set how many the estimator expects."""
    for name, value in model.get_params().items():
        if name.rpartition("__")[2] == "min_categories" and value is None:
            model.set_params(**{name: BINS})
    return KBinsDiscretizer(
        BINS, encode="ordinal", strategy="quantile", quantile_method="averaged_inverted_cdf"
    )
