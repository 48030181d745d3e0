"""What an explanation is about, made from a frame and a target, without a job around it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sklearn_trainer.contract import read_plan
from sklearn_trainer.data.dataset import Dataset, Portion
from sklearn_trainer.data.folds import FreshFolds, fresh_folds
from sklearn_trainer.data.row_columns import RowColumns
from sklearn_trainer.evaluation.contenders import Contender, Result, score_contender
from sklearn_trainer.evaluation.scoring import make_scorers
from sklearn_trainer.evaluation.verdict import BASELINE
from sklearn_trainer.explanation.contender_predictions import ContenderPredictions, collect
from sklearn_trainer.explanation.explained_model import ExplainedModel
from sklearn_trainer.explanation.steps import ExplanationSteps
from sklearn_trainer.job_warnings import JobWarnings
from sklearn_trainer.schema import Schema
from tests.support.plans import feature
from tests.support.training.jobs import column, estimator, plan
from tunedrop_common.plan import Kind, Plan

REGRESSION = {
    "linear": "sklearn.linear_model.Ridge",
    "boosting": "sklearn.ensemble.HistGradientBoostingRegressor",
    "tree": "sklearn.tree.DecisionTreeRegressor",
}
CLASSIFICATION = {
    "linear": "sklearn.linear_model.LogisticRegression",
    "boosting": "sklearn.ensemble.HistGradientBoostingClassifier",
    "tree": "sklearn.tree.DecisionTreeClassifier",
    "machine": "sklearn.svm.LinearSVC",
    "dummy": "sklearn.dummy.DummyClassifier",
}
SELECTED = "tuned:model"
_KINDS: dict[str, Kind] = {"f": "numeric", "M": "datetime"}


def schema_of(X: pd.DataFrame, **kinds: Kind) -> Schema:
    """Return what a job would decide for the columns, but for those whose kind is given."""
    return Schema(
        features=tuple(
            feature(
                str(name),
                kinds.get(str(name), _KINDS.get(X[name].dtype.kind, "categorical")),
                distinct=0 if X[name].dtype.kind in _KINDS else X[name].nunique(),
            )
            for name in X
        )
    )


def plan_of(
    y: npt.NDArray[Any], kind: str, metric: str, path: str, fixed: dict[str, str], **changes: Any
) -> Plan:
    regression = y.dtype.kind == "f"
    content = plan(
        [column("y", "numeric" if regression else "categorical", "target")],
        task="regression" if regression else "classification",
        metric=metric,
        estimators=[estimator("model", path, fixed=fixed)],
        cross_validation={
            "folds": 5, "kind": kind, "stratified": kind != "ordered" and not regression, "seed": 7,
        },
        confirm={"folds": 5, "repeats": 2, **changes.pop("confirm", {})},
        **changes,
    )  # fmt: skip
    return read_plan(content)


def explained_model_of(
    X: pd.DataFrame,
    y: npt.NDArray[Any],
    model: str = "linear",
    *,
    kinds: dict[str, Kind] | None = None,
    row_columns: RowColumns | None = None,
    metric: str = "",
    fixed: dict[str, str] | None = None,
    **changes: Any,
) -> ExplainedModel:
    """Score a model of the table on fresh folds, as Confirm would."""
    row_columns = row_columns or RowColumns()
    kind = "grouped" if row_columns.groups is not None else "shuffled"
    kind = "ordered" if row_columns.times is not None else kind
    path = (REGRESSION if y.dtype.kind == "f" else CLASSIFICATION)[model]
    model_plan = plan_of(y, kind, metric, path, fixed or {}, **changes)
    dataset = Dataset(Portion(X, y, row_columns), None, schema_of(X, **(kinds or {})), 0)
    fresh = fresh_folds(dataset.train.splits(model_plan), model_plan.confirm, JobWarnings())
    estimator = model_plan.tuning_jobs[0].estimator
    contenders = [Contender(BASELINE, estimator, {}), Contender(SELECTED, estimator, fixed or {})]
    return score_and_explain(model_plan, dataset, fresh, contenders)


def score_and_explain(
    plan: Plan, dataset: Dataset, fresh: FreshFolds, contenders: Sequence[Contender]
) -> ExplainedModel:
    """Score contenders, of which the last is the one to be explained."""
    scorers = make_scorers((plan.metric.objective,), dataset.train.y)
    results = [
        Result(contender, score_contender(contender, plan, dataset, fresh.folds, scorers))
        for contender in contenders
    ]
    return ExplainedModel.of(results, contenders[-1].name, plan, dataset, fresh)


def predictions_of(explained: ExplainedModel) -> ContenderPredictions:
    """Return what the model predicted for the rows of the fresh folds."""
    dataset, contender, fresh = explained.dataset, explained.contender, explained.fresh
    keep = np.ones(len(dataset.train.y), dtype=np.bool_)
    result = Result(contender, explained.scored)
    collected = collect([result], contender.name, dataset, fresh, keep)
    assert collected is not None
    return collected


def noise(rows: int, columns: int, *, seed: int = 0) -> pd.DataFrame:
    """Return numbers that say nothing."""
    draw = np.random.default_rng(seed)
    return pd.DataFrame(
        draw.normal(size=(rows, columns)), columns=pd.Index([f"x{i}" for i in range(columns)])
    )


def amount_of(X: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Return a target to which x0 adds twice what x1 does, and the others nothing."""
    noise = np.random.default_rng(1).normal(size=len(X))
    return np.asarray(2 * X["x0"].to_numpy() + X["x1"].to_numpy() + noise)


def steps_within(seconds: float = 120.0) -> ExplanationSteps:
    """Return steps that have so much time."""
    return ExplanationSteps(seconds)
