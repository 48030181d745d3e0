"""The job `confirm`: compares the contenders on fresh folds, decides, and fits the run's model."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import Any

from sklearn_trainer.confirm_file import CONFIRM_FILE, build_content
from sklearn_trainer.contract import Folders, Request
from sklearn_trainer.data.dataset import load
from sklearn_trainer.data.folds import FoldSizes, fresh_folds, make_folds
from sklearn_trainer.errors import FitError
from sklearn_trainer.evaluation.contenders import Contender, Result, Scored, scored_by_name
from sklearn_trainer.evaluation.contest import Contest
from sklearn_trainer.evaluation.evaluate import fit
from sklearn_trainer.evaluation.promise import Promise, make_promise
from sklearn_trainer.evaluation.scoring import make_scorers, note_unweighted
from sklearn_trainer.evaluation.verdict import BASELINE, CHAMPION, Decision, decide
from sklearn_trainer.explanation.contender_predictions import (
    collect,
    rows_to_keep,
    write_predictions,
)
from sklearn_trainer.explanation.explain import explain, explain_fitted
from sklearn_trainer.explanation.explained_model import ExplainedModel
from sklearn_trainer.explanation.steps import (
    RESERVE,
    ExplanationSteps,
    compute_time_limit,
)
from sklearn_trainer.job_warnings import JobWarnings
from sklearn_trainer.model.output import write_model
from sklearn_trainer.model.python_text import write_python
from sklearn_trainer.process.children import capture_outcome
from sklearn_trainer.process.resources import limit_threads
from tunedrop_common.plan import Plan


def confirm(request: Request, plan: Plan, folders: Folders) -> None:
    """Score the contenders, write confirm.json and the model."""
    began = time.monotonic()
    job_warnings = JobWarnings()
    dataset = load(plan, folders, job_warnings)
    splits = dataset.train.splits(plan)
    # for its warnings, which the report shows
    make_folds(splits, plan.cross_validation, job_warnings)
    fresh = fresh_folds(splits, plan.confirm, job_warnings)
    scorers = make_scorers(plan.metric.names, dataset.train.y)
    if dataset.train.weights is not None:
        note_unweighted(scorers, job_warnings)
    keep = rows_to_keep(dataset, fresh, plan)
    scoring_began = time.monotonic()
    results = Contest(request, plan, dataset, fresh.folds, scorers, keep).score_all()
    scoring_ended = time.monotonic()
    for result in results:
        for sentence in result.scored.job_warnings if result.scored else ():
            job_warnings.add(sentence)
    decision = decide_between(results, plan, fresh.sizes)
    explained = ExplainedModel.of(results, decision.selected, plan, dataset, fresh)
    selected, scored = explained.contender, explained.scored
    predictions = capture_outcome(
        partial(collect, results, selected.name, dataset, fresh, keep)
    ).value
    seconds = compute_time_limit(
        plan,
        scoring=scoring_ended - scoring_began,
        so_far=time.monotonic() - began,
        final_fit=scored.fit_seconds,
    )
    steps = ExplanationSteps(seconds)
    explanation = explain(explained, predictions, steps)
    left = steps.left
    print("fitting the model", flush=True)
    limit_threads(dataset.train.X.size)
    pipeline = selected.pipeline(plan, dataset.schema)
    model = fit(pipeline, dataset.train, job_warnings)
    promise = make_promise(
        scored, dataset, fresh.sizes, sum(job.max_training_jobs for job in plan.tuning_jobs)
    )
    metadata = _metadata(selected, scored, decision, promise)
    unlisted = write_model(model, plan, dataset, folders, metadata)
    if unlisted:
        job_warnings.add(f"`serve` does not load this model: it holds {', '.join(unlisted)}.")
    # the fit may have taken longer than expected
    left_for_all = plan.confirm.max_seconds * (1 - RESERVE) - (time.monotonic() - began)
    steps.set_time(min(left, left_for_all))
    explanation = explain_fitted(explanation, model, explained, steps)
    if predictions is not None:
        outcome = capture_outcome(partial(write_predictions, predictions, dataset.train.X, folders))
        if outcome.status != "done":  # the verdict and the model are there
            job_warnings.add(
                f"The file of predictions was not written: {outcome.reason.rstrip('.')}."
            )
    content = build_content(results, decision, plan, dataset, fresh, explanation, job_warnings)
    folders.write_output(CONFIRM_FILE, {**content, "python": write_python(model)})
    print(decision.sentence, flush=True)


def decide_between(results: Sequence[Result], plan: Plan, sizes: FoldSizes) -> Decision:
    """Decide between the contenders that could be scored; none besides the baseline is an error."""
    scores = {name: scored.scores for name, scored in scored_by_name(results).items()}
    if not set(scores) - {BASELINE}:
        reasons = "; ".join(
            f"{result.contender.name}: {result.reason}"
            for result in results
            if result.contender.name != BASELINE
        )
        raise FitError(
            f"No contender could be scored on fresh folds, so there is no model. {reasons}."
        )
    return decide(
        scores,
        metric=plan.metric.objective,
        sizes=sizes,
        champion_planned=any(result.contender.name == CHAMPION for result in results),
    )


def _metadata(
    selected: Contender, scored: Scored, decision: Decision, promise: Promise
) -> dict[str, Any]:
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
        "promise": promise.model_dump(mode="json"),
        "verdict": decision.verdict,
        "sentence": decision.sentence,
    }
