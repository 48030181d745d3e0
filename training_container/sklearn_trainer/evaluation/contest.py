"""Scores all contenders of Confirm on the same folds, each in a process of its own."""

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
    contenders_of,
    score_contender,
)
from sklearn_trainer.evaluation.ensemble_scores import ensemble_of, members_of, score_ensemble
from sklearn_trainer.evaluation.scoring import Scorer
from sklearn_trainer.evaluation.verdict import CHAMPION, TUNED
from sklearn_trainer.process.children import run
from sklearn_trainer.process.supervisor import MORE, Progress
from tunedrop_common.plan import Plan

FEWEST_MEMBERS = 2


@dataclass(frozen=True)
class Contest:
    """What the contenders are scored on.

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
    progress: Progress

    def results(self) -> list[Result]:
        """Score one contender after the other.

        Raises
        ------
        MemoryRanOut
            If the search's best model or the champion did not fit into memory.
        """
        contenders = contenders_of(self.request, self.plan)
        challengers = [each for each in contenders if each.name != CHAMPION]
        results = [self._result(each, self._scoring(each)) for each in challengers]
        results += self._ensemble(results)
        kept = np.concatenate([self.keep[scored] for _, scored in self.folds])
        results = [_with_predictions(each, kept) for each in results]
        champions = [each for each in contenders if each.name == CHAMPION]
        return results + [self._result(each, self._scoring(each)) for each in champions]

    def _scoring(self, contender: Contender) -> Callable[[], Scored]:
        is_member = self.plan.confirm.ensemble and contender.name.startswith(TUNED)
        return partial(
            score_contender,
            contender,
            self.plan,
            self.dataset,
            self.folds,
            self.scorers,
            keep=np.ones_like(self.keep) if is_member else self.keep,
        )

    def _ensemble(self, results: Sequence[Result]) -> list[Result]:
        """Score the ensemble; nothing where the plan or the search has none."""
        if not self.plan.confirm.ensemble or len(self.request.tuned) < FEWEST_MEMBERS:
            return []
        members = members_of(results)
        contender = ensemble_of(members, self.plan)
        if len(members) < FEWEST_MEMBERS:
            reason = "Fewer than two tuned models could be scored and have probabilities."
            return [Result(contender, None, reason)]
        scored = [each.scored for each in members if each.scored]
        metric = self.plan.metric.objective
        scoring = partial(score_ensemble, scored, self.dataset, self.folds, self.scorers, metric)
        return [self._result(contender, scoring)]

    def _result(self, contender: Contender, scoring: Callable[[], Scored]) -> Result:
        self.progress.text = f"while scoring {contender.name}"
        outcome = run(scoring, self.plan.confirm.max_seconds_per_contender)
        needed = (CHAMPION, f"{TUNED}{self.request.estimator}")
        if outcome.memory_ran_out and contender.name in needed:
            raise MemoryRanOut(
                f"Memory ran out while Confirm scored {contender.name}: {outcome.reason}. {MORE}"
            )
        how = outcome.reason
        if outcome.value:
            how = f"mean={float(np.mean(outcome.value.scores))!r}"
        print(f"contender={contender.name} {how}", flush=True)
        return Result(contender, outcome.value, outcome.reason)


def _with_predictions(result: Result, kept: Mask) -> Result:
    """Return a result with the predictions of the kept rows only."""
    scored = result.scored
    if scored is None or scored.predicted is None or len(scored.predicted.values) < len(kept):
        return result
    return replace(result, scored=replace(scored, predicted=scored.predicted.take(kept)))
