"""Data whose truth is known, on which Confirm's verdict is checked with real fits.

The contenders are one kind of estimator, each with features of its own; how much the first of them
says is the truth, the others say nothing. With equal shares the contenders are exchangeable: none
is better on average. All run on the container's own fresh folds, and end in its own verdict.

Where there is a search, some of the contenders are what it tried: the best of them on the search's
folds is the winner, and the container's own selection combines them to the ensemble.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import sklearn
from sklearn.base import BaseEstimator
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LinearRegression
from sklearn.metrics import get_scorer, r2_score
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from sklearn_trainer.data.folds import (
    Fold,
    Splits,
    fresh_folds,
    make_folds,
    rows_scored,
    validation_ratio,
)
from sklearn_trainer.ensembling.prediction_scores import Truth as PredictedTruth
from sklearn_trainer.ensembling.prediction_scores import score_of
from sklearn_trainer.ensembling.predictions_file import Entries
from sklearn_trainer.ensembling.selection import Score, choose
from sklearn_trainer.ensembling.winners_luck import winners_luck
from sklearn_trainer.errors import DatasetError
from sklearn_trainer.evaluation.verdict import CHAMPION, ENSEMBLE, WINNER, decide
from sklearn_trainer.notes import Notes
from tunedrop_common.plan import ConfirmPlan, CrossValidation

Kind = Literal["shuffled", "grouped", "ordered"]
Name = Literal["linear", "tree", "bayes", "fixed", "stump", "ranking"]
Numbers = npt.NDArray[np.float64]

FOLDS, REPEATS = 5, 4
FUTURE = 1000
"""Rows to come, by which the truth of a drift is told."""


@dataclass(frozen=True)
class Truth:
    """How data comes about.

    Parameters
    ----------
    shares
        What each contender's feature adds to the target; the champion's first.
    features
        Of each contender.
    memory
        Of the features and of the noise: how much of a row's value the next row keeps (AR(1)).
    drift
        How much the shares of all features wander from row to row, as a random walk.
    rows_a_group
        Rows of one group share a part of the noise and of the features.
    """

    shares: tuple[float, ...]
    rows: int = 200
    kind: Kind = "shuffled"
    estimator: Name = "linear"
    features: int = 1
    noise: float = 1.0
    tails: float = 0.0  # degrees of freedom of Student's t; 0 is a normal noise
    memory: float = 0.0
    drift: float = 0.0
    rows_a_group: int = 1
    repeats: int = REPEATS
    alike: float = 0.0  # how much features of different contenders are correlated
    searched: int = 0  # contenders, the last ones, that a search tried; 0: no ensemble
    combined: bool = True  # without it, the search has a winner and no ensemble
    champion: bool = True  # without one, the first contender is one of the defaults

    def draw(self, source: np.random.Generator) -> tuple[Numbers, npt.NDArray[Any]]:
        """Return each contender's features and a target: the rows, then `FUTURE` more.

        What is to come has the shares of the last row, without a memory of it.
        """
        steps = self.drift * source.normal(size=(self.rows, len(self.shares)))
        shares = np.asarray(self.shares) + np.cumsum(steps, axis=0)
        shares = np.vstack([shares, np.repeat(shares[-1:], FUTURE, axis=0)])
        columns = len(self.shares) * self.features
        X = self._both(lambda rows: source.normal(size=(rows, columns)))
        if self.alike:
            common = self._both(lambda rows: source.normal(size=(rows, 1)))
            X = np.sqrt(1 - self.alike) * X + np.sqrt(self.alike) * common
        if self.tails:
            noise = self._both(lambda rows: source.standard_t(self.tails, size=(rows, 1)))
        else:
            noise = self._both(lambda rows: source.normal(size=(rows, 1)))
        if self.rows_a_group > 1:
            of = np.arange(len(X)) // self.rows_a_group
            X = (X + source.normal(size=(of[-1] + 1, X.shape[1]))[of]) / np.sqrt(2)
            noise = (noise + source.normal(size=(of[-1] + 1, 1))[of]) / np.sqrt(2)
        y = (shares * X[:, :: self.features]).sum(axis=1) + self.noise * noise[:, 0]
        return X, (y > 0).astype(np.int64) if self.of_classes else y

    @property
    def of_classes(self) -> bool:
        """Whether the target is which of two classes a row is of."""
        return self.estimator not in ("linear", "tree")

    def _both(self, draw: Callable[[int], Numbers]) -> Numbers:
        return np.vstack([self._remembering(draw(self.rows)), draw(FUTURE)])

    def _remembering(self, fresh: Numbers) -> Numbers:
        if not self.memory:
            return fresh
        values = fresh.copy()
        for row in range(1, len(values)):
            kept = self.memory * values[row - 1]
            values[row] = kept + np.sqrt(1 - self.memory**2) * fresh[row]
        return values


class Fixed(BaseEstimator):  # type: ignore[misc]
    """Predicts the same of a row whatever it has learnt from."""

    def fit(self, X: Numbers, y: npt.NDArray[Any]) -> Fixed:
        return self

    def predict(self, X: Numbers) -> npt.NDArray[Any]:
        return (X[:, 0] > 0).astype(np.int64)


class Ranking(LinearDiscriminantAnalysis):  # type: ignore[misc]
    """Predicts a class's probability, by which rows are ranked."""

    def predict(self, X: Numbers) -> npt.NDArray[Any]:
        return self.decision_function(X)  # type: ignore[no-any-return]


