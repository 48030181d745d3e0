"""A usual training script, with pandas and scikit-learn."""

import json
import sys

import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

data = pd.read_csv(sys.argv[1])
X, y = data.drop(columns="y"), data["y"]
pipeline = make_pipeline(
    SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
    StandardScaler(),
    LogisticRegression(C=0.5, random_state=11),
)
folds = StratifiedKFold(5, shuffle=True, random_state=7)
scores = cross_validate(pipeline, X, y, cv=folds, scoring="balanced_accuracy")["test_score"]
print(json.dumps({"score": float(scores.mean())}))
