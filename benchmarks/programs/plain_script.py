"""A training script as people write it for the official toolkit, with pandas and scikit-learn."""

import json
import os
import time
from pathlib import Path

import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

data = pd.read_csv(Path(os.environ["SM_CHANNEL_TRAIN"]) / "train.csv")
X, y = data.drop(columns="y"), data["y"]
pipeline = make_pipeline(
    SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
    StandardScaler(),
    LogisticRegression(C=float(os.environ.get("SM_HP_C", "1")), random_state=11),
)
folds = StratifiedKFold(5, shuffle=True, random_state=7)
started, cpu = time.perf_counter(), time.process_time()
scores = cross_validate(pipeline, X, y, cv=folds, scoring="balanced_accuracy")["test_score"]
print(
    json.dumps(
        {
            "score": float(scores.mean()),
            "fit_seconds": time.perf_counter() - started,
            "fit_cpu_seconds": time.process_time() - cpu,
        }
    )
)
