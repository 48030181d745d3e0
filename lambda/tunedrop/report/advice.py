"""What to do next: short sentences that follow from the results, most important first."""

from __future__ import annotations

from tunedrop import wording
from tunedrop.report.failures import failures
from tunedrop.report.ranges import edge_of
from tunedrop.report.results import STOPPED, Results
from tunedrop.verdict_words import NOTHING_BEATS_THE_DUMMY

# Above this share something is systematically wrong, not unlucky.
MANY_FAILURES = 0.2
# More hints of one kind are a wall; each is below its own chart, too.
MOST_EDGES = 3
# Fewer tuned values than this a hyperparameter leave most of the space unseen.
JOBS_PER_HYPERPARAMETER = 5


def advice(results: Results) -> tuple[str, ...]:
    """Return what a person who reads the report should consider."""
    return tuple(
        sentence
        for sentence in (
            *_verdict(results),
            *_failures(results),
            *_edges(results),
            *_effort(results),
        )
        if sentence
    )


def _verdict(results: Results) -> list[str]:
    found = []
    if results.verdict == NOTHING_BEATS_THE_DUMMY:
        found.append(
            f"No model beats guessing. Check that the target column {_quoted(results.target)} is "
            "the right one, that the features say something about it, and that rows are enough."
        )
    if not all(part.copied for part in (results.data.train, results.data.test) if part):
        found.append(
            "The inputs were too large to copy, so the jobs read the original objects: don't "
            "change them while a run is under way."
        )
    if results.final_test.kind == "none":
        found.append(
            "No rows were kept for a final test. Add a test file beside the data to have the model "
            "judged on rows that nothing has seen."
        )
    return found


def many_failures(results: Results) -> bool:
    """Return whether so many training jobs failed that something is wrong with all of them."""
    failed = sum(failure.amount for failure in failures(results))
    return failed > 0 and failed >= MANY_FAILURES * len(results.training_jobs)


def _failures(results: Results) -> list[str]:
    if not many_failures(results):
        return []
    failed = sum(failure.amount for failure in failures(results))
    return [
        f"{wording.count(failed, 'job')} failed, of {len(results.training_jobs):,}: see the "
        "failures below before trusting what the rest says."
    ]


def _edges(results: Results) -> list[str]:
    best = results.best
    if best is None:
        return []
    estimator = results.tuning_job(best.tuning_job).estimator
    edges = (
        edge_of(name, searched, best.hyperparameters.get(name, ""), estimator.class_path)
        for name, searched in sorted(estimator.ranges.items())
    )
    found = [edge.sentence for edge in edges if edge]
    if len(found) > MOST_EDGES:
        more = wording.count(len(found) - MOST_EDGES, "more hyperparameter is", "more are")
        found[MOST_EDGES:] = [f"{more} at the edge of the range: the charts below say which."]
    return found


def _effort(results: Results) -> list[str]:
    found = []
    for job in results.tuning_jobs:
        own = [each for each in results.training_jobs if each.tuning_job == job.name]
        stopped = sum(each.status == STOPPED for each in own)
        tried = len(own) - stopped
        if 0 < tried < JOBS_PER_HYPERPARAMETER * len(job.estimator.ranges):
            more = f" (and {stopped:,} stopped early)" if stopped else ""
            found.append(
                f"{job.estimator.key}: {wording.count(tried, 'training job')}{more} for "
                f"{wording.count(len(job.estimator.ranges), 'hyperparameter')} is a thin search; "
                "allow more training jobs in tuning.yaml to look closer"
                + (", or turn early stopping off." if stopped else ".")
            )
    return found


def _quoted(name: str) -> str:
    return f"“{wording.one_line(name, 80)}”"
