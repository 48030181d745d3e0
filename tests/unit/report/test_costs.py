"""The page's numbers of time and money."""

from __future__ import annotations

import pytest

from tests.support.report.synthetic_plan import make_plan
from tests.support.report.synthetic_results import make_results, training_job
from tunedrop.report.cost import cost_facts, early_stopping, time_table
from tunedrop.report.markdown import report_md
from tunedrop.report.page import report_html
from tunedrop.report.results import TrainingJob


class TestTimeTable:
    def rows(self, *jobs: TrainingJob) -> list[tuple[str, ...]]:
        table = time_table(make_results(jobs))
        assert table is not None
        return [row[:3] for row in table.rows]

    def test_fitting_and_scoring_are_times_the_folds_and_the_rest_is_the_rest(self) -> None:
        assert self.rows(
            training_job(1, fit_seconds=2.0, score_seconds=0.5),
            training_job(2, fit_seconds=1.0, score_seconds=0.5),
            training_job(3, fit_seconds=None),
            training_job(4, status="Stopped", fit_seconds=9.0),
        ) == [
            ("Fitting", "15 s", "25%"),
            ("Scoring", "5 s", "8%"),
            ("Everything else", "40 s", "67%"),
            ("Before the start", "8 s", ""),
        ]

    def test_whole_seconds_of_sagemaker_make_no_negative_rest(self) -> None:
        fitting, _, rest, _ = self.rows(
            training_job(1, training_seconds=1, fit_seconds=0.5, score_seconds=0.0)
        )
        assert (fitting[2], rest[1]) == ("100%", "0 s")

    def test_unknown_times_are_not_made_up(self) -> None:
        assert time_table(make_results(5)) is None


class TestEarlyStopping:
    def test_it_saved_what_a_completed_training_job_takes_less_what_was_taken(self) -> None:
        jobs = (
            training_job(1, training_seconds=100),
            training_job(2, training_seconds=200),
            training_job(3, training_seconds=300),
            training_job(4, training_seconds=50, status="Stopped"),
            training_job(5, training_seconds=500, status="Stopped"),
        )
        saved = early_stopping(make_results(jobs, price=3.6))
        assert saved is not None
        assert (saved.jobs, saved.seconds) == (2, 150.0)
        assert saved.usd == pytest.approx(0.15)
        assert "$0.15, 2 min 30 s" in saved.sentence

    def test_jobs_that_a_person_stopped_saved_nothing(self) -> None:
        plans = [job.model_dump() | {"early_stopping": "Off"} for job in make_plan().tuning_jobs]
        jobs = (training_job(1), training_job(2, status="Stopped", training_seconds=1))
        assert early_stopping(make_results(jobs, plan=make_plan(tuning_jobs=plans))) is None


def test_what_spot_instances_saved_is_seconds_share_and_money() -> None:
    jobs = (training_job(1, training_seconds=300, billable_seconds=60),)
    results = make_results(jobs, price=3.6)
    facts = dict(cost_facts(results))
    assert facts["Saved by spot"] == "$0.24, 4 min (67%)"
    assert facts["Per job"] == "$0.0600 on average"
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
