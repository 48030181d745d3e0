"""Recommendations: what to do about the data, the search and its failures, most important first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from tunedrop import wording
from tunedrop.report.ranges import edge_hint
from tunedrop.report.results import COMPLETED, STOPPED, Results
from tunedrop.report.sections.data_quality import data_issues
from tunedrop.report.sections.importance import rows_sentence
from tunedrop.report.tuning_summary import failures
from tunedrop.wording import NO_USEFUL_MODEL

# Above this share of failed training jobs, something is wrong with all of them.
MANY_FAILURES = 0.2
# More hyperparameters at the edge of their range are counted only; each chart has its own hint.
MOST_EDGES = 3
# Fewer training jobs for each hyperparameter leave most of the space unexplored.
JOBS_PER_HYPERPARAMETER = 5
# Fewer completed training jobs have no last third to look at.
FEWEST_JOBS = 10
# A smaller gain, in standard errors of the score, is no reason to search on.
NOTABLE_GAIN = 0.5
_LAST = datetime.max.replace(tzinfo=UTC)


def recommendations(results: Results) -> tuple[str, ...]:
    """Return what the reader should consider."""
    outlooks = (_more_rows(results), _more_training_jobs(results))
    return (
        *_no_useful_model(results),
        *filter(None, (issue.recommendation for issue in data_issues(results))),
        *_many_failures(results),
        *_missing_test_set(results),
        *_edges(results),
        *_few_training_jobs(results),
        *(outlook.sentence for outlook in outlooks if outlook and outlook.helps),
    )


def non_recommendations(results: Results) -> tuple[str, ...]:
    """Return what shows no gain; not of more training jobs where they were few."""
    is_thorough = not any(_few_training_jobs(results))
    outlooks = (_more_rows(results), _more_training_jobs(results) if is_thorough else None)
    return tuple(outlook.sentence for outlook in outlooks if outlook and not outlook.helps)


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
    ranges = results.tuning_job(best.tuning_job).estimator.ranges
    hints = [
        hint
        for name, searched in sorted(ranges.items())
        if (hint := edge_hint(name, searched, best.hyperparameters.get(name, "")))
    ]
    yield from hints[:MOST_EDGES]
    if len(hints) > MOST_EDGES:
        more = wording.count(len(hints) - MOST_EDGES, "more hyperparameter is", "more are")
        yield f"{more} at the end of the range: see the charts below."


def _few_training_jobs(results: Results) -> Iterator[str]:
    for job in results.tuning_jobs:
        statuses = [j.status for j in results.training_jobs if j.tuning_job == job.name]
        stopped = statuses.count(STOPPED)
        tried, hyperparameters = len(statuses) - stopped, len(job.estimator.ranges)
        if 0 < tried < JOBS_PER_HYPERPARAMETER * hyperparameters:
            also = f" (and {stopped:,} stopped early)" if stopped else ""
            yield (
                f"{job.estimator.key}: {wording.count(tried, 'training job')}{also} "
                f"{'is' if tried + stopped == 1 else 'are'} few for "
                f"{wording.count(hyperparameters, 'hyperparameter')}. Raise training_jobs in "
                f"tuning.yaml{' or turn early stopping off' if stopped else ''}."
            )


@dataclass(frozen=True)
class Outlook:
    """Whether more of something would help, in a sentence."""

    helps: bool
    sentence: str


def _more_rows(results: Results) -> Outlook | None:
    curve = results.confirm.explanation.learning_curve
    sentence = rows_sentence(curve, results.metric_words) if curve else ""
    return Outlook(curve.more_rows_help, sentence) if curve and sentence else None


def _more_training_jobs(results: Results) -> Outlook | None:
    """Compare the best objective before and after the last third of the training jobs."""
    jobs = [j for j in results.training_jobs if j.status == COMPLETED and j.objective is not None]
    if len(jobs) < FEWEST_JOBS:
        return None
    jobs.sort(key=lambda job: job.ended or _LAST)
    last = len(jobs) // 3
    objectives = [results.sign * (job.objective or 0.0) for job in jobs]
    before, after = max(objectives[:-last]), max(objectives)
    last_jobs = f"the last {last:,} of {len(jobs):,} completed training jobs"
    steps = " to ".join(wording.score(results.sign * value) for value in (before, after))
    least_gain = NOTABLE_GAIN * (results.confirm.selected_contender.standard_error or 0.0)
    if after > before and after - before >= least_gain:
        return Outlook(
            True, f"More training jobs may help: {last_jobs} improved the best score from {steps}."
        )
    change = f"improved the best score from {steps} only" if after > before else "found none better"
    return Outlook(False, f"More training jobs show little gain: {last_jobs} {change}.")
