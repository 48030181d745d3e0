"""The page's numbers of time and money."""

from __future__ import annotations

from tests.support.report.synthetic_results import make_results, training_job
from tunedrop.report.cost import cost_facts
from tunedrop.report.markdown import report_md
from tunedrop.report.page import report_html


def test_what_spot_instances_saved_is_seconds_share_and_money() -> None:
    jobs = (training_job(1, training_seconds=300, billable_seconds=60),)
    results = make_results(jobs, price=3.6)
    facts = dict(cost_facts(results))
    assert facts["Saved by spot"] == "$0.24, 4 min (67%)"
    assert facts["Billable time"] == "2 min of 2 jobs"


def test_what_was_expected_is_beside_what_was_billed() -> None:
    results = make_results(5)
    facts = dict(cost_facts(results))
    assert (facts["Expected"], facts["Maximum"]) == ("$0.20, 1 h 40 min", "$3.00, 25 h")
    for text in (report_md(results), report_html(results)):
        assert "$0.20, 1 h 40 min" in text
        assert "$0.20 was expected" in text
    facts = dict(cost_facts(make_results(5, price=None)))
    assert (facts["Expected"], facts["Maximum"]) == ("1 h 40 min", "25 h")