def _stump() -> DecisionTreeClassifier:
    return DecisionTreeClassifier(max_depth=1, random_state=0)


def balanced_accuracy(y: npt.NDArray[Any], predicted: npt.NDArray[Any]) -> float:
    """Return scikit-learn's score, whose own checks take longer than these fits."""
    right = predicted == y
    return float(np.mean([right[y == label].mean() for label in np.unique(y)]))


def roc_auc(y: npt.NDArray[Any], predicted: Numbers) -> float:
    """Return scikit-learn's score of two classes, by ranks; no two predictions are equal."""
    ones, ranks = y == 1, predicted.argsort().argsort() + 1
    first, second = int(ones.sum()), int((~ones).sum())
    return float((ranks[ones].sum() - first * (first + 1) / 2) / (first * second))


_SCORES: dict[Name, tuple[Callable[[], Any], Callable[..., float], str]] = {
    "linear": (LinearRegression, r2_score, "r2"),
    "tree": (lambda: DecisionTreeRegressor(max_depth=3, random_state=0), r2_score, "r2"),
    "bayes": (GaussianNB, balanced_accuracy, "balanced_accuracy"),
    "fixed": (Fixed, balanced_accuracy, "balanced_accuracy"),
    "stump": (_stump, balanced_accuracy, "balanced_accuracy"),
    "ranking": (Ranking, roc_auc, "roc_auc"),
}


@dataclass(frozen=True)
class Outcome:
    """What Confirm did, and whether that is better on rows to come.

    `promoted` is about the champion; without one, about the ensemble against the best single model.
    """

    promoted: bool
    better: bool


