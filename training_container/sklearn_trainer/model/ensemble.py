"""The ensemble as a model: scikit-learn's voting over whole pipelines, soft for classes.

Its members are fitted one by one, each as it would be on its own, because voting passes no weights
of rows on to a pipeline. What results is what `fit` of scikit-learn's own class makes: members of a
classification know the classes by their numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sklearn.pipeline
from sklearn.base import is_classifier
from sklearn.preprocessing import LabelEncoder

from sklearn_trainer.data.target import Labels
from sklearn_trainer.model.class_weights import translate_class_weights
from sklearn_trainer.model.pipeline import Pipeline, build_pipeline
from sklearn_trainer.schema import Schema
from tunedrop_common.plan import ChampionMember, EstimatorPlan

# By name: sklearn.ensemble imports all that scikit-learn has of trees, for which a training job of
# another estimator would wait.
VOTING = {"classification": "VotingClassifier", "regression": "VotingRegressor"}


def ensemble_plan(task: str) -> EstimatorPlan:
    """Return what stands for an estimator's plan where all contenders have one."""
    class_path = f"sklearn.ensemble.{VOTING[task]}"
    return EstimatorPlan(key="ensemble", class_path=class_path, fixed={}, ranges={})


def build_ensemble(
    schema: Schema, members: Sequence[ChampionMember], *, task: str, seed: int
) -> Pipeline:
    """Return an unfitted pipeline whose only step votes; `evaluate.fit` fits it."""
    from sklearn.ensemble import VotingClassifier, VotingRegressor

    named = [
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
        voting = VotingClassifier(named, voting="soft")
    else:
        voting = VotingRegressor(named)
    return sklearn.pipeline.Pipeline([("estimator", voting)])


def is_ensemble(pipeline: Pipeline) -> bool:
    """Check whether a pipeline is one that `build_ensemble` makes."""
    return type(pipeline[-1]).__name__ in VOTING.values()


def fit_members(pipeline: Pipeline, y: Labels, fit: Callable[[Pipeline, Labels], Pipeline]) -> None:
    """Fit an ensemble in place.

    Parameters
    ----------
    fit
        Returns a fitted copy of a member's pipeline, from the target as the member is to know it.
    """
    voting, known = pipeline[-1], y
    if is_classifier(voting):
        translate_class_weights(voting, y, by_number=True)
        voting.le_ = LabelEncoder().fit(y)
        voting.classes_ = voting.le_.classes_
        known = voting.le_.transform(y)
    voting.estimators_ = [fit(member, known) for _, member in voting.estimators]
    # Without `named_estimators_`: skops would write every member twice.
    last = voting.estimators_[-1]
    if hasattr(last, "feature_names_in_"):
        voting.feature_names_in_ = last.feature_names_in_


def fitted_parts(pipeline: Pipeline) -> list[Any]:
    """Return a fitted pipeline and, of an ensemble, its fitted members."""
    return [pipeline, *(pipeline[-1].estimators_ if is_ensemble(pipeline) else ())]
