"""Scores all contenders of Confirm on the same folds, each in a process of its own.

The ensemble is scored by what its members predicted for the same rows: nothing is fitted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from sklearn_trainer.contract import Request
from sklearn_trainer.data.dataset import Dataset
from sklearn_trainer.data.folds import Fold
from sklearn_trainer.data.values import Mask
from sklearn_trainer.errors import MemoryRanOut
from sklearn_trainer.evaluation.contenders import (
    Contender,
    Result,
    Scored,
    list_contenders,
    score_contender,
    score_test_rows,
)
from sklearn_trainer.evaluation.predictions import Predicted, replay
from sklearn_trainer.evaluation.scoring import Scorer, score
from sklearn_trainer.evaluation.verdict import CHAMPION, ENSEMBLE, TUNED
from sklearn_trainer.job_warnings import JobWarnings
from sklearn_trainer.model.pipeline import ensemble_plan
from sklearn_trainer.process.children import run
from sklearn_trainer.process.supervisor import MORE
from tunedrop_common.plan import ChampionMember, Plan

FEWEST_MEMBERS = 2


@dataclass(frozen=True)
class Contest:
    """The data and folds on which the contenders are scored.

    Parameters
    ----------
    scorers
        Of all metrics, the objective's first.
    keep
        Of the training rows, those whose predictions are kept.
    """

    request: Request
    plan: Plan
    dataset: Dataset
    folds: Sequence[Fold]
    scorers: Mapping[str, Scorer]
    keep: Mask

    def score_all(self) -> list[Result]:
        """Score one contender after the other.

        Raises
        ------
        MemoryRanOut
            If the search's best model or the champion did not fit into memory.
        """
        contenders = list_contenders(self.request, self.plan)
        champion = [contender for contender in contenders if contender.name == CHAMPION]
        results = [self._score(contender) for contender in contenders if contender not in champion]
        results += self._score_ensemble(results)
        results += [self._score(contender) for contender in champion]
        return [self._with_kept_rows(result) for result in results]

    def _score(self, contender: Contender) -> Result:
        scoring = partial(
            score_contender, contender, self.plan, self.dataset, self.folds, self.scorers
        )
        result = self._result(contender, scoring)
        return result if contender.name.startswith(TUNED) else self._with_kept_rows(result)

    def _with_kept_rows(self, result: Result) -> Result:
        """Return a result with the predictions of the kept rows only."""
        scored, kept = result.scored, [self.keep[validation] for _, validation in self.folds]
        predicted = scored and scored.predicted
        if not scored or not predicted or len(predicted.values) < sum(map(len, kept)):
            return result
        predicted = predicted.take(np.concatenate(kept))
        return replace(result, scored=replace(scored, predicted=predicted))

    def _score_ensemble(self, results: Sequence[Result]) -> list[Result]:
        """Score the ensemble; nothing where the plan or the search has none."""
        if not self.plan.confirm.ensemble or len(self.request.tuned) < FEWEST_MEMBERS:
            return []
        members = [
            (result.contender, result.scored)
            for result in results
            if result.contender.name.startswith(TUNED)
            and result.scored
            and result.scored.predicted
            and result.scored.predicted.kind in ("probabilities", "values")
        ]
        models = tuple(
            ChampionMember(estimator=member.estimator, hyperparameters=member.hyperparameters)
            for member, _ in members
        )
        contender = Contender(ENSEMBLE, ensemble_plan(self.plan.task), {}, models)
        if len(members) < FEWEST_MEMBERS:
            reason = "Fewer than two tuned models were scored and have probabilities."
            return [Result(contender, None, reason)]
        scoring = partial(self._score_mean, [scored for _, scored in members])
        return [self._result(contender, scoring)]

    def _score_mean(self, members: Sequence[Scored]) -> Scored:
        """Score the mean of what the members predicted for all rows."""
        job_warnings, objective = JobWarnings(), self.plan.metric.objective
        dataset, scorers = self.dataset, self.scorers
        predicted = Predicted.mean([member.predicted for member in members if member.predicted])
        values, start = [], 0
        for _, validation in self.folds:
            end = start + len(validation)
            model = replay(predicted.take(np.arange(start, end)), dataset.train.classes)
            rows = dataset.train.take(validation)
            values.append(score(model, rows, scorers, objective=objective))
            start = end
        test_values: dict[str, float] = {}
        tests, test_predicted = [member.test_predicted for member in members], None
        if dataset.test is not None and all(tests):
            test_predicted = Predicted.mean([test for test in tests if test])
            model = replay(test_predicted, dataset.train.classes)
            test_values = score_test_rows(model, dataset.test, scorers, objective, job_warnings)
        return Scored(
            metrics={name: tuple(fold[name] for fold in values) for name in scorers},
            test_metrics=test_values,
            fit_seconds=sum(member.fit_seconds for member in members),
            score_seconds=sum(member.score_seconds for member in members),
            seconds=sum(member.seconds for member in members),
            job_warnings=tuple(f"{ENSEMBLE}: {sentence}" for sentence in job_warnings.sentences),
            predicted=predicted,
            test_predicted=test_predicted,
        )

    def _result(self, contender: Contender, scoring: Callable[[], Scored]) -> Result:
        print(f"scoring {contender.name}", flush=True)
        outcome = run(scoring, self.plan.confirm.max_seconds_per_contender)
        is_required = contender.name in (CHAMPION, f"{TUNED}{self.request.estimator}")
        if outcome.memory_ran_out and is_required:
            raise MemoryRanOut(
                f"Memory ran out while Confirm scored {contender.name}: {outcome.reason}. {MORE}"
            )
        summary = outcome.reason
        if outcome.value:
            summary = f"mean={float(np.mean(outcome.value.scores))!r}"
        print(f"contender={contender.name} {summary}", flush=True)
        return Result(contender, outcome.value, outcome.reason)
