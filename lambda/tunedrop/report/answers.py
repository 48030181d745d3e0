"""The questions of whoever opens a report, each answered in a plain sentence; and advice.

Did it work, how good is the model and can that number be trusted, where does it err, is it better
than before, what to do next, what did it cost: in this order, at the top of the report.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from tunedrop import wording
from tunedrop.report.confirm_scores import Contender
from tunedrop.report.cost import spent
from tunedrop.report.ranges import edge_hint
from tunedrop.report.results import COMPLETED, STOPPED, Results
from tunedrop.report.sections.errors import errors_in_short
from tunedrop.report.sections.next_steps import outlooks, trust_advice
from tunedrop.report.sections.section_text import format_ci, join_names
from tunedrop.report.tuning_summary import counts_text, ended_as, failures
from tunedrop.wording import (
    CHAMPION,
    DEFAULTS_PREFIX,
    NO_USEFUL_MODEL,
    PROMOTED,
    verdict_words,
)


@dataclass(frozen=True)
class Answer:
    """One question and its answer."""

    question: str
    answer: str


def answers(results: Results) -> tuple[Answer, ...]:
    """Answer for a run, whose values are as people read them (`to_display_values`)."""
    return (
        Answer("Did it work?", _worked(results)),
        Answer("How good is the model, and can I trust that number?", _good(results)),
        *([Answer("Where does it err?", errs)] if (errs := errors_in_short(results)) else []),
        Answer("Is it better than before?", _better(results)),
        Answer("What should I do next?", _next(results)),
        Answer("What did it cost?", spent(results)),
    )


def _worked(results: Results) -> str:
    verdict = verdict_words(results.verdict)
    if not verdict.good:
        return f"It ran, but {verdict.outcome}: {_jobs(results)}."
    how = "Only in part" if many_failures(results) else "Yes"
    return f"{how}, {verdict.outcome}: {_jobs(results)}."


def _jobs(results: Results) -> str:
    total = len(results.training_jobs)
    if not total:
        return "no training job was started"
    ended = Counter(job.status for job in results.training_jobs)
    silent = sum(job.status == COMPLETED and job.objective is None for job in results.training_jobs)
    without = f", {silent:,} of them without an objective" if silent else ""
    if len(ended) == 1:
        (status,) = ended
        which = "all" if total > 1 else "its"
        return f"{which} {wording.count(total, 'training job')} {ended_as(status)}{without}"
    return f"of {total:,} training jobs, {counts_text(ended)}{without}"


def _good(results: Results) -> str:
    shipped = results.confirm.shipped_contender
    if shipped.mean is None:
        return "Not known: the model in use could not be scored on this data."
    metric = f"{results.metric_words[0].upper()}{results.metric_words[1:]}"
    score = f"{wording.score(shipped.mean)}{format_ci(shipped.interval)}"
    if shipped.test_score is None:
        answer = (
            f"{metric} is {score}, cross-validated on new splits. No held-out test set confirms "
            f"it; expect it only for similar data.{_optimism(shipped)}"
        )
    else:
        rows = wording.count(results.confirm.rows.test, "row")
        answer = (
            f"{metric} is {wording.score(shipped.test_score)} on the held-out test set ({rows}), "
            f"and {score} cross-validated on new splits. {_agreement(results, shipped)}"
        )
    return f"{answer}{_leakage(results)}"


def _optimism(shipped: Contender) -> str:
    """Return that a search chose the model on the rows of its score, as a champion's did."""
    if shipped.name.startswith(DEFAULTS_PREFIX):
        return ""
    return (
        " It may be optimistic, because a search chose the model on these rows: in simulations, by "
        "up to a third of the interval's width."
    )


def _agreement(results: Results, shipped: Contender) -> str:
    """Compare the test score, without rows that training has too, with the interval."""
    duplicates = results.confirm.explanation.trust.duplicates
    repeated = duplicates.test_rows_in_training if duplicates else 0
    if not repeated:
        return f"The held-out test score {_against_interval(shipped.test_score, shipped, results)}."
    rows = f"{wording.count(repeated, 'row')} with the features of training rows"
    without = duplicates.test_score_without if duplicates else None
    if without is None:
        return f"The test set includes {rows}; there is no score without them."
    verdict = _against_interval(without, shipped, results)
    return (
        f"The test set includes {rows}; without them it is {wording.score(without)}, which "
        f"{verdict}."
    )


def _leakage(results: Results) -> str:
    """Say what takes the worth from all of these scores."""
    suspects = results.confirm.explanation.trust.suspects
    if not suspects:
        return ""
    names = join_names([each.column for each in suspects], 3)
    are = "are" if len(suspects) > 1 else "is"
    return (
        f" Possible data leakage: these scores hold only if {names} {are} available at prediction "
        "time."
    )


def _against_interval(score: float | None, shipped: Contender, results: Results) -> str:
    low, high = shipped.interval or (None, None)
    if score is None or low is None or high is None:
        return "has no interval to be compared with"
    if low <= score <= high:
        return "lies within this interval"
    if (score < low) == (results.sign > 0):
        return "is worse than this interval; plan with it until the cause is known"
    return "is better than this interval: these rows may be easier, plan with the interval"


def _better(results: Results) -> str:
    champion = results.confirm.contender(CHAMPION)
    if champion is None:
        start = "No model was in use before."
    elif champion.mean is None:
        start = "Not known."
    else:
        start = "Yes." if results.verdict == PROMOTED else "No."
    return f"{start} {results.sentence}"


def _next(results: Results) -> str:
    hints = (*advice(results), *results.warnings)
    if results.model is None:
        return "Start a new run: this one's model is no longer there."
    if not hints:
        return "Use the model: how to load and to deploy it is below."
    others = f" ({wording.count(len(hints) - 1, 'more hint')} below.)" if len(hints) > 1 else ""
    return hints[0] + others


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
            *trust_advice(results),
            *_failures(results),
            *_inputs(results),
            *_edges(results),
            *_effort(results),
            *(each.sentence for each in outlooks(results) if each.helps),
        )
        if sentence
    )


def no_help(results: Results) -> tuple[str, ...]:
    """Return what would bring little, where nothing says that the search was thin."""
    thin = bool(_effort(results))
    return tuple(
        each.sentence
        for each in outlooks(results)
        if not each.helps and not (thin and each.of == "training jobs")
    )


def _verdict(results: Results) -> list[str]:
    if results.verdict != NO_USEFUL_MODEL:
        return []
    return [
        "No model is significantly better than the baseline. Check that the target column "
        f"{wording.quoted(results.target)} is the right one, that the features say something "
        "about it, and that rows are enough."
    ]


def _inputs(results: Results) -> list[str]:
    found = []
    if not all(part.copied for part in (results.data.train, results.data.test) if part):
        found.append(
            "The inputs were too large to copy, so the jobs read the original objects: don't "
            "change them while a run is under way."
        )
    if results.final_test.kind == "none":
        found.append(
            "There is no held-out test set. Add a test file beside the data to score the model on "
            "rows that no search has seen."
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
    ranges = results.tuning_job(best.tuning_job).estimator.ranges
    hints = (
        edge_hint(name, searched, best.hyperparameters.get(name, ""))
        for name, searched in sorted(ranges.items())
    )
    found = [hint for hint in hints if hint]
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
