"""Recommendations: what to do about the data, the search and its failures, most important first."""

from __future__ import annotations

from collections.abc import Iterator

from tunedrop import wording
from tunedrop.report.ranges import edge_hint
from tunedrop.report.results import COMPLETED, Results
from tunedrop.report.sections.data_quality import data_issues
from tunedrop.report.sections.importance import rows_sentence
from tunedrop.report.tuning_summary import failures
from tunedrop.wording import NO_USEFUL_MODEL

# Above this share of failed training jobs, something is wrong with all of them.
MANY_FAILURES = 0.2
# Of hyperparameters at the end of their range.
MOST_EDGES = 3
# Fewer completed training jobs for each hyperparameter leave most of the space unexplored.
JOBS_PER_HYPERPARAMETER = 5


def recommendations(results: Results) -> tuple[str, ...]:
    """Return what the reader should consider."""
    return (
        *_no_useful_model(results),
        *filter(None, (issue.recommendation for issue in data_issues(results))),
        *_many_failures(results),
        *_missing_test_set(results),
        *_edges(results),
        *_few_training_jobs(results),
        *_more_rows(results),
    )


def _no_useful_model(results: Results) -> Iterator[str]:
    if results.verdict == NO_USEFUL_MODEL:
        yield (
            "No model is significantly better than the baseline. Check that "
            f"{wording.quoted(results.plan.data.target)} is the right target, that the features "
            "relate to it, and that there are enough rows."
        )


def many_failures(results: Results) -> int:
    """Return how many jobs failed, if so many that something is wrong with all of them; else 0."""
    failed = sum(failure.amount for failure in failures(results))
    return failed if failed >= MANY_FAILURES * len(results.training_jobs) else 0


def _many_failures(results: Results) -> Iterator[str]:
    if failed := many_failures(results):
        yield (
            f"{failed:,} of {wording.count(len(results.training_jobs), 'training job')} failed: "
            "read the failures below before you rely on this report."
        )


def _missing_test_set(results: Results) -> Iterator[str]:
    if results.plan.final_test.kind == "none":
        yield (
            "There is no held-out test set. Add a test file to score the model on rows that no "
            "search has seen."
        )


def _edges(results: Results) -> Iterator[str]:
    best = results.best
    if best is None:
        return
    ranges = results.estimators[best.estimator].ranges
    hints = (
        edge_hint(name, searched, best.hyperparameters.get(name, ""))
        for name, searched in sorted(ranges.items())
    )
    yield from [hint for hint in hints if hint][:MOST_EDGES]


def _few_training_jobs(results: Results) -> Iterator[str]:
    for job in results.tuning_jobs:
        statuses = [j.status for j in results.training_jobs if j.tuning_job == job.name]
        completed, hyperparameters = statuses.count(COMPLETED), len(job.estimator.ranges)
        if 0 < completed < JOBS_PER_HYPERPARAMETER * hyperparameters:
            jobs = wording.count(
                completed, "completed training job is", "completed training jobs are"
            )
            yield (
                f"{job.estimator.key}: {jobs} few for "
                f"{wording.count(hyperparameters, 'hyperparameter')}. Raise training_jobs in "
                "tuning.yaml."
            )


def _more_rows(results: Results) -> Iterator[str]:
    curve = results.confirm.explanation.learning_curve
    if curve and curve.more_rows_help:
        yield rows_sentence(curve, results.metric_words)
