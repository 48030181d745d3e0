"""What confirm.json holds, as docs/interfaces.md describes it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from sklearn_trainer.data.dataset import Dataset, profile
from sklearn_trainer.data.folds import FreshFolds, rows_scored, validation_ratio
from sklearn_trainer.evaluation.comparison import ERROR_RATE, Estimate, compare, estimate
from sklearn_trainer.evaluation.contenders import Contender, Result, Scored
from sklearn_trainer.evaluation.scoring import greatest_score, least_score
from sklearn_trainer.evaluation.verdict import Decision
from sklearn_trainer.job_warnings import JobWarnings
from sklearn_trainer.model.output import versions
from tunedrop_common.estimates import MetricScore
from tunedrop_common.explanation import Explanation
from tunedrop_common.plan import Plan

CONFIRM_FILE = "confirm.json"


def content_of(
    results: Sequence[Result],
    decision: Decision,
    plan: Plan,
    dataset: Dataset,
    fresh: FreshFolds,
    explanation: Explanation,
    job_warnings: JobWarnings,
) -> dict[str, Any]:
    """Return confirm.json without the Python of the model."""
    ratio, rows = validation_ratio(fresh.folds), rows_scored(fresh.folds)
    return {
        "version": 1,
        "metric": plan.metric.objective,
        "contenders": [_contender(each, ratio, rows, plan) for each in results],
        "comparisons": _comparisons(results, ratio, rows, decision),
        "margin": decision.margin,
        "error_rate": ERROR_RATE,
        "selected": decision.selected,
        "verdict": decision.verdict,
        "sentence": decision.sentence,
        "rows": dataset.rows,
        "classes": dataset.classes,
        "folds": fresh.number,
        "repeats": plan.confirm.repeats,
        "seed": plan.confirm.seed,
        "warnings": job_warnings.sentences,
        "versions": versions(),
        "profile": profile(dataset),
        "explanation": explanation.model_dump(mode="json"),
    }


def _contender(result: Result, ratio: float, rows: int, plan: Plan) -> dict[str, Any]:
    contender: Contender = result.contender
    scored: Scored | None = result.scored
    known = _estimated(scored.scores, plan.metric.objective, ratio, rows) if scored else None
    return {
        "name": contender.name,
        "estimator": contender.estimator.key,
        "hyperparameters": contender.hyperparameters,
        "members": [member.estimator.key for member in contender.members],
        "status": "scored" if scored else "not scored",
        "reason": result.reason,
        "scores": list(scored.scores) if scored else [],
        "mean": known.mean if known else None,
        "standard_error": known.standard_error if known else None,
        "interval": list(known.interval) if known else None,
        "test_score": scored.test_score if scored else None,
        "fit_seconds": round(scored.fit_seconds, 6) if scored else None,
        "metrics": _metrics(scored, plan, ratio, rows) if scored else {},
    }


def _metrics(scored: Scored, plan: Plan, ratio: float, rows: int) -> dict[str, Any]:
    """Return each metric's mean, interval and test score; null where it is not defined."""
    objective = plan.metric.objective
    scores = {objective: scored.scores, **scored.others}
    tested = {objective: scored.test_score, **scored.test_others}
    found = {}
    for name in plan.metric.names:
        known = _estimated(scores[name], name, ratio, rows)
        interval = known.interval if math.isfinite(known.mean) else None
        score = MetricScore(mean=known.mean, interval=interval, test_score=tested.get(name))
        found[name] = score.model_dump(mode="json")
    return found


def _estimated(scores: Sequence[float], metric: str, ratio: float, rows: int) -> Estimate:
    bounds = {"least": least_score(metric), "greatest": greatest_score(metric)}
    return estimate(scores, ratio, rows=rows, **bounds)


def _comparisons(
    results: Sequence[Result], ratio: float, rows: int, decision: Decision
) -> list[dict[str, Any]]:
    """Compare the selected contender with each of the others that were scored."""
    scores = {each.contender.name: each.scored.scores for each in results if each.scored}
    selected = scores[decision.selected]
    return [
        {"a": decision.selected, "b": name}
        | vars(compare(selected, scores[name], ratio, decision.margin, rows))
        for name in scores
        if name != decision.selected
    ]
