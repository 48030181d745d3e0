"""The job `confirm`: compares the contenders on fresh folds, decides, and fits the run's model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from sklearn_trainer.contract import Folders, Request
from sklearn_trainer.data.dataset import Dataset, load, profile
from sklearn_trainer.errors import FitError, MemoryRanOut
from sklearn_trainer.judging.comparison import ERROR_RATE, compare, estimate
from sklearn_trainer.judging.contenders import (
    Contender,
    Result,
    Scored,
    contenders_of,
    score_contender,
)
from sklearn_trainer.judging.evaluate import fit
from sklearn_trainer.judging.folds import fresh_folds, make_folds, rows_scored, validation_ratio
from sklearn_trainer.judging.scoring import (
    greatest_score,
    least_score,
    make_scorers,
    note_unweighted,
)
from sklearn_trainer.judging.verdict import CHAMPION, DUMMY, WINNER, Decision, decide
from sklearn_trainer.model.output import versions, write_model
from sklearn_trainer.model.python_text import python_of
from sklearn_trainer.notes import Notes
from sklearn_trainer.process.children import run
from sklearn_trainer.process.supervisor import MORE, Progress
from sklearn_trainer.process.threads import limit_threads
from tunedrop_common.plan import Plan

CONFIRM_FILE = "confirm.json"


def confirm(request: Request, plan: Plan, folders: Folders, progress: Progress) -> None:
    """Score the contenders, write confirm.json and the model."""
    notes = Notes()
    dataset = load(plan, folders, notes)
    splits = dataset.train.splits(plan)
    make_folds(splits, plan.cross_validation, notes)  # for what it has to say: the report reads it
    folds, fresh = fresh_folds(splits, plan.confirm, notes)
    scorers = make_scorers((plan.metric.objective,), dataset.y)
    if dataset.weights is not None:
        note_unweighted(scorers, notes)
    score = partial(score_contender, plan=plan, dataset=dataset, folds=fresh, scorers=scorers)
    results = []
    for contender in contenders_of(request, plan):
        progress.text = f"while scoring {contender.name}"
        results.append(_result(contender, score, plan.confirm.max_seconds_per_contender))
        print(_line(results[-1]), flush=True)
    for each in results:
        for sentence in each.scored.notes if each.scored else ():
            notes.add(sentence)
    ratio, scored = validation_ratio(fresh), rows_scored(fresh)
    decision = decide_between(results, plan, ratio, scored)
    shipped = next(result for result in results if result.contender.name == decision.shipped)
    progress.text = "while fitting the model"
    model = shipped.contender.pipeline(plan, dataset.schema)
    limit_threads(dataset.X.size)
    fitted = fit(model, dataset.X, dataset.y, notes, dataset.weights)
    unlisted = write_model(fitted, plan, dataset, folders, _about(shipped, decision))
    if unlisted:
        notes.add(f"`serve` does not load this model: it holds {', '.join(unlisted)}.")
    content = _content(results, decision, plan, dataset, folds, ratio, scored, notes)
    folders.write_output(CONFIRM_FILE, {**content, "python": python_of(fitted)})
    print(decision.sentence, flush=True)


def _result(contender: Contender, score: Callable[[Contender], Scored], seconds: float) -> Result:
    """Score a contender.

    Raises
    ------
    MemoryRanOut
        When the winner or the champion did not fit into memory: without them there is nothing to
        confirm, and the workflow has larger machines.
    """
    outcome = run(partial(score, contender), seconds)
    if outcome.memory_ran_out and contender.name in (WINNER, CHAMPION):
        raise MemoryRanOut(
            f"Memory ran out while Confirm scored the {contender.name}: {outcome.reason}. {MORE}"
        )
    status = "scored" if outcome.status == "done" else outcome.status
    return Result(contender, status, outcome.reason, outcome.value)


def decide_between(results: Sequence[Result], plan: Plan, ratio: float, rows: int) -> Decision:
    """Decide between the contenders that could be scored; none besides the dummy is an error."""
    scores = {each.contender.name: each.scored.scores for each in results if each.scored}
    if not set(scores) - {DUMMY}:
        reasons = "; ".join(
            f"{each.contender.name}: {each.reason or each.status}"
            for each in results
            if each.contender.name != DUMMY
        )
        raise FitError(
            f"No contender could be scored on fresh folds, so there is no model. {reasons}."
        )
    return decide(
        scores,
        metric=plan.metric.objective,
        test_train_ratio=ratio,
        rows=rows,
        champion_planned=any(each.contender.name == CHAMPION for each in results),
    )


def _about(shipped: Result, decision: Decision) -> dict[str, Any]:
    scored = shipped.scored
    return {
        "estimator": shipped.contender.estimator.class_path,
        "hyperparameters": shipped.contender.hyperparameters,
        "scores": list(scored.scores) if scored else [],
        "test_score": scored.test_score if scored else None,
        "verdict": decision.verdict,
        "sentence": decision.sentence,
    }


def _content(
    results: Sequence[Result],
    decision: Decision,
    plan: Plan,
    dataset: Dataset,
    folds: int,
    ratio: float,
    rows: int,
    notes: Notes,
) -> dict[str, Any]:
    return {
        "version": 1,
        "metric": plan.metric.objective,
        "contenders": [_contender(each, ratio, rows, plan.metric.objective) for each in results],
        "comparisons": _comparisons(results, ratio, rows, decision.margin),
        "margin": decision.margin,
        "error_rate": ERROR_RATE,
        "shipped": decision.shipped,
        "verdict": decision.verdict,
        "sentence": decision.sentence,
        "rows": dataset.rows,
        "classes": dataset.classes,
        "folds": folds,
        "repeats": plan.confirm.repeats,
        "seed": plan.confirm.seed,
        "warnings": notes.sentences,
        "versions": versions(),
        "profile": profile(dataset),
    }


def _contender(result: Result, ratio: float, rows: int, metric: str) -> dict[str, Any]:
    contender: Contender = result.contender
    scored: Scored | None = result.scored
    bounds = {"least": least_score(metric), "greatest": greatest_score(metric)}
    known = estimate(scored.scores, ratio, rows=rows, **bounds) if scored else None
    return {
        "name": contender.name,
        "estimator": contender.estimator.key,
        "hyperparameters": contender.hyperparameters,
        "status": result.status,
        "reason": result.reason,
        "scores": list(scored.scores) if scored else [],
        "mean": known.mean if known else None,
        "standard_error": known.standard_error if known else None,
        "interval": list(known.interval) if known else None,
        "test_score": scored.test_score if scored else None,
        "fit_seconds": round(scored.fit_seconds, 6) if scored else None,
    }


def _comparisons(
    results: Sequence[Result], ratio: float, rows: int, margin: float
) -> list[dict[str, Any]]:
    """Every pair that was scored, the later contender (winner, champion) against the earlier."""
    pairs = [
        (later, earlier)
        for index, later in reversed(list(enumerate(results)))
        for earlier in reversed(results[:index])
    ]
    found = []
    for a, b in pairs:
        if a.scored and b.scored:
            result = compare(a.scored.scores, b.scored.scores, ratio, margin, rows)
            found.append({"a": a.contender.name, "b": b.contender.name, **vars(result)})
    return found


def _line(result: Result) -> str:
    if result.scored:
        mean = sum(result.scored.scores) / len(result.scored.scores)
        return f"contender={result.contender.name} mean={mean!r}"
    return f"contender={result.contender.name} {result.status}: {result.reason}"