def confirm(truth: Truth, seed: int) -> Outcome:
    """Draw data, score the contenders on Confirm's folds, decide, and look at what comes."""
    X, y = truth.draw(np.random.default_rng(seed))
    known = slice(0, truth.rows)
    rows = Splits(
        y[known],
        stratified=truth.of_classes and truth.kind != "ordered",
        kind=truth.kind,
        groups=np.arange(truth.rows) // truth.rows_a_group if truth.kind == "grouped" else None,
        times=np.arange(truth.rows) if truth.kind == "ordered" else None,
    )
    plan = ConfirmPlan(
        name="tc",
        folds=FOLDS,
        repeats=truth.repeats,
        seed=seed,
        max_seconds=600,
        max_seconds_per_contender=60,
    )
    try:
        folds = fresh_folds(rows, plan, Notes()).folds
    except DatasetError:  # a dozen rows, nearly all of one class: no verdict
        return Outcome(False, False)
    with _quickly():
        models = _Models(truth, X, y)
        contenders = models.contenders(rows, folds)
        scores = {
            name: np.array([models.score(*both) for both in zip(each, folds, strict=True)])
            for name, (each, _) in contenders.items()
        }
        scores[WINNER] -= models.luck or (0.0,)
        found = decide(
            {name: each.tolist() for name, each in scores.items()},
            metric=models.metric,
            test_train_ratio=validation_ratio(folds),
            rows=rows_scored(folds),
            champion_planned=truth.champion,
        )
        if truth.champion:
            promoted, rival = found.verdict == "promoted", CHAMPION
        else:
            promoted, rival = found.shipped == ENSEMBLE, _best_single(models, contenders, folds)
        future = np.arange(truth.rows), np.arange(truth.rows, len(y))
        shipped, other = (
            models.score(contenders[name][1], future) if promoted else 0.0
            for name in (found.shipped, rival)
        )
    return Outcome(promoted, shipped > other)


Weights = dict[int, float]


class _Models:
    """The models of a truth's contenders, on one draw."""

    def __init__(self, truth: Truth, X: Numbers, y: npt.NDArray[Any]) -> None:
        self.truth, self.X, self.y = truth, X, y
        self.make, self._score, self.metric = _SCORES[truth.estimator]
        self._fits: dict[tuple[int, bytes], Any] = {}
        self.luck: tuple[float, ...] = ()

    def contenders(
        self, rows: Splits, folds: Sequence[Fold]
    ) -> dict[str, tuple[list[Weights], Weights]]:
        """Return the contenders: their models with weights in each fold, and in the end."""
        count = len(self.truth.shares)
        tried = range(count - (self.truth.searched or 1), count)
        search = _Search(self, tried, rows) if self.truth.searched else None
        singles = {CHAMPION: 0} if self.truth.champion else {}
        singles |= {f"defaults:{number}": number for number in range(len(singles), tried.start)}
        singles[WINNER] = search.winner if search else tried.start
        self.luck = search.luck(folds) if search else ()
        found = {n: ([{model: 1.0}] * len(folds), {model: 1.0}) for n, model in singles.items()}
        if search and self.truth.combined:
            found[ENSEMBLE] = ([search.chosen(train) for train, _ in folds], search.chosen(None))
        return found

    def score(self, weights: Weights, fold: tuple[Any, Any]) -> float:
        """Fit the models to a fold's first rows, and score their mean on the others."""
        learnt, asked = fold
        if len(weights) == 1:
            (model,) = weights
            fitted, own = self._fitted(model, learnt)
            return float(self._score(self.y[asked], fitted.predict(own[asked])))
        mean = sum(share * self.values(model, learnt, asked) for model, share in weights.items())
        labels = self.truth.of_classes and self.truth.estimator != "ranking"
        return float(self._score(self.y[asked], np.asarray(mean) > 0.5 if labels else mean))

    def values(self, model: int, learnt: Any, asked: Any) -> Numbers:
        """Return what soft voting takes the mean of."""
        fitted, own = self._fitted(model, learnt)
        if hasattr(fitted, "predict_proba"):
            return np.asarray(fitted.predict_proba(own[asked])[:, -1])
        return np.asarray(fitted.predict(own[asked]), dtype=np.float64)

    def _fitted(self, model: int, learnt: Any) -> tuple[Any, Numbers]:
        own = self.X[:, model * self.truth.features : (model + 1) * self.truth.features]
        key = model, learnt.tobytes()
        if key not in self._fits:  # the ensemble's members are contenders, too
            self._fits[key] = self.make().fit(own[learnt], self.y[learnt])
        return self._fits[key], own


