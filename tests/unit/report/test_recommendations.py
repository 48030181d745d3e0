"""Recommendations: about the data, the search and its failures, and hints of ranges."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.report.synthetic_plan import make_plan
from tests.support.report.synthetic_results import (
    make_results,
    of_ranges,
    training_job,
)
from tunedrop.report.ranges import edge_hint
from tunedrop.report.recommendations import recommendations
from tunedrop.report.results import Results
from tunedrop.report.tuning_summary import NO_OBJECTIVE, failures
from tunedrop_common.plan import NumericRange


def matching(results: Results, *words: str) -> list[str]:
    """Return the recommendations that have all these words."""
    return [text for text in recommendations(results) if all(word in text for word in words)]


def test_missing_test_rows() -> None:
    plan = make_plan(final_test={"kind": "none"})
    assert matching(make_results(plan=plan), "no held-out test set")
    assert not matching(make_results(), "test set")


def numeric(kind: Any, minimum: float, maximum: float, scaling: Any) -> NumericRange:
    return NumericRange(kind=kind, minimum=minimum, maximum=maximum, scaling=scaling)


class TestRanges:
    @pytest.mark.parametrize(
        ("searched", "value", "words"),
        [
            (("continuous", 0.001, 100, "Logarithmic"), "95", "h, 95, is at the upper end"),
            (("continuous", 0.001, 100, "Logarithmic"), "0.00105", "lower end"),
            (("continuous", 0.001, 100, "Logarithmic"), "50", ""),
            (("continuous", 0.001, 100, "Linear"), "0.001", "lower end of its range: widen it"),
            (("continuous", 0.001, 100, "Linear"), "0.5", "lower end of its range: use a log"),
            (("integer", 2, 50, "Linear"), "50", "upper end"),
            (("integer", 2, 50, "Linear"), "2", "lower end"),
            (("integer", 1, 50, "Linear"), "1", ""),
            (("continuous", 0, 5, "Linear"), "0.01", ""),
            (("continuous", 0.1, 1, "Linear"), "1.0", ""),
            (("continuous", 0.5, 0.999, "ReverseLogarithmic"), "0.999", ""),
            (("continuous", 2, 2, "Linear"), "2", ""),
            (("integer", 2, 50, "Linear"), "words", ""),
        ],
    )
    def test_a_value_at_an_end_that_is_not_natural_is_a_hint(
        self, searched: tuple[Any, ...], value: str, words: str
    ) -> None:
        hint = edge_hint("h", numeric(*searched), value)
        assert words in hint
        assert bool(hint) == bool(words)

    def test_of_many_edges_three_are_said(self) -> None:
        names = [f"p{number}" for number in range(6)]
        ranges = dict.fromkeys(names, numeric("continuous", 0.1, 0.9, "Linear").model_dump())
        results = of_ranges(ranges, [dict.fromkeys(names, "0.9")])
        assert len(matching(results, "widen it")) == 3


class TestFailures:
    def test_equal_reasons_make_one_group(self) -> None:
        jobs = tuple(
            training_job(i, None, status="Failed", failure_reason=f"fold {i}: 0xab{i} is bad")
            for i in range(7)
        )
        (group,) = failures(make_results((*jobs, training_job(9, None))))[:1]
        assert (group.amount, len(group.names), group.estimators) == (7, 5, ("boosting",))

    def test_a_training_job_without_an_objective_failed_and_a_stopped_one_did_not(self) -> None:
        jobs = (training_job(1, None), training_job(2, 0.5, status="Stopped"))
        (group,) = failures(make_results(jobs))
        assert (group.reason, group.amount) == (NO_OBJECTIVE, 1)
