"""All metrics of every contender, as people read them."""

from __future__ import annotations

from tunedrop import wording
from tunedrop.report.results import Results
from tunedrop.report.tables import TextTable
from tunedrop.wording import contender_label
from tunedrop_common.estimates import MetricScore
from tunedrop_common.metric_words import called


def metric_table(results: Results) -> TextTable | None:
    """Return all metrics of all contenders; None where they were not recorded."""
    scored = [each for each in results.confirm.contenders if each.metrics]
    if not scored:
        return None
    names = dict.fromkeys(name for each in scored for name in each.metrics)
    return TextTable(
        ("Metric", *(contender_label(each.name, each.estimator) for each in scored)),
        tuple(
            (
                f"{called(name).words} ({called(name).direction})",
                *(_cell(name, each.metrics.get(name)) for each in scored),
            )
            for name in names
        ),
        numeric=range(1, len(scored) + 1),
    )


def _cell(scorer: str, found: MetricScore | None) -> str:
    """Return the mean, its interval and the test score; scorers negate errors, each by itself."""
    if found is None:
        return "-"
    words = called(scorer)
    lines = [wording.score(words.shown(found.mean))]
    if between := wording.interval(words.interval(*(found.interval or (None, None)))):
        lines.append(between)
    if found.test_score is not None:
        lines.append(f"test: {wording.score(words.shown(found.test_score))}")
    return "\n".join(lines)
