"""Fits a peer to a split, with the seconds that our run took, and prints its loss.

`quality_peer.py METHOD FOLDER TARGET SCORER`, in the environment of the peers; the split is in
FOLDER-ROUND.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import log_loss, root_mean_squared_error
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

# From rows to predictions: probabilities in the order of the labels, or numbers.
Predict = Callable[[pd.DataFrame], np.ndarray]


def main() -> None:
    """Fit one peer."""
    method, prefix, target, scorer = sys.argv[1:]
    folder = Path(f"{prefix}-{os.environ['ROUND']}")
    train, test = (pd.read_csv(folder / f"{name}.csv") for name in ("train", "test"))
    for name in train.columns:  # as words are given to all of them
        if not pd.api.types.is_numeric_dtype(train[name]) and name != target:
            known = pd.CategoricalDtype(sorted(train[name].dropna().astype(str).unique()))
            for part in (train, test):
                part[name] = part[name].astype(object).where(part[name].notna()).astype(known)
    seconds = float((folder / "seconds.txt").read_text())
    classes = scorer == "neg_log_loss"
    started = time.time()
    predict = _METHODS[method](train, target, classes, seconds)
    predicted = predict(test.drop(columns=target))
    taken = time.time() - started
    actual = test[target]
    if classes:
        labels = sorted(train[target].unique())
        loss = log_loss(actual, predicted / predicted.sum(axis=1, keepdims=True), labels=labels)
    else:
        loss = root_mean_squared_error(actual, predicted)
    print("\n" + json.dumps({"seconds": taken, "loss": float(loss)}))


def _boosting(train: pd.DataFrame, target: str, classes: bool, seconds: float) -> Predict:
    kind = HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor
    return _fitted(kind(random_state=0), train, target, classes)


def _linear(train: pd.DataFrame, target: str, classes: bool, seconds: float) -> Predict:
    words = train.drop(columns=target).select_dtypes("category").columns
    numbers = train.columns.difference([target, *words])
    columns = make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
        (OneHotEncoder(handle_unknown="ignore"), words),
    )
    model = LogisticRegression(max_iter=1000) if classes else Ridge()
    return _fitted(make_pipeline(columns, model), train, target, classes)


def _flaml(train: pd.DataFrame, target: str, classes: bool, seconds: float) -> Predict:
    from flaml import AutoML

    model = AutoML()
    model.fit(
        train.drop(columns=target),
        train[target],
        task="classification" if classes else "regression",
        metric="log_loss" if classes else "rmse",
        time_budget=seconds,
        seed=1,
        verbose=0,
    )
    return lambda X: np.asarray(model.predict_proba(X) if classes else model.predict(X))


def _autogluon(train: pd.DataFrame, target: str, classes: bool, seconds: float) -> Predict:
    from autogluon.tabular import TabularPredictor

    predictor = TabularPredictor(
        target,
        eval_metric="log_loss" if classes else "root_mean_squared_error",
        path=tempfile.mkdtemp(prefix="autogluon-"),
        verbosity=0,
    ).fit(train, time_limit=seconds, presets="medium_quality")

    def predict(X: pd.DataFrame) -> np.ndarray:
        found = predictor.predict_proba(X) if classes else predictor.predict(X)
        return np.asarray(found[sorted(found.columns)] if classes else found)

    return predict


def _fitted(model: Any, train: pd.DataFrame, target: str, classes: bool) -> Predict:
    model.fit(train.drop(columns=target), train[target])
    return model.predict_proba if classes else model.predict  # type: ignore[no-any-return]


_METHODS = {
    "boosting defaults": _boosting,
    "linear defaults": _linear,
    "FLAML": _flaml,
    "AutoGluon, medium quality": _autogluon,
}


if __name__ == "__main__":
    main()
