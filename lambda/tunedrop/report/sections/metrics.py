"""All metrics of every contender, as people read them."""

from __future__ import annotations

from dataclasses import dataclass

from tunedrop import wording
from tunedrop.report.results import Results
from tunedrop.wording import contender_label
from tunedrop_common.explanation import MetricScore
from tunedrop_common.metric_words import called


@dataclass(frozen=True)
class MetricCell:
    """One metric of one contender."""

    mean: str
    between: str
    test: str


@dataclass(frozen=True)
class MetricRow:
    """One metric, and its value for each contender."""

    name: str
    better: str
    cells: tuple[MetricCell, ...]


@dataclass(frozen=True)
class MetricTable:
    """Metrics in lines, contenders in columns."""

    contenders: tuple[str, ...]
    rows: tuple[MetricRow, ...]


def metric_table(results: Results) -> MetricTable | None:
    """Return all metrics of all contenders; None where they were not recorded."""
    scored = [each for each in results.confirm.contenders if each.metrics]
    names = list(dict.fromkeys(name for each in scored for name in each.metrics))
    if not names:
        return None
    return MetricTable(
        tuple(contender_label(each.name, each.estimator) for each in scored),
        tuple(
            MetricRow(
                called(name).words,
                called(name).direction,
                tuple(_cell(name, each.metrics.get(name)) for each in scored),
            )
            for name in names
        ),
    )


def _cell(scorer: str, found: MetricScore | None) -> MetricCell:
    """Return one value; scorers negate errors, each metric by itself."""
    if found is None:
        return MetricCell("-", "", "")
    words = called(scorer)
    between = words.interval(*(found.interval or (None, None)))
    test = found.test_score
    return MetricCell(
        wording.score(words.shown(found.mean)),
        wording.interval(*between),
        "" if test is None else wording.score(words.shown(test)),
    )
