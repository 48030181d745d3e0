"""From the name of an estimator in tuning.yaml to scikit-learn's class, or to the way out.

A name is the catalogue's (`random_forest`), a class (`RandomForestClassifier`) or a dotted path
(`sklearn.ensemble.RandomForestClassifier`).
"""

from __future__ import annotations

from difflib import get_close_matches

from tunedrop.errors import TuningConfigError
from tunedrop.planning.estimators import catalogue
from tunedrop.planning.estimators.sklearn_estimators import (
    SklearnEstimator,
    class_names,
    is_another_class,
    known,
)
from tunedrop_common.plan import Task

MODULE = "sklearn."
_TASKS: tuple[Task, Task] = ("classification", "regression")
_SUFFIXES = ("classifier", "regressor")

# What people know from elsewhere, in lower case without separators.
_OTHER_NAMES = {
    "xgboost": "hist_gradient_boosting",
    "xgbclassifier": "hist_gradient_boosting",
    "xgbregressor": "hist_gradient_boosting",
    "lightgbm": "hist_gradient_boosting",
    "lgbmclassifier": "hist_gradient_boosting",
    "lgbmregressor": "hist_gradient_boosting",
    "catboost": "hist_gradient_boosting",
    "catboostclassifier": "hist_gradient_boosting",
    "catboostregressor": "hist_gradient_boosting",
    "gbdt": "hist_gradient_boosting",
    "gbm": "hist_gradient_boosting",
    "hgb": "hist_gradient_boosting",
    "rf": "random_forest",
    "forest": "random_forest",
    "tree": "decision_tree",
    "knn": "nearest_neighbors",
    "kneighbors": "nearest_neighbors",
    "neuralnetwork": "mlp",
    "neuralnet": "mlp",
    "nn": "mlp",
    "supportvectormachine": "svm",
    "logistic": "LogisticRegression",
    "logreg": "LogisticRegression",
    "logit": "LogisticRegression",
    "lr": "linear",
    "naivebayes": "GaussianNB",
    "nb": "GaussianNB",
    "lda": "LinearDiscriminantAnalysis",
    "qda": "QuadraticDiscriminantAnalysis",
    "pls": "PLSRegression",
    "ols": "LinearRegression",
}

# Classes that cannot learn one target from a table, and why.
_UNFIT = {
    "SelfTrainingClassifier": "learns from rows without a target, and Tunedrop leaves those out",
    "StackingClassifier": "combines a list of estimators, which tuning.yaml cannot write",
    "StackingRegressor": "combines a list of estimators, which tuning.yaml cannot write",
    "VotingClassifier": "combines a list of estimators, which tuning.yaml cannot write",
    "VotingRegressor": "combines a list of estimators, which tuning.yaml cannot write",
    "CCA": "finds what several targets have in common, and a dataset has one",
    "PLSCanonical": "finds what several targets have in common, and a dataset has one",
}


def refuse_unknown(written: str, where: str) -> None:
    """Refuse a name that is no estimator's, whatever the task."""
    names = catalogue.names()
    if written in names:
        return
    name = written.rpartition(".")[2]
    found = known(name)
    if found is None or not written.startswith((name, MODULE)):
        if is_another_class(name) and written.startswith((name, MODULE)):
            raise TuningConfigError(
                f"{name} is neither a classifier nor a regressor",
                where=where,
                found=repr(written[:80]),
                expected=f"one of {', '.join(names)}, or the name of a classifier or regressor of "
                "scikit-learn",
                to_do="Choose one of these; features are prepared, and hyperparameters tuned, "
                "without it.",
            )
        near = _nearest(name)
        raise TuningConfigError(
            "There is no such estimator",
            where=where,
            found=repr(written[:80]),
            expected=f"one of {', '.join(names)}, or the name of a classifier or regressor of "
            "scikit-learn",
            to_do=f"Write {near!r} instead." if near else "Choose one of these.",
        )
    if written not in (name, found.path):
        raise TuningConfigError(
            f"{name} is not there in scikit-learn",
            where=where,
            found=repr(written[:80]),
            expected=repr(found.path),
            to_do=f"Write {found.path!r}, or only {name!r}.",
        )


def find_class(written: str, task: Task, where: str) -> SklearnEstimator:
    """Return the class that a name of `refuse_unknown`'s stands for, if it can learn the task."""
    found = known(written.rpartition(".")[2])
    if found is None:
        raise KeyError(written)
    _refuse_other_task(found, task, where)
    reason = _UNFIT.get(found.name, "")
    if not found.one_target:
        reason = "predicts several targets at once, and a dataset has one"
    elif not found.many_features:
        reason = "learns from a single column"
    if reason:
        raise TuningConfigError(
            f"{found.name} {reason}",
            where=where,
            to_do="Choose another estimator.",
        )
    return found


def inside_class(outer: SklearnEstimator, written: str, where: str) -> str:
    """Return the class path of an estimator that is to be inside another one."""
    if written in catalogue.names():
        written = catalogue.class_name(written, outer.task)
    name = written.rpartition(".")[2]
    found = known(name)
    if found is None or written not in (name, found.path):
        near = _nearest(name.partition("(")[0], (outer.task,))
        raise TuningConfigError(
            f"There is no such estimator to be inside {outer.name}",
            where=where,
            found=repr(written[:80]),
            expected=f"the class name of a {_kind(outer.task)} of scikit-learn",
            to_do=_name_alone(outer, near)
            if "(" in name
            else f"Write {near!r} instead."
            if near
            else "Correct the name.",
        )
    found = find_class(written, outer.task, where)
    if found.required:
        raise TuningConfigError(
            f"{found.name} wraps another estimator itself and cannot be inside {outer.name}",
            where=where,
            to_do="Choose another estimator.",
        )
    if outer.name == "AdaBoostClassifier" and not found.sample_weight:
        raise TuningConfigError(
            f"{outer.name} weighs rows, and {found.name} takes no weights",
            where=where,
            to_do="Choose another estimator, such as DecisionTreeClassifier.",
        )
    return found.path


def _name_alone(outer: SklearnEstimator, name: str) -> str:
    return (
        f"Write only the name{f', {name!r},' if name else ''} and its hyperparameters with the "
        f"prefix {outer.inside}__."
    )


def _refuse_other_task(found: SklearnEstimator, task: Task, where: str) -> None:
    if found.task == task:
        return
    instead = f"Write {found.counterpart!r} instead" if found.counterpart else "Choose another one"
    raise TuningConfigError(
        f"{found.name} is for {found.task}, and this is a {task}",
        where=where,
        found=repr(found.name),
        expected=f"a {_kind(task)}",
        to_do=f"{instead}, or write `task: {found.task}` if the target is one for it.",
    )


def _kind(task: Task) -> str:
    return "classifier" if task == "classification" else "regressor"


def _nearest(name: str, tasks: tuple[Task, ...] = _TASKS) -> str:
    """Return the right name that a wrong one most likely means, "" when none is near."""
    by_plain = {_plain(each): each for task in tasks for each in class_names(task)}
    for suffix in _SUFFIXES:
        by_plain |= {p.removesuffix(suffix): n for p, n in by_plain.items() if p.endswith(suffix)}
    names = catalogue.names()
    by_plain |= {p: n for p, n in _OTHER_NAMES.items() if n in names or n in by_plain.values()}
    by_plain |= {_plain(each): each for each in names}
    near = get_close_matches(_plain(name), by_plain, 1, cutoff=0.7)
    return by_plain[near[0]] if near else ""


def _plain(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum())
