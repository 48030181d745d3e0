"""The five questions of whoever opens a report, each answered in a plain sentence.

Did it work, how good is the model and can that number be trusted, is it better than before, what to
do next, what did it cost: in this order, at the top of the report.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from tunedrop import wording
from tunedrop.report.advice import advice, many_failures
from tunedrop.report.confirm_scores import Contender
from tunedrop.report.cost import spent
from tunedrop.report.results import COMPLETED, Results
from tunedrop.report.tuning_summary import counts_text, ended_as
from tunedrop.verdict_words import CHAMPION, PROMOTED, verdict_words


@dataclass(frozen=True)
class Answer:
    """One question and its answer."""

    question: str
    answer: str


def answers(results: Results) -> tuple[Answer, ...]:
    """Answer for a run, whose values are as people read them (`as_read`)."""
    return (
        Answer("Did it work?", _worked(results)),
        Answer("How good is the model, and can I trust that number?", _good(results)),
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
        return "Nobody knows: the model in use could not be scored on this data."
    low, high = shipped.interval or (None, None)
    between = f" (95 % interval {wording.interval(low, high)})" if low is not None else ""
    score = f"The {results.metric_words} is {wording.score(shipped.mean)}{between}"
    said = f"{score} on folds that the search never saw"
    return f"{said}, {_trust(results, shipped)}."


def _trust(results: Results, shipped: Contender) -> str:
    """Say what the test rows say to the score on fresh folds."""
    if shipped.test_score is None:
        return "with no test rows to check it: trust it for rows like the training rows"
    test = f"and {wording.score(shipped.test_score)} on {_test_rows(results)}"
    low, high = shipped.interval or (None, None)
    if low is None or high is None:
        return test
    if low <= shipped.test_score <= high:
        return f"{test}: they agree, so you can trust it for rows like these"
    worse = shipped.test_score < low if results.sign > 0 else shipped.test_score > high
    if worse:
        return f"{test}, which is worse: count on no more than that until you know why"
    return f"{test}, which is better: the test rows may be easier, so count on the first number"


def _test_rows(results: Results) -> str:
    rows = results.confirm.rows.test
    return (
        f"{wording.count(rows, 'test row')} that nothing had seen" if rows else "unseen test rows"
    )


def _better(results: Results) -> str:
    champion = results.confirm.contender(CHAMPION)
    if champion is None:
        start = "No model was in use before."
    elif champion.mean is None:
        start = "Nobody knows."
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
