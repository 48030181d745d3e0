"""What SNS tells people when a run ends: a short subject, and a body that reads well as e-mail.

Neither has values out of people's data: no class names, no column names, no failure texts.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from typing import TypedDict

from tunedrop import wording
from tunedrop.report.display_values import to_display_values
from tunedrop.report.results import Results
from tunedrop.report.tuning_summary import counts_text
from tunedrop.wording import contender_label, one_line, verdict_words

MAX_SUBJECT = 99


class Notification(TypedDict):
    """What the state machine hands to SNS."""

    subject: str
    message: str


def notification(results: Results) -> Notification:
    """Say how a run ended."""
    results = to_display_values(results)
    return {"subject": _subject(results), "message": _message(results)}


def _subject(results: Results) -> str:
    """SNS takes ASCII without line breaks, under 100 characters."""
    value = wording.score(results.confirm.shipped_contender.mean)
    verdict = verdict_words(results.verdict).subject
    end = f": {verdict}, {_ascii(results.metric_words)[:40]} {value}"
    start = f"Tunedrop {_ascii(results.dataset)}"
    room = MAX_SUBJECT - len(end)
    if len(start) > room:
        start = start[: room - 3] + "..."
    return start + end


def _message(results: Results) -> str:
    shipped = results.confirm.shipped_contender
    between = wording.interval(shipped.interval)
    counts = Counter(job.status for job in results.training_jobs)
    lines = [
        f"Dataset {one_line(results.dataset)}: {verdict_words(results.verdict).headline.lower()}.",
        "",
        one_line(results.sentence),
        "",
        f"Model:          {one_line(contender_label(shipped.name, shipped.estimator))}",
    ]
    metric = one_line(results.metric_words)
    if shipped.test_score is not None:
        lines.append(f"Test score:     {wording.score(shipped.test_score)} {metric}")
    lines.append(
        f"New splits:     {wording.score(shipped.mean)} {metric}"
        + (f" (95 %: {between})" if between else "")
    )
    ends = f" ({counts_text(counts)})" if counts else ""
    lines.append(f"Training jobs:  {len(results.training_jobs):,}{ends}")
    if results.cost is not None:
        money = "" if results.cost.usd is None else f", {wording.money(results.cost.usd)}"
        lines.append(f"Billed:         {wording.duration(results.cost.billable_seconds)}{money}")
    report = f"{results.folder}report.html"
    lines += ["", f"Report: {report}"]
    if results.model:
        lines.append(f"Model:  {results.model}")
    lines += [
        "",
        "To read the report:",
        f"  aws s3 cp '{report}' .",
        "or, with the tunedrop command,",
        f"  tunedrop report '{one_line(results.dataset)}/{results.run_id}' --open",
    ]
    return "\n".join(lines) + "\n"


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", one_line(text))
    return (
        "".join(c for c in plain if not unicodedata.combining(c))
        .encode("ascii", "replace")
        .decode()
    )
