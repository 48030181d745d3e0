"""The page's numbers of time and money."""

from __future__ import annotations

from tests.support.report.synthetic_plan import make_plan
from tests.support.report.synthetic_results import make_results, training_job
from tunedrop.report.cost import cost_facts
from tunedrop.report.markdown import report_md
from tunedrop.report.page import report_html
from tunedrop_common.plan import Plan


def test_what_spot_instances_saved_is_seconds_share_and_money() -> None:
    jobs = (training_job(1, training_seconds=300, billable_seconds=60),)
    results = make_results(jobs, price=3.6)
    facts = dict(cost_facts(results))
    assert facts["Saved by spot"] == "$0.24, 4 min (67%)"
    assert facts["Per job"] == "$0.0600 on average"
    assert facts["Billable time"] == "2 min of 2 jobs"


def test_early_stopping_saved_what_a_completed_training_job_takes_longer() -> None:
    jobs = (
        training_job(1, training_seconds=100),
        training_job(2, training_seconds=300),
        training_job(3, training_seconds=50, status="Stopped"),
        training_job(4, training_seconds=500, status="Stopped"),
    )
    stopping, off = (
        dict(cost_facts(make_results(jobs, plan=with_early_stopping(setting))))
        for setting in ("Auto", "Off")
    )
    assert stopping["Saved by early stopping"] == "about 2 min 30 s"
    assert "Saved by early stopping" not in off  # a person stopped them


def with_early_stopping(setting: str) -> Plan:
    jobs = [job.model_dump() | {"early_stopping": setting} for job in make_plan().tuning_jobs]
    return make_plan(tuning_jobs=jobs)


def test_fitting_and_scoring_are_a_share_of_the_time() -> None:
    jobs = (
        training_job(1, fit_seconds=2.0, score_seconds=0.5),
        training_job(2, fit_seconds=1.0, score_seconds=0.5),
        training_job(3, fit_seconds=None),
        training_job(4, status="Stopped", fit_seconds=9.0),
    )
    facts = dict(cost_facts(make_results(jobs)))
    assert facts["Fitting and scoring"] == "33% of the time of completed training jobs"


def test_what_was_expected_is_beside_what_was_billed() -> None:
    results = make_results(5)
    facts = dict(cost_facts(results))
    assert (facts["Expected"], facts["Maximum"]) == ("$0.20, 1 h 40 min", "$3.00, 25 h")
    for text in (report_md(results), report_html(results)):
        assert "$0.20, 1 h 40 min" in text
        assert "$0.20 was expected" in text
    facts = dict(cost_facts(make_results(5, price=None)))
    assert (facts["Expected"], facts["Maximum"]) == ("1 h 40 min", "25 h")
