"""Lets the ensemble take part in Confirm: chooses it, scores it, measures what it would cost.

All of it in forked processes and within a time budget of its own; nothing of it can fail the job.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import skops.io as skops

from sklearn_trainer.contract import Folders
from sklearn_trainer.data.dataset import Dataset
from sklearn_trainer.data.folds import FreshFolds
from sklearn_trainer.ensembling.choosing import Chosen, ChosenEnsemble, choose_ensemble
from sklearn_trainer.evaluation.contenders import Contender, Result, Scored
from sklearn_trainer.evaluation.evaluate import fit
from sklearn_trainer.evaluation.verdict import DUMMY, ENSEMBLE, WINNER
from sklearn_trainer.explanation.steps import ExplanationSteps
from sklearn_trainer.explanation.time_budget import TimeBudget
from sklearn_trainer.notes import Notes
from sklearn_trainer.process.threads import limit_threads
from tunedrop_common.explanation import Ensemble, SkippedStep
from tunedrop_common.plan import Plan

# Predictions are timed on so many rows, so often; the median counts.
ROWS_TO_TIME, TIMES = 100, 9


@dataclass(frozen=True)
class Entry:
    """How the ensemble did; `result` and `record` are there unless it was left out.

    `luck` is how much of the winner's score is luck, fold by fold; empty where none is known.
    """

    result: Result | None = None
    record: Ensemble | None = None
    luck: tuple[float, ...] = ()
    left_out: Sequence[SkippedStep] = ()


def enter(
    plan: Plan,
    folders: Folders,
    dataset: Dataset,
    fresh: FreshFolds,
    *,
    results: Sequence[Result],
    score: Callable[[Contender], Scored],
    seconds: float,
) -> Entry:
    """Score the ensemble.

    Parameters
    ----------
    results
        Of the other contenders; costs are measured against the best single model of them.
    score
        Scores a contender on the fresh folds and the test rows.
    seconds
        That all of it may take.
    """
    steps = ExplanationSteps(TimeBudget(seconds))
    winner = next((each for each in results if each.contender.name == WINNER), None)

    def choose() -> Chosen:
        left = steps.budget.left
        return choose_ensemble(plan, folders, dataset, fresh.folds, winner=winner, seconds=left)

    chosen, luck = steps.run("ensemble", choose) or Chosen(None, ())
    if isinstance(chosen, str):
        steps.skip("ensemble", chosen)
    if not isinstance(chosen, ChosenEnsemble):
        return Entry(luck=luck, left_out=steps.skipped)
    scored = steps.run("ensemble", partial(score, chosen.contender))
    if scored is None:
        return Entry(luck=luck, left_out=steps.skipped)
    costs, single = None, _best_single(results)
    if single:  # where they cannot be measured, the report says nothing of them
        costs = steps.run("ensemble", partial(_costs, plan, dataset, chosen.contender, single))
    print(f"contender={ENSEMBLE} mean={statistics.fmean(scored.scores)!r}", flush=True)
    record = Ensemble(candidates=chosen.candidates, members=chosen.members, **(costs or {}))
    return Entry(Result(chosen.contender, "scored", "", scored), record, luck)


def _best_single(results: Sequence[Result]) -> Contender | None:
    means = {
        index: statistics.fmean(each.scored.scores)
        for index, each in enumerate(results)
        if each.scored and each.contender.name != DUMMY and not each.contender.members
    }
    return results[max(means, key=lambda index: means[index])].contender if means else None


def _costs(plan: Plan, dataset: Dataset, ensemble: Contender, single: Contender) -> dict[str, Any]:
    """Measure the fitted ensemble, and how fast the best single model is beside it."""
    size, milliseconds = _cost(plan, dataset, ensemble)
    return {
        "model_bytes": size,
        "milliseconds_a_row": milliseconds,
        "single_milliseconds_a_row": _cost(plan, dataset, single)[1],
    }


def _cost(plan: Plan, dataset: Dataset, contender: Contender) -> tuple[int, float]:
    limit_threads(dataset.X.size)
    pipeline = contender.pipeline(plan, dataset.schema)
    model = fit(pipeline, dataset.X, dataset.y, Notes(), dataset.weights)
    limit_threads(0)  # as in a server: one thread a request
    rows, seconds = dataset.X.iloc[:ROWS_TO_TIME], []
    for _ in range(TIMES):
        started = time.perf_counter()
        model.predict(rows)
        seconds.append(time.perf_counter() - started)
    return len(skops.dumps(model)), statistics.median(seconds) / len(rows) * 1000
