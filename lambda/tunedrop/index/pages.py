"""The pages index/<dataset>.html, all runs of a dataset, and index/index.html, all datasets.

They have no script, and nothing can be loaded or sent. Text is escaped where it enters HTML.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import quote

from tunedrop import keys, wording
from tunedrop.index.history_chart import draw_history
from tunedrop.index.records import (
    MOST_CHECKS,
    MOST_RUNS,
    Catalogue,
    CheckEntry,
    DatasetEntry,
    History,
    RunEntry,
)
from tunedrop.wording import describe_verdict
from tunedrop_common.estimates import IntervalEstimate
from tunedrop_common.metric_names import describe_metric


def history_page(history: History) -> bytes:
    """Draw the page of a dataset; the same history makes the same page."""
    dataset = history.dataset
    older = f'<p class="small">The newest {MOST_RUNS:,} runs; older ones are in runs/.</p>'
    return _document(
        f"{dataset}: all runs",
        '<p class="eyebrow"><a href="index.html">All datasets</a></p>',
        f"<h1>{escape(dataset)}</h1>",
        _champion(history),
        draw_history(history),
        *_checks(history),
        "<h2>Runs, newest first</h2>",
        _table(
            ("Ended (UTC)", "Outcome", "Score", "95% CI", "Test score", "Jobs", "Cost", "Details"),
            [_run_row(history, entry.display()) for entry in history.runs],
            numeric=(2, 4, 5, 6),
        ),
        older if len(history.runs) >= MOST_RUNS else "",
    )


def _checks(history: History) -> Iterable[str]:
    if not history.checks:
        return ()
    older = f"The newest {MOST_CHECKS:,} checks; older ones are in checks/."
    return (
        "<h2>Checks, newest first</h2>",
        '<p class="small">How the model in use predicted rows whose target was known, beside what '
        "its final comparison or the held-out test set promised.</p>",
        _table(
            ("Time (UTC)", "Verdict", "Rows", "Score", "95% CI", "Promised", "File and model"),
            [_check_row(history.dataset, entry.display()) for entry in history.checks],
            numeric=(2, 3, 4, 5),
        ),
        f'<p class="small">{older}</p>' if len(history.checks) >= MOST_CHECKS else "",
    )


def _check_row(dataset: str, entry: CheckEntry) -> tuple[str, ...]:
    tone = {"worse": "bad", "too few rows": ""}.get(entry.verdict, "good")
    promised = wording.interval(entry.promised.ends) or _score(entry.promised)
    run = _link(keys.run_file(dataset, entry.run_id, "report.html"), escape(entry.run_id))
    return (
        _minute(entry.time),
        f'<span class="{tone}">{escape(entry.verdict.capitalize())}</span>'
        f"<small>{escape(describe_metric(entry.metric).words)}</small>",
        f"{entry.rows:,}",
        _score(entry.score),
        wording.interval(entry.score.ends),
        f"{promised}<small>{escape(entry.promised_by)}</small>",
        f'<span class="name">{escape(entry.file)}</span><small>{run}</small>',
    )


def _champion(history: History) -> str:
    if history.champion is None:
        return '<p class="champion">No model is in use yet.</p>'
    entry = history.champion_entry
    if entry is None:
        return f'<p class="champion">In use: the model of run {escape(history.champion)}.</p>'
    entry = entry.display()
    ends = wording.interval(entry.score.ends)
    ci = f" (95% CI {ends})" if ends else ""
    model = _link(keys.model(history.dataset, entry.run_id), "model.tar.gz")
    return (
        f'<p class="champion">Model in use: <strong>{_score(entry.score)}</strong> '
        f"{escape(describe_metric(entry.metric).words)}{ci}, of {_minute(entry.time)} UTC · "
        f"{escape(entry.selected)} · {_report(history.dataset, entry)} · {model}</p>"
    )


def _run_row(history: History, entry: RunEntry) -> tuple[str, ...]:
    ended = _minute(entry.time) or escape(entry.run_id)
    if entry.outcome == "failed":
        failure = _link(keys.run_file(history.dataset, entry.run_id, "failure.json"), "what to do")
        outcome = f"{_outcome(entry)}<small>{escape(entry.error_text)}</small>"
        return (ended, outcome, "", "", "", "", "", failure)
    tag = ' <span class="tag">in use</span>' if entry.run_id == history.champion else ""
    model = (
        f"<small>{escape(entry.selected)}, {escape(describe_metric(entry.metric).words)}</small>"
    )
    cost = "" if entry.billable_seconds is None else wording.duration(entry.billable_seconds)
    return (
        ended,
        f"{_outcome(entry)}{tag}{model}",
        _score(entry.score),
        wording.interval(entry.score.ends),
        _score(entry.test_score),
        f"{entry.training_jobs:,}",
        cost if entry.usd is None else wording.money(entry.usd),
        _report(history.dataset, entry),
    )


def catalogue_page(catalogue: Catalogue) -> bytes:
    """Draw the page of all datasets; the same catalogue makes the same page."""
    return _document(
        "All datasets",
        '<p class="eyebrow">Tunedrop</p>',
        "<h1>All datasets</h1>",
        f"<p>{wording.count(len(catalogue.datasets), 'dataset')}, each with its newest run.</p>",
        _table(
            ("Dataset", "Newest run (UTC)", "Outcome", "Model in use", "Metric", "Runs"),
            [_dataset_row(entry) for entry in catalogue.datasets],
            numeric=(3, 5),
        ),
    )


def _dataset_row(entry: DatasetEntry) -> tuple[str, ...]:
    page = quote(keys.index_page(entry.dataset).removeprefix(keys.INDEX))
    newest = entry.newest.display() if entry.newest else None
    champion = entry.champion.display() if entry.champion else None
    metric = describe_metric(champion.metric) if champion else None
    return (
        f'<a href="{page}">{escape(entry.dataset)}</a>',
        _minute(newest.time) if newest else "",
        _outcome(newest) if newest else "",
        _score(champion.score) if champion else "",
        escape(f"{metric.words} ({metric.direction})") if metric else "",
        f"{entry.runs:,}",
    )


def _outcome(entry: RunEntry) -> str:
    """Return how a run ended: its verdict, or the name of its error."""
    if entry.outcome == "failed":
        return f'<span class="bad">Failed: {escape(entry.error)}</span>'
    verdict = describe_verdict(entry.verdict)
    return f'<span class="{"good" if verdict.is_good else "bad"}">{escape(verdict.short)}</span>'


def _score(score: IntervalEstimate) -> str:
    return "" if score.value is None else wording.score(score.value)


def _minute(time: str) -> str:
    return escape(time[:16].replace("T", " "))


def _report(dataset: str, entry: RunEntry) -> str:
    return _link(keys.run_file(dataset, entry.run_id, "report.html"), "report")


def _link(key: str, text: str) -> str:
    """Return a link to a key of the bucket, relative to index/."""
    return f'<a href="../{quote(key)}">{text}</a>'


def _document(title: str, *body: str) -> bytes:
    style = _read("page.css")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    content = "\n".join(filter(None, body))
    page = Template(_read("page.html")).substitute(
        title=escape(title), digest=digest, style=style, content=content
    )
    return page.encode("utf-8", errors="xmlcharrefreplace")


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]], numeric: Sequence[int]) -> str:
    """Return a table of cells that are HTML already; the first cell of a row names the row."""
    right = [' class="n"' if index in numeric else "" for index in range(len(titles))]
    head = "".join(
        f'<th scope="col"{align}>{title}</th>' for title, align in zip(titles, right, strict=True)
    )
    lines = []
    for name, *values in rows:
        cells = zip(values, right[1:], strict=True)
        line = "".join(f"<td{align}>{cell}</td>" for cell, align in cells)
        lines.append(f'<tr><th scope="row">{name}</th>{line}</tr>\n')
    return (
        f'<div class="scroll" tabindex="0"><table>\n<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{''.join(lines)}</tbody>\n</table></div>"
    )


@cache
def _read(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")