class _Search:
    """Cross-validates some models on the tuning's folds, and combines them."""

    def __init__(self, models: _Models, tried: Sequence[int], rows: Splits) -> None:
        settings = CrossValidation(folds=FOLDS, stratified=rows.stratified, kind=rows.kind, seed=1)
        folds = make_folds(rows, settings, Notes())
        self.entries, self.metric = Entries.of(folds), models.metric
        values = [
            np.concatenate([models.values(model, *fold) for fold in folds]) for model in tried
        ]
        self.truth = PredictedTruth(
            rows.y[self.entries.rows],
            self.entries.folds.astype(np.int64),
            np.array([0, 1]) if models.truth.of_classes else None,
            None,
        )
        predicted = np.stack(values)[:, :, None].astype(np.float32)
        score = self._score_of(self.truth)
        order = sorted(range(len(tried)), key=lambda each: -score(predicted[each]))
        self.tried, self.values = [tried[each] for each in order], predicted[order]
        self.winner = self.tried[0]

    def _score_of(self, truth: PredictedTruth) -> Score:
        return score_of(self.metric, get_scorer(self.metric), truth)

    def luck(self, folds: Sequence[Fold]) -> tuple[float, ...]:
        """Return what of the winner's scores is luck."""
        return winners_luck(0, self.values, self.entries, self.truth, folds, self._score_of)

    def chosen(self, learnt: npt.NDArray[Any] | None) -> Weights:
        """Return the ensemble that these training rows speak for; None: all."""
        truth, values = self.truth, self.values
        if learnt is not None:
            kept = self.entries.among(learnt)
            if not len(kept):
                return {self.winner: 1.0}
            truth, values = truth.at(kept), values[:, kept]
        chosen = choose(values, self._score_of(truth))
        return {self.tried[each]: weight for each, weight in chosen.items()}


def _best_single(
    models: _Models, contenders: dict[str, tuple[list[Weights], Weights]], folds: Sequence[Fold]
) -> str:
    def mean(name: str) -> float:
        (weights, *_), _ = contenders[name]
        return sum(models.score(weights, fold) for fold in folds)

    return max((name for name in contenders if name != ENSEMBLE), key=mean)


