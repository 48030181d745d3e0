"""Which values of scikit-learn's parameters do not work together, found by fitting tiny tables.

scikit-learn says so in fit only. `python -m tools.sklearn_conflicts` writes the data file
again, for a new version of scikit-learn; it takes some minutes.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from sklearn_trainer.model.hyperparameters import make_estimator
from tools.sklearn_facts import load_class
from tunedrop.errors import TuningConfigError
from tunedrop.planning.estimators.names import find_class
from tunedrop.planning.estimators.sklearn_estimators import SklearnEstimator, class_names
from tunedrop.planning.target import Task

FILE = Path(__file__).parents[1] / "lambda/tunedrop/planning/estimators" / "sklearn_conflicts.json"
NUMBER = "number"

TASKS: tuple[Task, Task] = ("classification", "regression")

# What has nothing to do with what is fitted, or is an estimator itself.
_LEFT_OUT = (
    "n_jobs", "verbose", "random_state", "warm_start", "copy", "estimator", "regressor", "cv",
    "refit", "pos_label",
)  # fmt: skip

# With dozens of words, and none of other parameters that would help them.
_ALONE = ("scoring",)

# What is inside of those that need something.
_INSIDE = {
    "classification": "sklearn.linear_model.LogisticRegression",
    "regression": "sklearn.linear_model.LinearRegression",
}
_QUICK = {
    "n_estimators": "3",
    "max_iter": "20",
    "max_subpopulation": "20",
    "thresholds": "5",
    "Cs": "2",
    "alphas": "3",
}


@cache
def tables() -> dict[str, tuple[Any, Any]]:
    draw = np.random.default_rng(5)
    X = draw.uniform(0.1, 3.0, (36, 4))
    return {
        "two": (X, np.where(X[:, 0] + draw.normal(0, 0.5, 36) > 1.5, "b", "a")),
        "flags": (X, (X[:, 0] + draw.normal(0, 0.5, 36) > 1.5).astype(int)),
        "three": (X, np.array(["a", "b", "c"] * 12)),
        "regression": (X, X[:, 0] + draw.uniform(0.1, 1.0, 36)),
    }


def conflicts() -> dict[str, dict[str, Any]]:
    found = {}
    for task in TASKS:
        for name in class_names(task):
            try:
                estimator = find_class(name, task, "")
            except TuningConfigError:
                continue
            if each := _of(estimator):
                found[name] = each
    return found


def _of(estimator: SklearnEstimator) -> dict[str, Any]:
    table = "regression" if estimator.task == "regression" else "two"
    words: list[tuple[str, str]] = []
    values = {name: list(_values(estimator, name)) for name in estimator.parameters}
    tried = {name: [*each, *_nothing(estimator, name, each)] for name, each in values.items()}
    alone = {
        (name, value): fits(estimator, {name: value}, table)
        for name, each in tried.items()
        for value in each
    }
    pairs: dict[tuple[tuple[str, str], tuple[str, str]], bool] = {}
    paired = [name for name, each in values.items() if each and name not in _ALONE]
    for first, second in combinations(paired, 2):
        for a in values[first]:
            for b in values[second]:
                pairs[(first, a), (second, b)] = fits(estimator, {first: a, second: b}, table)
    works = {each for pair, fits in pairs.items() if fits for each in pair}
    works |= {each for each, fits in alone.items() if fits}
    if estimator.task == "classification":
        words = [each for each in alone if each not in works and _fits_flags(estimator, each)]
        works |= set(words)
    # How large a number may be depends on the table.
    never = [each for each in alone if each not in works and each[1] != NUMBER]
    together = [
        [*a, *b]
        for (a, b), fits in pairs.items()
        if not fits and _is_theirs(a, b, pairs) and _is_theirs(b, a, pairs)
    ]
    two, more = [], []
    if estimator.task == "classification" and estimator.many_classes:
        more = [each for each in never if fits(estimator, dict([each]), "three")]
        never = [each for each in never if each not in more]
        usable = [each for each, fits in alone.items() if fits]
        two = [each for each in usable if not fits(estimator, dict([each]), "three")]
    lists = {
        "together": together,
        "never": list(map(list, never)),
        "two_classes": list(map(list, two)),
        "more_classes": list(map(list, more)),
        "words": list(map(list, words)),
    }
    return {key: sorted(each) for key, each in lists.items() if each}


def _fits_flags(estimator: SklearnEstimator, value: tuple[str, str]) -> bool:
    """Tell whether a value works with the classes 0 and 1."""
    return value[0] in _ALONE and fits(estimator, dict([value]), "flags")


def _is_theirs(a: tuple[str, str], b: tuple[str, str], pairs: dict[Any, bool]) -> bool:
    """Tell whether a value works with another value of the second parameter."""
    return any(
        fits
        for pair, fits in pairs.items()
        if a in pair and any(name == b[0] and value != b[1] for name, value in pair)
    )


def _values(estimator: SklearnEstimator, name: str) -> Iterator[str]:
    """Yield the words that a parameter takes, its default, and a number that switches it on."""
    if name.startswith(_LEFT_OUT):
        return
    parameter = estimator.parameters[name]
    words = list(_words(parameter.takes))
    numbers = [each for each in parameter.takes if isinstance(each, dict) and "type" in each]
    off = parameter.default in ("None", "0", "0.0")
    if off and numbers:
        words.append(NUMBER)
    if len(words) > 1 or off:
        yield from dict.fromkeys([*words, *(["None"] if "none" in parameter.takes else [])])


def _nothing(estimator: SklearnEstimator, name: str, others: list[str]) -> list[str]:
    """Return None where it is taken and has not been among the values: it is tried alone."""
    taken = "none" in estimator.parameters[name].takes and not name.startswith(_LEFT_OUT)
    return ["None"] if taken and "None" not in others else []


def _words(takes: Iterable[Any]) -> Iterator[str]:
    for each in takes:
        if each == "boolean":
            yield from ("True", "False")
        elif isinstance(each, dict):
            yield from each.get("options", ())


def fits(estimator: SklearnEstimator, given: dict[str, str], table: str) -> bool:
    kind = load_class(estimator.path)
    X, y = tables()[table]
    quick = {name: text for name, text in _QUICK.items() if name in estimator.parameters}
    texts = {**quick, **{n: _number(estimator, n) if v == NUMBER else v for n, v in given.items()}}
    inside = dict.fromkeys(estimator.required, _INSIDE[estimator.task])
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            make_estimator(kind, {**inside, **texts}, task=estimator.task, seed=0).fit(
                X, y
            ).predict(X)
        except Exception:  # whatever it is, a training job would fail on it
            return False
    return True


def _number(estimator: SklearnEstimator, name: str) -> str:
    if name == "constant":
        return "a" if estimator.task == "classification" else "2"
    for each in estimator.parameters[name].takes:
        if isinstance(each, dict) and "type" in each:
            return "2" if each["type"] == "int" else "0.5"
    raise AssertionError(name)


def text_of(found: dict[str, Any]) -> str:
    """Write the file with a line for each list."""
    blocks = [
        f" {json.dumps(name)}: {{\n"
        + ",\n".join(f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in each.items())
        + "\n }"
        for name, each in sorted(found.items())
    ]
    return "{\n" + ",\n".join(blocks) + "\n}\n"


if __name__ == "__main__":
    FILE.write_text(text_of(conflicts()))
