"""Metrics as people call them."""

from __future__ import annotations

import pytest

from tunedrop_common.metric_names import METRIC_NAMES, describe_metric

SCORERS = sorted({name for names in METRIC_NAMES.values() for name in names})


@pytest.mark.parametrize("scorer", SCORERS)
def test_every_scorer_of_a_plan_has_words_that_fit_beside_an_axis(scorer: str) -> None:
    metric = describe_metric(scorer)
    assert metric.words != scorer or scorer in ("accuracy", "precision", "recall")
    assert "_" not in metric.words
    assert not metric.words.startswith("neg")
    assert len(metric.words) <= 30


def test_exactly_the_scorers_that_negate_an_error_are_turned_round() -> None:
    for scorer in SCORERS:
        metric = describe_metric(scorer)
        assert metric.negated == scorer.startswith("neg_")
        assert metric.shown(-0.25) == (0.25 if metric.negated else -0.25)
        assert metric.direction == ("lower" if metric.negated else "higher") + " is better"


def test_an_interval_keeps_its_lower_end_first() -> None:
    assert describe_metric("neg_log_loss").interval(-0.5, -0.25) == (0.25, 0.5)
    assert describe_metric("r2").interval(-0.5, 0.25) == (-0.5, 0.25)
    assert describe_metric("neg_log_loss").interval(None, None) == (None, None)
