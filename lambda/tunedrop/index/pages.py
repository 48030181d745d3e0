"""The pages: index/<dataset>.html, all runs of a dataset, and index/index.html, all datasets."""

from __future__ import annotations

from urllib.parse import quote

from tunedrop import keys, wording
from tunedrop.index.history_chart import draw_history, history_chart
from tunedrop.index.markup import document, link, moment, number, outcome, table, text
from tunedrop.index.records import MOST_RUNS, Catalogue, DatasetEntry, History, RunEntry
from tunedrop_common.metric_words import called


def history_page(history: History) -> bytes:
    """Draw the page; the same history makes the same page."""
    chart = history_chart(history)
    limit = ""
    if len(history.runs) >= MOST_RUNS:
        limit = f'<p class="small">The newest {MOST_RUNS:,} runs; older ones are in runs/.</p>'
    return document(
        f"{history.dataset}: all runs",
        '<p class="eyebrow"><a href="index.html">All datasets</a></p>',
        f"<h1>{text(history.dataset)}</h1>",
        _champion(history),
        draw_history(chart) if chart else "",
        "<h2>Runs, newest first</h2>",
        table(
            ("Ended (UTC)", "Outcome", "Score", "95 % interval", "Test", "Jobs", "Cost", "Read"),
            [_run_row(history, entry) for entry in history.runs],
            numeric=(2, 4, 5, 6),
        ),
        limit,
    )


def _champion(history: History) -> str:
    entry = history.champion_entry
    if history.champion is None:
        return '<p class="champion">No model is in use yet.</p>'
    if entry is None:
        return f'<p class="champion">In use: the model of run {text(history.champion)}.</p>'
    metric = called(entry.metric)
    between = f" ({_between(entry)})" if _between(entry) else ""
    model = link(keys.model(history.dataset, entry.run_id), "model.tar.gz")
    return (
        f'<p class="champion">Model in use: <strong>{number(metric.shown(entry.score))}</strong> '
        f"{text(metric.words)}{between}, of {moment(entry.ended)} UTC · {text(entry.shipped)} · "
        f"{_report(history.dataset, entry)} · {model}</p>"
    )


def _run_row(history: History, entry: RunEntry) -> tuple[str, ...]:
    when = moment(entry.ended) or text(entry.run_id)
    if entry.outcome == "failed":
        failure = link(keys.run_file(history.dataset, entry.run_id, "failure.json"), "what to do")
        what = f"{outcome(entry)}<small>{text(entry.what)}</small>"
        return (when, what, "", "", "", "", "", failure)
    tag = ' <span class="tag">in use</span>' if entry.run_id == history.champion else ""
    metric = called(entry.metric)
    return (
        when,
        f"{outcome(entry)}{tag}<small>{text(entry.shipped)}, {text(metric.words)}</small>",
        number(metric.shown(entry.score)),
        _between(entry),
        number(metric.shown(entry.test_score)),
        f"{entry.training_jobs:,}",
        cost(entry),
        _report(history.dataset, entry),
    )


def _between(entry: RunEntry) -> str:
    low, high = called(entry.metric).interval(entry.low, entry.high)
    return f"{number(low)} to {number(high)}" if low is not None else ""


def cost(entry: RunEntry) -> str:
    """Return what a run cost: money where it is known, else the seconds that were billed."""
    if entry.usd is not None:
        return wording.money(entry.usd)
    return "" if entry.billable_seconds is None else f"{entry.billable_seconds:,} s"


def _report(dataset: str, entry: RunEntry) -> str:
    return link(keys.run_file(dataset, entry.run_id, "report.html"), "report")


def catalogue_page(catalogue: Catalogue) -> bytes:
    """Draw the page; the same catalogue makes the same page."""
    return document(
        "All datasets",
        '<p class="eyebrow">Tunedrop</p>',
        "<h1>All datasets</h1>",
        f"<p>{wording.count(len(catalogue.datasets), 'dataset')} with their newest runs.</p>",
        table(
            ("Dataset", "Newest run (UTC)", "Outcome", "In use", "Metric", "Runs"),
            [_dataset_row(entry) for entry in catalogue.datasets],
            numeric=(3, 5),
        ),
    )


def _dataset_row(entry: DatasetEntry) -> tuple[str, ...]:
    page = quote(keys.index_page(entry.dataset).removeprefix(keys.INDEX))
    newest, champion = entry.newest, entry.champion
    return (
        f'<a href="{page}">{text(entry.dataset)}</a>',
        moment(newest.ended) if newest else "",
        outcome(newest) if newest else "",
        number(called(champion.metric).shown(champion.score)) if champion else "",
        _metric(champion.metric) if champion else "",
        f"{entry.runs:,}",
    )


def _metric(scorer: str) -> str:
    metric = called(scorer)
    return text(metric.words) + (f" ({metric.direction})" if metric.negated else "")
