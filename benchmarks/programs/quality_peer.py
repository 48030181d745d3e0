"""Fits a peer to a table, in the seconds that our run took, and prints its loss.

`quality_peer.py METHOD FOLDER TARGET METRIC SECONDS_FILE`, in the environment of the peers.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import log_loss, root_mean_squared_error


def main() -> None:
    """Fit one peer."""
    method, place, target, metric, seconds_file = sys.argv[1:]
    folder, is_classifier = Path(place), metric == "neg_log_loss"
    train, test = (pd.read_csv(folder / f"{name}.csv") for name in ("train", "test"))
    for name in train.columns:  # words as categories, which all of the peers take
        if not pd.api.types.is_numeric_dtype(train[name]) and name != target:
            words = pd.CategoricalDtype(sorted(train[name].dropna().astype(str).unique()))
            for part in (train, test):
                part[name] = part[name].astype(object).where(part[name].notna()).astype(words)
    seconds = float(Path(seconds_file).read_text())
    started = time.time()
    model = fit(method, train, target, is_classifier, seconds)
    predict = model.predict_proba if is_classifier else model.predict
    predicted = predict(test.drop(columns=target))
    elapsed = time.time() - started
    if isinstance(predicted, pd.DataFrame):
        predicted = predicted[sorted(predicted.columns)]
    values = np.asarray(predicted)
    if is_classifier:
        labels = sorted(train[target].unique())
        loss = log_loss(test[target], values / values.sum(axis=1, keepdims=True), labels=labels)
    else:
        loss = root_mean_squared_error(test[target], values)
    print("\n" + json.dumps({"seconds": elapsed, "loss": float(loss)}))


def fit(method: str, train: pd.DataFrame, target: str, is_classifier: bool, seconds: float) -> Any:
    """Return the peer's model; FLAML and AutoGluon keep within the seconds."""
    X, y = train.drop(columns=target), train[target]
    if method == "boosting defaults":
        kind = HistGradientBoostingClassifier if is_classifier else HistGradientBoostingRegressor
        return kind(random_state=0).fit(X, y)
    if method == "FLAML":
        from flaml import AutoML

        task = "classification" if is_classifier else "regression"
        metric = "log_loss" if is_classifier else "rmse"
        automl = AutoML()
        automl.fit(X, y, task=task, metric=metric, time_budget=seconds, seed=1, verbose=0)
        return automl
    from autogluon.tabular import TabularPredictor

    metric = "log_loss" if is_classifier else "root_mean_squared_error"
    folder = tempfile.mkdtemp(prefix="autogluon-")
    predictor = TabularPredictor(target, eval_metric=metric, path=folder, verbosity=0)
    return predictor.fit(train, time_limit=seconds, presets="medium_quality")


if __name__ == "__main__":
    main()
