"""The content of confirm.json, as docs/results.schema.json describes it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from sklearn_trainer.data.dataset import Dataset, profile
from sklearn_trainer.data.folds import FoldSizes, FreshFolds
from sklearn_trainer.evaluation.comparison import ERROR_RATE, compare
from sklearn_trainer.evaluation.contenders import Result, Scored, scored_by_name
from sklearn_trainer.evaluation.scoring import estimate_metric
from sklearn_trainer.evaluation.verdict import Decision
from sklearn_trainer.job_warnings import JobWarnings
from sklearn_trainer.model.output import versions
from tunedrop_common.estimates import MetricScore
from tunedrop_common.explanation import Explanation
from tunedrop_common.plan import Plan

CONFIRM_FILE = "confirm.json"


def build_content(
    results: Sequence[Result],
    decision: Decision,
    plan: Plan,
    dataset: Dataset,
    fresh: FreshFolds,
    explanation: Explanation,
    job_warnings: JobWarnings,
) -> dict[str, Any]:
    """Return confirm.json without the Python of the model."""
    return {
        "version": 1,
        "metric": plan.metric.objective,
        "contenders": [_contender(result, fresh.sizes) for result in results],
        "comparisons": _comparisons(results, fresh.sizes, decision),
        "margin": decision.margin,
        "error_rate": ERROR_RATE,
        "selected": decision.selected,
        "verdict": decision.verdict,
        "sentence": decision.sentence,
        "rows": dataset.rows,
        "classes": dataset.train.classes,
        "folds": fresh.number,
        "repeats": plan.confirm.repeats,
        "seed": plan.confirm.seed,
        "warnings": job_warnings.sentences,
        "versions": versions(),
        "profile": profile(dataset),
        "explanation": explanation.model_dump(mode="json"),
    }


def _contender(result: Result, sizes: FoldSizes) -> dict[str, Any]:
    contender, scored = result.contender, result.scored
    content = {
        "name": contender.name,
        "estimator": contender.estimator.key,
        "hyperparameters": contender.hyperparameters,
        "members": [member.estimator.key for member in contender.members],
        "status": "scored" if scored else "not scored",
        "reason": result.reason,
    }
    if scored is None:
        return content
    return {
        **content,
        "scores": scored.scores,
        **vars(estimate_metric(scored.objective, scored.scores, sizes)),
        "test_score": scored.test_score,
        "fit_seconds": round(scored.fit_seconds, 6),
        "metrics": _metrics(scored, sizes),
    }


def _metrics(scored: Scored, sizes: FoldSizes) -> dict[str, Any]:
    """Return each metric's mean, interval and test score; null where it is not defined."""
    metrics = {}
    for name, scores in scored.metrics.items():
        mean = estimate_metric(name, scores, sizes)
        interval = mean.interval if math.isfinite(mean.mean) else None
        score = MetricScore(
            mean=mean.mean, interval=interval, test_score=scored.test_metrics.get(name)
        )
        metrics[name] = score.model_dump(mode="json")
    return metrics


def _comparisons(
    results: Sequence[Result], sizes: FoldSizes, decision: Decision
) -> list[dict[str, Any]]:
    """Compare the selected contender with each of the others that were scored."""
    scored = scored_by_name(results)
    selected = scored.pop(decision.selected)
    return [
        {"a": decision.selected, "b": name}
        | vars(compare(selected.scores, rival.scores, sizes, decision.margin))
        for name, rival in scored.items()
    ]
