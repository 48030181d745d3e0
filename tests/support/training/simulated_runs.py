"""Runs of Confirm on simulated truths: what is promoted, and whether rows to come bear it out.

A search tries some models of each kind of estimator on the tuning's folds; the best of each kind,
models that nobody chose (the defaults), the mean of the tuned ones and a champion are compared on
Confirm's folds, by the container's own verdict. There is no baseline, which would forbid some
promotions.

As in use, the champion is what an earlier run selected on the first four fifths of the rows, from
other models. As an adversary has it, the champion is a model that no search chose.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
import numpy.typing as npt
import pandas as pd
import sklearn

from sklearn_trainer.data.dataset import Dataset, Portion
from sklearn_trainer.data.folds import FoldSizes, Splits, fresh_folds, make_folds
from sklearn_trainer.data.row_columns import RowColumns
from sklearn_trainer.errors import DatasetError
from sklearn_trainer.evaluation import bootstrap
from sklearn_trainer.evaluation.bootstrap import ScoredRows
from sklearn_trainer.evaluation.contenders import Scored
from sklearn_trainer.evaluation.predictions import Predicted
from sklearn_trainer.evaluation.promise import judge, make_promise
from sklearn_trainer.evaluation.verdict import Decision, decide
from sklearn_trainer.job_warnings import JobWarnings
from sklearn_trainer.schema import Schema
from tests.support.training.simulated_truths import ESTIMATORS, Numbers, Truth
from tunedrop_common.checks import CheckVerdict
from tunedrop_common.plan import ConfirmPlan, CrossValidation

Members = tuple[int, ...]
"""Models whose mean predicts; a single one is its own mean."""

FOLDS, REPEATS, KINDS = 5, 4, 2
CHECKED = (60, 300, 1000)
"""Later rows of a check."""
EARLIER = 0.8
"""Of the rows, those that the earlier run had."""


@dataclass(frozen=True)
class Run:
    """The contenders of a run, their scores on Confirm's folds, and the decision."""

    contenders: Mapping[str, Members]
    scores: Mapping[str, list[float]]
    decision: Decision
    sizes: FoldSizes

    @property
    def selected(self) -> Members:
        """The models of what is selected."""
        return self.contenders[self.decision.selected]


class Draw:
    """A draw of a truth, and the models that are fitted to it."""

    def __init__(self, truth: Truth, seed: int) -> None:
        self.truth, self.seed = truth, seed
        self.make, self._score, self.metric = ESTIMATORS[truth.estimator]
        numbers = iter(range(2 * KINDS * (1 + truth.tried) + 1))
        self.runs = [
            [[next(numbers) for _ in range(1 + truth.tried)] for _ in range(KINDS)]
            for _ in range(2)
        ]
        self.outsider = next(numbers)
        qualities = np.full(self.outsider + 1, truth.quality)
        if truth.later is not None:
            qualities[self.runs[1][0][0] : self.outsider] = truth.later
        source = np.random.default_rng(seed)
        self.X, y = truth.draw(source, qualities)
        of_classes = self.metric != "r2"
        self.y: npt.NDArray[Any] = (y > 0).astype(np.int64) if of_classes else y
        self._values: dict[tuple[int, bytes, bytes], Numbers] = {}

    def run(self, number: int, rows: int, champion: Members | None) -> Run:
        """Search, compare and decide on the first rows; runs are numbered from 0."""
        truth, numbers_of_rows = self.truth, np.arange(rows)
        splits = Splits(
            self.y[:rows],
            stratified=self.metric != "r2" and truth.kind != "ordered",
            groups=numbers_of_rows // truth.rows_a_group if truth.kind == "grouped" else None,
            times=numbers_of_rows if truth.kind == "ordered" else None,
        )
        settings = CrossValidation(
            folds=FOLDS, stratified=splits.stratified, kind=truth.kind, seed=0
        )
        searched = make_folds(splits, settings, JobWarnings())
        contenders: dict[str, Members] = {}
        for kind, (default, *tried) in enumerate(self.runs[number]):
            contenders[f"defaults:{kind}"] = (default,)
            contenders[f"tuned:{kind}"] = (
                max(tried, key=lambda model: fmean(self.score((model,), f) for f in searched)),
            )
        contenders["ensemble"] = tuple(contenders[f"tuned:{kind}"][0] for kind in range(KINDS))
        if champion:
            contenders["champion"] = champion
        plan = ConfirmPlan(
            name="tc", folds=FOLDS, repeats=REPEATS, seed=2 * self.seed + number,
            max_seconds=600, max_seconds_per_contender=60,
        )  # fmt: skip
        folds = fresh_folds(splits, plan, JobWarnings()).folds
        scores = {
            name: [self.score(members, fold) for fold in folds]
            for name, members in contenders.items()
        }
        sizes = FoldSizes.of(folds)
        decision = decide(
            scores, metric=self.metric, sizes=sizes, champion_planned=champion is not None
        )
        return Run(contenders, scores, decision, sizes)

    def score(self, members: Members, fold: tuple[Any, Any]) -> float:
        """Return the score of the models' mean on a fold's second rows."""
        values = np.mean([self._predicted(model, *fold) for model in members], axis=0)
        return self._score(self.y[fold[1]], values)

    def future(self, members: Members) -> float:
        """Return the score on rows to come, of models that learnt from all rows."""
        return self._score(self.y[self.truth.rows :], self.predicted_future(members))

    def predicted_future(self, members: Members) -> Numbers:
        """Return what the models' mean predicts for rows to come."""
        rows = self.truth.rows
        fold = np.arange(rows), np.arange(rows, len(self.y))
        return np.asarray(np.mean([self._predicted(model, *fold) for model in members], axis=0))

    def check(self, run: Run, count: int, *, changed: bool) -> CheckVerdict:
        """Check what was selected on the first of the rows to come.

        Parameters
        ----------
        changed
            Whether their targets have lost the relation to the features.
        """
        rows, values = self.truth.rows, self.predicted_future(run.selected)[:count]
        y, groups = self.y[rows : rows + count], None
        if changed:
            y = np.random.default_rng(self.seed).permutation(y)
        if self.truth.kind == "grouped":
            groups = np.arange(len(self.y)) // self.truth.rows_a_group
        columns = RowColumns(groups=groups)
        train = Portion(
            pd.DataFrame(index=range(rows)), self.y[:rows], columns.take(np.arange(rows))
        )
        promise = make_promise(
            Scored({self.metric: tuple(run.scores[run.decision.selected])}, {}, 0.0),
            Dataset(train, None, Schema(features=()), 0),
            run.sizes,
            KINDS * (1 + self.truth.tried),
        )
        predicted = Predicted("values", None, values[:, np.newaxis])
        if train.classes is not None:
            labels = (values > 0.5).astype(np.int32)
            predicted = replace(predicted, kind="probabilities", labels=labels)
        later = ScoredRows(predicted, y, train.classes, columns.take(np.arange(rows, rows + count)))

        def quick(model: Any, portion: Portion, scorers: Any) -> dict[str, float]:
            return {self.metric: self._score(portion.y, model.predicted.values[:, 0])}

        if not later.are_enough:
            return "too few rows"
        with mock.patch.multiple(bootstrap, score_optional=quick, RESAMPLES=200):
            return judge(bootstrap.estimate_score(self.metric, later), promise.score)

    def promotion(self, run: Run) -> tuple[bool, bool]:
        """Return whether a challenger is promoted, and whether it is no better on rows to come."""
        promoted = run.decision.verdict == "promoted"
        better = promoted and self.future(run.selected) > self.future(run.contenders["champion"])
        return promoted, promoted and not better

    def _predicted(self, model: int, learnt: Any, scored: Any) -> Numbers:
        key = model, learnt.tobytes(), scored.tobytes()
        if key not in self._values:  # the ensemble's members are contenders, too
            features = self.X[:, model * self.truth.features : (model + 1) * self.truth.features]
            fitted = self.make().fit(features[learnt], self.y[learnt])
            of_classes = hasattr(fitted, "predict_proba")
            values = fitted.predict_proba(features[scored])[:, -1] if of_classes else None
            self._values[key] = fitted.predict(features[scored]) if values is None else values
        return self._values[key]


