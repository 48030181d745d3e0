"""The five questions of whoever opens a report, each answered in a plain sentence.

Did it work, how good is the model and can that number be trusted, is it better than before, what to
do next, what did it cost: in this order, on top of everything else.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from tunedrop.report import wording
from tunedrop.report.advice import advice, many_failures
from tunedrop.report.confirm_scores import CHAMPION, NOTHING_BEATS_THE_DUMMY, Contender
from tunedrop.report.results import Results
from tunedrop.report.search import Search
from tunedrop.report.search_summary import counts_text, ended_as
from tunedrop.report.training_jobs import COMPLETED

WORKED = "Did it work?"
GOOD = "How good is the model, and can I trust that number?"
BETTER = "Is it better than before?"
NEXT = "What should I do next?"
SPENT = "What did it cost?"

_CAME_OUT = {
    "promoted": "a better model is in use",
    "kept champion": "the champion stays in use, fitted again on the new data",
    "first model": "the dataset has its first model",
}


@dataclass(frozen=True)
class Answer:
    """One question and its answer."""

    question: str
    answer: str


def answers(search: Search) -> tuple[Answer, ...]:
    """Answer for a run, or for a search that nothing confirmed.

    `search` has its values as people read them (`as_read`).
    """
    run = search if isinstance(search, Results) else None
    found = {
        WORKED: _worked(search),
        GOOD: _good(run) if run else _good_in_search(search),
        BETTER: _better(run) if run else "Not compared: nothing scored an earlier model beside it.",
        NEXT: _next(run) if run else _next_for_search(search),
        SPENT: _spent(search),
    }
    return tuple(Answer(question, answer) for question, answer in found.items())


def _worked(search: Search) -> str:
    if any(job.status in ("InProgress", "Stopping") for job in search.tuning_jobs):
        return f"It is still under way: {_jobs(search)} so far."
    if not isinstance(search, Results):
        if search.best is None:
            return f"No, nothing can be compared: {_jobs(search)}."
        came_out = "the search has a best training job"
    elif search.verdict == NOTHING_BEATS_THE_DUMMY:
        return f"It ran, but no model beats guessing: {_jobs(search)}."
    else:
        came_out = _CAME_OUT[search.verdict]
    how = "Only in part" if many_failures(search) else "Yes"
    return f"{how}, {came_out}: {_jobs(search)}."


def _jobs(search: Search) -> str:
    total = len(search.training_jobs)
    if not total:
        return "no training job was started"
    ended = Counter(job.status for job in search.training_jobs)
    silent = sum(job.status == COMPLETED and job.objective is None for job in search.training_jobs)
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
        start = "Yes." if results.verdict == "promoted" else "No."
    return f"{start} {results.sentence}"


def _next(results: Results) -> str:
    hints = (*advice(results), *results.warnings)
    if results.model is None:
        return "Start a new run: this one's model is no longer there."
    if not hints:
        return "Use the model: how to load and to deploy it stands below."
    others = f" ({wording.count(len(hints) - 1, 'more hint')} below.)" if len(hints) > 1 else ""
    return hints[0] + others


def _good_in_search(search: Search) -> str:
    if search.objective is None:
        return "Nobody knows: there is no objective to go by."
    return (
        f"The best {search.metric_words} of the search is {wording.number(search.objective)}; "
        "don't trust it, the best of many scores flatters."
    )


def _next_for_search(search: Search) -> str:
    if search.objective is None:
        return "Look at the failures below, then start the tuning job again."
    return "Score the best hyperparameters again, on rows that the search never saw."


def _spent(search: Search) -> str:
    cost = search.cost
    if cost is None:
        return "Nobody knows yet: SageMaker has given no seconds."
    machine = cost.instance_type + (" (spot)" if cost.spot else "")
    time = wording.duration(cost.billable_seconds)
    jobs = len(search.training_jobs) + (search.confirm_job is not None)
    said = f"{time} of {machine} for {wording.count(jobs, 'job')}"
    if cost.usd is None:
        return f"{said}; the deployment has no price for it."
    return f"{wording.money(cost.usd)}: {said}."
