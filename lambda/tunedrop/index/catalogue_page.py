"""index/index.html: all datasets, the newest run of each, and the model in use."""

from __future__ import annotations

from urllib.parse import quote

from tunedrop import keys
from tunedrop.index.markup import document, moment, number, outcome, table, text
from tunedrop.index.records import Catalogue, DatasetEntry
from tunedrop.metric_words import called


def catalogue_page(catalogue: Catalogue) -> bytes:
    """Draw the page; the same catalogue makes the same page."""
    amount = len(catalogue.datasets)
    return document(
        "All datasets",
        '<p class="eyebrow">Tunedrop</p>',
        "<h1>All datasets</h1>",
        f"<p>{amount:,} {'dataset' if amount == 1 else 'datasets'} with their newest runs.</p>",
        table(
            ("Dataset", "Newest run (UTC)", "Outcome", "In use", "Metric", "Runs"),
            [_row(entry) for entry in catalogue.datasets],
            numeric=(3, 5),
        ),
    )


def _row(entry: DatasetEntry) -> tuple[str, ...]:
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
