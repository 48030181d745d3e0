"""Builds the pipeline that is scored, compared and selected: preprocessing, then the estimator.

The steps are `prepare` (absent when there is nothing to do) and `estimator`. Support vector
machines, neural networks and the like learn a regression's target scaled to unit variance.

An ensemble is scikit-learn's voting over whole pipelines, soft for classes. Its members are fitted
one by one, each as it would be on its own, because voting passes no weights of rows on to a
pipeline. The result is what `fit` of scikit-learn's own class makes: members of a classification
know the classes by their numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import sklearn.pipeline
from sklearn.base import is_classifier
from sklearn.compose import TransformedTargetRegressor
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.preprocessing import KBinsDiscretizer, LabelEncoder, StandardScaler

from sklearn_trainer.data.target import Labels
from sklearn_trainer.model import estimators
from sklearn_trainer.model.class_weights import translate_class_weights
from sklearn_trainer.model.hyperparameters import make_estimator
from sklearn_trainer.model.preprocessing import PREFIX, Preprocessing, build_preprocessing
from sklearn_trainer.schema import Schema
from tunedrop_common.plan import ChampionMember, EstimatorPlan

# Of each feature, for estimators that take nothing but codes of categories.
BINS = 8

# By name: sklearn.ensemble imports all that scikit-learn has of trees, for which a training job of
# another estimator would wait.
VOTING = {"classification": "VotingClassifier", "regression": "VotingRegressor"}

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
    estimator_parameters = {n: v for n, v in hyperparameters.items() if not n.startswith(PREFIX)}
    preprocessing = Preprocessing.parse(hyperparameters)
    kind = estimators.find_estimator(estimator.class_path, task)
    kinds = {name: interval.kind for name, interval in estimator.ranges.items()}
    model = make_estimator(kind, estimator_parameters, kinds, task=task, seed=seed)
    prepare, codes = build_preprocessing(schema, model, preprocessing, seed=seed)
    if codes and "categorical_features" not in estimator_parameters:
        model.set_params(categorical_features=list(range(codes)))
    _name_features(prepare, model)
    return _assemble(prepare, model, task)


def _name_features(prepare: Any, model: Any) -> None:
    """Keep column names for hyperparameters that are given by name: boosting's constraints."""
    constraints = model.get_params(deep=False).get("monotonic_cst")
    if not isinstance(constraints, Mapping):
        return
    model.set_params(monotonic_cst={str(name): sign for name, sign in constraints.items()})
    if prepare is not None:
        prepare.set_output(transform="pandas")


def build_baseline(task: str) -> Pipeline:
    """Return the pipeline that ignores the features."""
    model = DummyClassifier(strategy="prior") if task == "classification" else DummyRegressor()
    return _assemble(None, model, task)


def _assemble(prepare: Any, model: Any, task: str) -> Pipeline:
    steps = [("prepare", prepare)] if prepare is not None else []
    if estimators.needs_codes(model):
        steps.append(("codes", _make_bins(model)))
    if task != "classification" and estimators.needs_scaled_target(model):
        model = TransformedTargetRegressor(regressor=model, transformer=StandardScaler())
    return sklearn.pipeline.Pipeline([*steps, ("estimator", model)])


def _make_bins(model: Any) -> Any:
    """Cut every prepared feature into bins, and set how many the estimator expects."""
    for name, value in model.get_params().items():
        if name.rpartition("__")[2] == "min_categories" and value is None:
            model.set_params(**{name: BINS})
    return KBinsDiscretizer(
        BINS, encode="ordinal", strategy="quantile", quantile_method="averaged_inverted_cdf"
    )


def ensemble_plan(task: str) -> EstimatorPlan:
    """Return an estimator's plan that stands for an ensemble."""
    class_path = f"sklearn.ensemble.{VOTING[task]}"
    return EstimatorPlan(key="ensemble", class_path=class_path, fixed={}, ranges={})


def build_ensemble(
    schema: Schema, members: Sequence[ChampionMember], *, task: str, seed: int
) -> Pipeline:
    """Return an unfitted pipeline whose only step votes; `evaluate.fit` fits it."""
    from sklearn.ensemble import VotingClassifier, VotingRegressor

    members_by_name = [
        (
            f"member_{number}",
            build_pipeline(
                schema,
                member.estimator,
                {**member.estimator.fixed, **member.hyperparameters},
                task=task,
                seed=seed,
            ),
        )
        for number, member in enumerate(members, start=1)
    ]
    if task == "classification":
        voting = VotingClassifier(members_by_name, voting="soft")
    else:
        voting = VotingRegressor(members_by_name)
    return sklearn.pipeline.Pipeline([("estimator", voting)])


def is_ensemble(pipeline: Pipeline) -> bool:
    """Return whether a pipeline is one that `build_ensemble` makes."""
    return type(pipeline[-1]).__name__ in VOTING.values()


def fit_members(pipeline: Pipeline, y: Labels, fit: Callable[[Pipeline, Labels], Pipeline]) -> None:
    """Fit an ensemble in place.

    Parameters
    ----------
    fit
        Returns a fitted copy of a member's pipeline, from the target as the member is to know it.
    """
    voting, labels = pipeline[-1], y
    if is_classifier(voting):
        translate_class_weights(voting, y, by_number=True)
        voting.le_ = LabelEncoder().fit(y)
        voting.classes_ = voting.le_.classes_
        labels = voting.le_.transform(y)
    voting.estimators_ = [fit(member, labels) for _, member in voting.estimators]
    # Without `named_estimators_`: skops would write every member twice.
    last = voting.estimators_[-1]
    if hasattr(last, "feature_names_in_"):
        voting.feature_names_in_ = last.feature_names_in_