@contextmanager
def _quickly() -> Iterator[None]:
    with (
        sklearn.config_context(assume_finite=True, skip_parameter_validation=True),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore", UserWarning)  # folds with a single class
        yield


@dataclass(frozen=True)
class Rates:
    """How often a challenger took the champion's place, and how often one that is no better."""

    promoted: float
    wrongly: float


def rates(truth: Truth, runs: int) -> Rates:
    """Run Confirm on so many draws."""
    found = [confirm(truth, seed) for seed in range(runs)]
    return Rates(
        promoted=sum(each.promoted for each in found) / runs,
        wrongly=sum(each.promoted and not each.better for each in found) / runs,
    )


ALIKE, FOUR_ALIKE = (1.0, 1.0), (1.0, 1.0, 1.0, 1.0)
FAINT = (0.3, 0.3, 0.3, 0.3)
EIGHT_ALIKE = (1.0,) * 8

NONE_IS_BETTER = {
    "shuffled, one challenger": Truth(ALIKE),
    "shuffled": Truth(FOUR_ALIKE),
    "shuffled, 40 rows": Truth(FOUR_ALIKE, rows=40),
    "shuffled, heavy tails": Truth(FOUR_ALIKE, tails=2.5),
    "shuffled, trees": Truth(FOUR_ALIKE, estimator="tree"),
    "shuffled, classes, fixed models, 60 rows": Truth(FOUR_ALIKE, rows=60, estimator="fixed"),
    "shuffled, classes, fixed models, 30 rows": Truth(FOUR_ALIKE, rows=30, estimator="fixed"),
    "shuffled, classes, fixed models, 12 rows": Truth(FOUR_ALIKE, rows=12, estimator="fixed"),
    "shuffled, 5 folds once": Truth(FOUR_ALIKE, repeats=1),
    "20 groups": Truth(FOUR_ALIKE, kind="grouped", rows_a_group=10),
    "8 groups, one challenger": Truth(ALIKE, kind="grouped", rows_a_group=25),
    "in order": Truth(FOUR_ALIKE, kind="ordered"),
    "in order, with a memory of 0.9": Truth(FOUR_ALIKE, kind="ordered", memory=0.9),
    "in order, one challenger": Truth(ALIKE, kind="ordered", memory=0.9),
    "in order, classes": Truth(FOUR_ALIKE, kind="ordered", memory=0.9, estimator="bayes"),
}
"""All contenders are exchangeable, so a promotion is luck. Three challengers, unless it says so."""

FITS_DIFFER = {
    "classes, 60 rows": Truth(FOUR_ALIKE, rows=60, estimator="bayes"),
    "classes, 60 rows, faint": Truth(FAINT, rows=60, estimator="bayes"),
    "ranks, 40 rows, faint": Truth(FAINT, rows=40, estimator="ranking"),
    "stumps, 60 rows": Truth(FOUR_ALIKE, rows=60, estimator="stump", features=3),
    "stumps, 200 rows, faint": Truth(FAINT, estimator="stump", features=3),
    "stumps, 60 rows, a little worse": Truth(
        (1.2, 1.0, 1.0, 1.0), rows=60, estimator="stump", features=3
    ),
    "in order, classes that remember, 1000 rows": Truth(
        FOUR_ALIKE, rows=1000, kind="ordered", memory=0.9, estimator="bayes"
    ),
}
"""No contender is better on average over all samples; of the models fitted to one, some are.

A stump chooses one of three features, and luck decides whether it is the one that says something;
so of few rows, or of rows that remember, or from a feature that says little, do other models learn.
All folds share that luck, so that no score on them tells of it; rows to come do.
"""

DRIFTING = {
    "in order, drifting": Truth(FOUR_ALIKE, kind="ordered", drift=0.05),
    "in order, drifting slowly": Truth(FOUR_ALIKE, kind="ordered", drift=0.02),
    "in order, drifting with a memory": Truth(FOUR_ALIKE, kind="ordered", drift=0.05, memory=0.9),
}
"""Features come to say more, or less: what is better at the end is better in what comes."""

SEARCHED = {
    "searched: six models": Truth(EIGHT_ALIKE, searched=6),
    "searched: six alike": Truth(EIGHT_ALIKE, searched=6, alike=0.9),
    "searched: six alike, trees": Truth(EIGHT_ALIKE, searched=6, alike=0.9, estimator="tree"),
    "searched: six, classes, 60 rows": Truth(
        EIGHT_ALIKE, searched=6, rows=60, alike=0.5, estimator="bayes"
    ),
    "searched: six, stumps, 60 rows": Truth(
        EIGHT_ALIKE, searched=6, rows=60, estimator="stump", features=3
    ),
    "searched: six, weaker than the champion": Truth((1.0, 0.5, *(0.3,) * 6), searched=6, rows=100),
    "searched: six, in order, drifting": Truth(
        EIGHT_ALIKE, searched=6, kind="ordered", drift=0.02, alike=0.5
    ),
}
"""A search of six models is combined to an ensemble, which may be better than any of them.

With a champion the first contender is it; without one the first two are defaults.
"""

NOTHING_TO_LEARN = {
    "nothing, 60 rows": Truth((0.0,) * 8, searched=6, rows=60, estimator="fixed"),
    "nothing, 200 rows": Truth((0.0,) * 8, searched=6, estimator="fixed"),
    "nothing, fitted classes": Truth((0.0,) * 8, searched=6, estimator="bayes"),
    "nothing, ranks": Truth((0.0,) * 8, searched=6, estimator="ranking"),
}
"""No feature says anything, so that whatever clears the margin does so by luck."""

WORSE = {
    "shuffled": Truth((1.0, 0.8, 0.8, 0.8)),
    "in order": Truth((1.0, 0.8, 0.8, 0.8), kind="ordered", memory=0.9),
}
BETTER = {
    "shuffled": Truth((1.0, 1.0, 1.0, 2.0)),
    "in order": Truth((1.0, 1.0, 1.0, 2.0), kind="ordered"),
    "in order, with a memory of 0.9": Truth(
        (1.0, 1.0, 1.0, 2.0), rows=1000, kind="ordered", memory=0.9
    ),
}
