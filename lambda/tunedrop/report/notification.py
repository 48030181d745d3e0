"""The e-mail about a run that ended: a short subject, and a message.

Neither has values of the data: no class names, no column names, no failure texts.
"""

from __future__ import annotations

from typing import TypedDict

from tunedrop import wording
from tunedrop.champions.record import ChampionRecord
from tunedrop.failures.failures import subject
from tunedrop.report.display_values import to_display_values
from tunedrop.report.results import Results
from tunedrop.report.summary import tiles
from tunedrop.wording import contender_label, describe_verdict, one_line


class Notification(TypedDict):
    """What the state machine passes to SNS."""

    subject: str
    message: str
    verdict: str


def notification(results: Results, champion: ChampionRecord) -> Notification:
    """Return what to tell people about a run that has a report.

    Parameters
    ----------
    champion
        The dataset's record after the run.
    """
    results = to_display_values(results)
    return {
        "subject": _subject(results),
        "message": _message(results, champion),
        "verdict": results.verdict,
    }


def _subject(results: Results) -> str:
    score = wording.score(results.confirm.selected_contender.mean)
    verdict = describe_verdict(results.verdict).short.lower()
    return subject(f"Tunedrop {results.dataset}: {verdict}, {results.metric_words} {score}")


def _message(results: Results, champion: ChampionRecord) -> str:
    selected, dataset = results.confirm.selected_contender, one_line(results.dataset)
    report = f"{results.folder}report.html"
    facts = {
        "Selected model": one_line(contender_label(selected.name, selected.estimator)),
        **{name: f"{number} ({note})" for name, number, note in tiles(results)},
        "Report": report,
        "Model": results.model or "none",
    }
    lines = [
        f"Dataset {dataset}: {describe_verdict(results.verdict).headline.lower()}.",
        "",
        one_line(results.sentence),
        *_in_use(results, champion),
        "",
        *(f"{f'{name}:':<22}{value}" for name, value in facts.items()),
        "",
        "To read the report:",
        f"  aws s3 cp '{report}' .",
        "or, with the tunedrop command:",
        f"  tunedrop report '{dataset}/{results.run_id}' --open",
    ]
    return "\n".join(lines) + "\n"


def _in_use(results: Results, champion: ChampionRecord) -> list[str]:
    """Say why the run's model is not in use, where a decision of a user is the reason."""
    name = one_line(results.dataset)
    if champion.pending and champion.pending.run_id == results.run_id:
        command = f"tunedrop champion '{name}' --approve {results.run_id}"
        return ["", f"This model waits for an approval: {command}"]
    if champion.pinned and champion.run_in_use != results.run_id:
        return ["", f"The model in use is pinned; unpin it by: tunedrop champion '{name}' --unpin"]
    return []
