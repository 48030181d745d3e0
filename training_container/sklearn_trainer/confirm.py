"""The job `confirm`: compares the contenders on fresh folds, decides, and fits the run's model."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import Any

from sklearn_trainer.confirm_file import CONFIRM_FILE, content_of
from sklearn_trainer.contract import Folders, Request
from sklearn_trainer.data.dataset import Dataset, load
from sklearn_trainer.data.folds import (
    FreshFolds,
    fresh_folds,
    make_folds,
    rows_scored,
    validation_ratio,
)
from sklearn_trainer.errors import FitError
from sklearn_trainer.evaluation.contenders import Contender, Result, Scored
from sklearn_trainer.evaluation.contest import Contest
from sklearn_trainer.evaluation.evaluate import fit
from sklearn_trainer.evaluation.scoring import make_scorers, note_unweighted
from sklearn_trainer.evaluation.verdict import BASELINE, CHAMPION, Decision, decide
from sklearn_trainer.explanation.collecting import collect, rows_to_keep, write_predictions
from sklearn_trainer.explanation.contender_predictions import ContenderPredictions
from sklearn_trainer.explanation.explain import explain, explain_fitted
from sklearn_trainer.explanation.explained_model import ExplainedModel
from sklearn_trainer.explanation.steps import ExplanationSteps
from sklearn_trainer.explanation.time_budget import (
    RESERVE,
    Pace,
    TimeBudget,
    seconds_allowed,
)
from sklearn_trainer.job_warnings import JobWarnings
from sklearn_trainer.model.output import write_model
from sklearn_trainer.model.pipeline import Pipeline
from sklearn_trainer.model.python_text import python_of
from sklearn_trainer.process.children import outcome_of
from sklearn_trainer.process.supervisor import Progress
from sklearn_trainer.process.threads import limit_threads
from tunedrop_common.plan import Plan


def confirm(request: Request, plan: Plan, folders: Folders, progress: Progress) -> None:
    """Score the contenders, write confirm.json and the model."""
    began = time.monotonic()
    job_warnings = JobWarnings()
    dataset = load(plan, folders, job_warnings, numbered=True)
    splits = dataset.train.splits(plan)
    make_folds(
        splits, plan.cross_validation, job_warnings
    )  # for what it has to say: the report reads it
    fresh = fresh_folds(splits, plan.confirm, job_warnings)
    scorers = make_scorers(plan.metric.names, dataset.y)
    if dataset.weights is not None:
        note_unweighted(scorers, job_warnings)
    keep = rows_to_keep(dataset, fresh, plan)
    started = time.monotonic()
    results = Contest(request, plan, dataset, fresh.folds, scorers, keep, progress).results()
    seconds = time.monotonic() - started
    _note(results, job_warnings)
    decision = decide_between(
        results, plan, validation_ratio(fresh.folds), rows_scored(fresh.folds)
    )
    selected, its = _selected(results, decision)
    explained = _subject(plan, dataset, fresh, selected, its, results)
    predictions = outcome_of(partial(collect, results, selected.name, dataset, fresh, keep)).value
    so_far = time.monotonic() - began
    allowed = seconds_allowed(plan, scoring=seconds, so_far=so_far, final_fit=its.fit_seconds)
    steps = ExplanationSteps(TimeBudget(allowed))
    progress.text = "while explaining the model"
    explanation = explain(explained, predictions, steps)
    progress.text = "while fitting the model"
    fitted = _fit(explained, job_warnings)
    unlisted = write_model(fitted, plan, dataset, folders, _about(selected, its, decision))
    if unlisted:
        job_warnings.add(f"`serve` does not load this model: it holds {', '.join(unlisted)}.")
    # the fit may have taken longer than expected
    steps.budget.shorten(plan.confirm.max_seconds * (1 - RESERVE) - (time.monotonic() - began))
    explanation = explain_fitted(explanation, fitted, explained, steps)
    _write_predictions(predictions, dataset, folders, job_warnings)
    content = content_of(results, decision, plan, dataset, fresh, explanation, job_warnings)
    folders.write_output(CONFIRM_FILE, {**content, "python": python_of(fitted)})
    print(decision.sentence, flush=True)


def _note(results: Sequence[Result], job_warnings: JobWarnings) -> None:
    """Note what came up while the contenders were scored."""
    for each in results:
        for sentence in each.scored.job_warnings if each.scored else ():
            job_warnings.add(sentence)


def _subject(
    plan: Plan,
    dataset: Dataset,
    fresh: FreshFolds,
    selected: Contender,
    scored: Scored,
    results: Sequence[Result],
) -> ExplainedModel:
    scorers = make_scorers((plan.metric.objective,), dataset.y)
    guessing = _guessing(results)
    pace = Pace.of(scored)
    return ExplainedModel(plan, dataset, fresh, selected, scored.scores, scorers, pace, guessing)


def _fit(explained: ExplainedModel, job_warnings: JobWarnings) -> Pipeline:
    """Fit the selected contender to all rows."""
    dataset = explained.dataset
    limit_threads(dataset.X.size)
    pipeline = explained.contender.pipeline(explained.plan, dataset.schema)
    return fit(pipeline, dataset.X, dataset.y, job_warnings, dataset.weights)


def _guessing(results: Sequence[Result]) -> tuple[float, ...]:
    scored = {each.contender.name: each.scored for each in results}
    baseline = scored.get(BASELINE)
    return baseline.scores if baseline else ()


def _selected(results: Sequence[Result], decision: Decision) -> tuple[Contender, Scored]:
    return next(
        (each.contender, each.scored)
        for each in results
        if each.scored and each.contender.name == decision.selected
    )


def decide_between(results: Sequence[Result], plan: Plan, ratio: float, rows: int) -> Decision:
    """Decide between the contenders that could be scored; none besides the baseline is an error."""
    scores = {each.contender.name: each.scored.scores for each in results if each.scored}
    if not set(scores) - {BASELINE}:
        reasons = "; ".join(
            f"{each.contender.name}: {each.reason}"
            for each in results
            if each.contender.name != BASELINE
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


def _write_predictions(
    predictions: ContenderPredictions | None,
    dataset: Dataset,
    folders: Folders,
    job_warnings: JobWarnings,
) -> None:
    """Write the file of predictions; where that fails, the verdict and the model are there."""
    row_numbers = dataset.train.row_columns.row_numbers
    if predictions is None or row_numbers is None:
        return
    outcome = outcome_of(partial(write_predictions, predictions, row_numbers, folders))
    if outcome.status != "done":
        job_warnings.add(f"The file of predictions was not written: {outcome.reason.rstrip('.')}.")


def _about(selected: Contender, scored: Scored, decision: Decision) -> dict[str, Any]:
    return {
        "estimator": selected.estimator.class_path,
        "hyperparameters": selected.hyperparameters,
        "members": [
            {
                "estimator": member.estimator.class_path,
                "hyperparameters": {**member.estimator.fixed, **member.hyperparameters},
            }
            for member in selected.members
        ],
        "scores": list(scored.scores),
        "test_score": scored.test_score,
        "verdict": decision.verdict,
        "sentence": decision.sentence,
    }