class Outcome(NamedTuple):
    """What became of one draw.

    Parameters
    ----------
    promoted, wrongly
        With the champion as in use, a challenger took its place; it is no better on rows to come.
    adversarial, adversarial_wrongly
        The same with a champion that no search chose.
    combined, combined_wrongly
        Without a champion, the ensemble was selected; it is no better than the best single model.
    """

    promoted: float = 0.0
    wrongly: float = 0.0
    adversarial: float = 0.0
    adversarial_wrongly: float = 0.0
    combined: float = 0.0
    combined_wrongly: float = 0.0


def simulate(truth: Truth, seed: int) -> Outcome:
    """Simulate a run whose champion an earlier run, or an adversary, has chosen."""
    draw = Draw(truth, seed)
    with (
        sklearn.config_context(assume_finite=True, skip_parameter_validation=True),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore", UserWarning)  # folds with a single class
        try:
            first = draw.run(0, int(EARLIER * truth.rows), None)
            in_use, adversarial = (
                draw.run(1, truth.rows, champion) for champion in (first.selected, (draw.outsider,))
            )
        except DatasetError:  # a dozen rows, nearly all of one class: no verdict
            return Outcome()
        promoted, wrongly = draw.promotion(in_use)
        by_chance, by_chance_wrongly = draw.promotion(adversarial)
        single = max(
            (name for name in first.scores if name != "ensemble"),
            key=lambda name: fmean(first.scores[name]),
        )
        combined = first.decision.selected == "ensemble"
        return Outcome(
            promoted=promoted,
            wrongly=wrongly,
            adversarial=by_chance,
            adversarial_wrongly=by_chance_wrongly,
            combined=combined,
            combined_wrongly=combined
            and draw.future(first.selected) <= draw.future(first.contenders[single]),
        )


def check_models(truth: Truth, runs: int, *, changed: bool = False) -> Counter[CheckVerdict]:
    """Return the verdicts on models that a search chose, on rows of the same population or not."""
    verdicts: Counter[CheckVerdict] = Counter()
    for seed in range(runs):
        draw = Draw(truth, seed)
        try:
            run = draw.run(0, truth.rows, None)
        except DatasetError:
            continue
        verdicts[draw.check(run, CHECKED[seed % len(CHECKED)], changed=changed)] += 1
    return verdicts


def rates(truth: Truth, runs: int) -> Outcome:
    """Return the means over so many draws: shares of the runs, and scores."""
    return Outcome(*np.mean([simulate(truth, seed) for seed in range(runs)], axis=0))
