"""The numbers that a run reports are scikit-learn's own, computed here without Tunedrop's code."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import RepeatedStratifiedKFold, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from tests.support.runs import Tuned


@pytest.fixture(scope="module")
def run(wine: Tuned) -> tuple[dict[str, Any], dict[str, Any]]:
    return wine.results, wine.runs.read(wine.run_id, "plan.json")


@pytest.fixture(scope="module")
def table(wine: Tuned) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(wine.table))


def model_of(estimator: str, hyperparameters: dict[str, str], seed: int) -> Any:
    def value(text: str) -> Any:
        if text in ("None", "balanced", "gini", "entropy"):
            return None if text == "None" else text
        return float(text) if "." in text or "e" in text else int(text)

    parameters = {name: value(text) for name, text in hyperparameters.items()}
    parameters = {"random_state": seed} | parameters
    if estimator == "linear":
        return make_pipeline(StandardScaler(), LogisticRegression(**parameters))
    return DecisionTreeClassifier(**parameters)


def test_every_training_job_has_the_objective_that_scikit_learn_computes(
    run: tuple[dict[str, Any], dict[str, Any]], table: pd.DataFrame
) -> None:
    results, plan = run
    X, y = table.drop(columns="kind"), table["kind"]
    folds = StratifiedKFold(3, shuffle=True, random_state=plan["cross_validation"]["seed"])
    assert len(results["training_jobs"]) == 20
    for job in results["training_jobs"]:
        fixed = next(
            tuning["estimator"]["fixed"]
            for tuning in plan["tuning_jobs"]
            if tuning["estimator"]["key"] == job["estimator"]
        )
        model = model_of(job["estimator"], fixed | job["hyperparameters"], plan["seed"])
        scores = cross_val_score(model, X, y, cv=folds, scoring="balanced_accuracy")
        assert np.float32(job["objective"]) == np.float32(np.mean(scores))
    best = max(results["training_jobs"], key=lambda job: job["objective"])
    assert results["objective"] == best["objective"]


def test_confirms_own_scores_are_scikit_learns(
    run: tuple[dict[str, Any], dict[str, Any]], table: pd.DataFrame
) -> None:
    results, plan = run
    X, y = table.drop(columns="kind"), table["kind"]
    confirm = plan["confirm"]
    folds = RepeatedStratifiedKFold(
        n_splits=confirm["folds"], n_repeats=confirm["repeats"], random_state=confirm["seed"]
    )
    contenders = {contender["name"]: contender for contender in results["confirm"]["contenders"]}
    keys = [job["estimator"]["key"] for job in plan["tuning_jobs"]]
    models = {
        name: model_of(
            contenders[name]["estimator"], contenders[name]["hyperparameters"], plan["seed"]
        )
        for name in (f"{kind}:{key}" for kind in ("defaults", "tuned") for key in keys)
    }
    models["ensemble"] = VotingClassifier(
        [(key, models[f"tuned:{key}"]) for key in keys], voting="soft"
    )
    assert contenders.keys() == {"baseline", *models}
    for name, model in models.items():
        scores = cross_val_score(model, X, y, cv=folds, scoring="balanced_accuracy")
        assert contenders[name]["scores"] == pytest.approx(list(scores), abs=1e-9)
    assert contenders["baseline"]["mean"] == pytest.approx(1 / 3, abs=1e-9)
