"""What to do next, out of what Confirm found: about the data, more rows, more training jobs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from tunedrop import wording
from tunedrop.report.data_issues import describe_finding, unmeasured_findings
from tunedrop.report.results import COMPLETED, Results
from tunedrop.report.sections.importance import rows_sentence
from tunedrop.report.sections.section_text import join_names

# Fewer training jobs have no last third to speak of.
FEWEST_JOBS = 10
# A gain below so many standard errors of the score is no reason to search on.
NOTABLE = 0.5
_LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Outlook:
    """Whether more of something would help, in a sentence."""

    of: Literal["rows", "training jobs"]
    helps: bool
    sentence: str


def trust_advice(results: Results) -> list[str]:
    """Return what to find out about the data: a sentence for each thing that is odd."""
    trust = results.confirm.explanation.trust
    found = [
        f"Find out whether {join_names([each.column])} is known when the model is asked: it "
        "seems to give the answer away (see “Data quality”)."
        for each in trust.suspects
    ]
    if trust.shift and trust.shift.is_significant:
        columns = trust.shift.columns
        by = f", most by {join_names(columns, 3)}" if columns else ""
        found.append(
            f"Test rows are unlike training rows{by}: find out which of them the rows to come are "
            "like."
        )
    if trust.duplicates and trust.duplicates.test_rows_in_training:
        found.append(_test_rows_advice(trust.duplicates.test_rows_in_training, results))
    return [*found, *(describe_finding(each).text for each in unmeasured_findings(trust))]


def _test_rows_advice(amount: int, results: Results) -> str:
    rows = wording.count(amount, "test row has", "test rows have")
    if results.final_test.kind == "file":
        return f"{rows} the features of training rows: remove them from the test file."
    return (
        f"{rows} the features of training rows, because rows repeat: remove the repeated rows, or "
        "name a group_column that keeps them together."
    )


def outlooks(results: Results) -> list[Outlook]:
    """Return whether more rows, and more training jobs, would help."""
    curve = results.confirm.explanation.learning_curve
    found = []
    if curve is not None:
        found.append(
            Outlook("rows", curve.more_rows_help, rows_sentence(curve, results.metric_words))
        )
    found.append(_search(results))
    return [each for each in found if each.sentence]


def _search(results: Results) -> Outlook:
    """Look at what the last third of the training jobs brought."""
    jobs = [j for j in results.training_jobs if j.status == COMPLETED and j.objective is not None]
    jobs.sort(key=lambda job: job.ended or _LAST)
    last = len(jobs) // 3
    if len(jobs) < FEWEST_JOBS:
        return Outlook("training jobs", False, "")
    values = [results.sign * (job.objective or 0.0) for job in jobs]
    before, after = max(values[:-last]), max(values)
    least = NOTABLE * (results.confirm.shipped_contender.standard_error or 0.0)
    jobs_words = f"the last {last:,} of {len(jobs):,} completed training jobs"
    steps = " to ".join(wording.score(results.sign * value) for value in (before, after))
    if after - before >= least and after > before:
        said = (
            f"More training jobs may help: {jobs_words} still took the search's best from {steps}."
        )
        return Outlook("training jobs", True, said)
    brought = (
        f"took the search's best from {steps} only" if after > before else "found no better one"
    )
    return Outlook(
        "training jobs", False, f"More training jobs would bring little: {jobs_words} {brought}."
    )
