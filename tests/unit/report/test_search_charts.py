"""What the charts about estimators, parents and time show, by value."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.report.synthetic_plan import make_plan
from tests.support.report.synthetic_results import make_results, training_job
from tunedrop.report.charts.axes import objective_axis
from tunedrop.report.charts.estimators_compared import estimators_compared
from tunedrop.report.charts.objective_by_hyperparameter import objective_by_hyperparameter
from tunedrop.report.charts.objective_over_time import objective_over_time
from tunedrop.report.charts.parallel import MOST_LINES, ParallelCoordinates, parallel_coordinates
from tunedrop.report.cost import cost_facts, early_stopping, time_table
from tunedrop.report.markdown import report_md
from tunedrop.report.page import report_html
from tunedrop.report.results import Results, TrainingJob, best_training_job
from tunedrop.report.tuning_summary import estimator_table
from tunedrop_common.plan import EstimatorPlan


def boosting(results: Results) -> EstimatorPlan:
    return results.estimators["boosting"]


def lines(results: Results) -> ParallelCoordinates | None:
    return parallel_coordinates(results, boosting(results))


class TestMinimizing:
    """Errors, as people read them (`to_display_values`)."""

    def test_the_best_training_job_has_the_least_objective(self) -> None:
        jobs = [training_job(1, 0.5), training_job(2, -3.0), training_job(3, 0.7)]
        assert best_training_job(jobs, -1) == jobs[1]

    def test_each_estimators_best_is_its_least(self) -> None:
        jobs = (training_job(1, 0.5), training_job(2, 0.1), training_job(3, 0.9))
        search = make_results(jobs).model_copy(
            update={"direction": "Minimize", "best_training_job": None}
        )
        assert estimator_table(search).rows[0][:2] == ("boosting", "0.1000")
        panels = objective_by_hyperparameter(search, boosting(search))
        assert panels.best == 2

    @given(st.lists(st.floats(-1e6, 1e6), max_size=20))
    def test_it_is_the_mirror_of_maximizing(self, values: list[float]) -> None:
        up, down = objective_axis([-v for v in values]), objective_axis(values, sign=-1)
        assert down.beyond == up.beyond
        if values:
            assert (down.low, down.high) == (-up.high, -up.low)


class TestParents:
    def test_training_jobs_of_earlier_tuning_jobs_stand_left_of_the_start_in_their_order(
        self,
    ) -> None:
        parents = tuple(
            training_job(i, 0.5 + i / 10, name=f"p{i}", tuning_job="old") for i in range(1, 4)
        )
        lost = training_job(9, None, name="p9", tuning_job="old")
        results = make_results(3).model_copy(update={"parent_training_jobs": (*parents, lost)})
        chart = objective_over_time(results)
        assert [parent.name for parent in chart.parents] == ["p1", "p2", "p3"]
        times = [parent.time or 0.0 for parent in chart.parents]
        assert times == sorted(times)
        assert max(times) < 0
        assert {parent.shown_as for parent in chart.parents} == {"Earlier tuning job"}

    def test_they_take_no_part_in_the_best_so_far(self) -> None:
        parent = training_job(1, 0.99, name="p1", tuning_job="old")
        results = make_results((training_job(1, 0.5),)).model_copy(
            update={"parent_training_jobs": (parent,)}
        )
        assert [p.best_so_far for p in objective_over_time(results).points] == [0.5]


class TestEstimatorsCompared:
    def test_every_objective_and_each_estimators_best_are_shown(self) -> None:
        results = make_results(40)
        chart = estimators_compared(results)
        assert chart is not None
        assert chart.estimators == ("boosting", "linear")
        objectives = [job.objective for job in results.training_jobs if job.objective is not None]
        assert sorted(point.objective for point in chart.points) == sorted(objectives)
        best = {
            max(
                (job.objective or 0.0, number)
                for number, job in enumerate(results.training_jobs, start=1)
                if job.estimator == key and job.status == "Completed"
            )[1]
            for key in chart.estimators
        }
        assert set(chart.best) == best

    def test_one_estimator_has_nothing_to_be_compared_with(self) -> None:
        assert estimators_compared(make_results((training_job(1), training_job(2)))) is None


class TestParallelCoordinates:
    def test_every_line_crosses_every_axis_where_its_value_is(self) -> None:
        jobs = (
            training_job(1, 0.5, hyperparameters={"learning_rate": "0.01", "max_leaf_nodes": "4"}),
            training_job(2, 0.9, hyperparameters={"learning_rate": "0.1", "max_leaf_nodes": "34"}),
        )
        chart = lines(make_results(jobs))
        assert chart is not None
        assert [(p.number, p.axis, p.at, p.rank) for p in chart.points] == [
            (1, "learning_rate", 0.0, 0.0),
            (1, "max_leaf_nodes", 0.0, 0.0),
            (1, "balanced accuracy", 0.0, 0.0),
            (2, "learning_rate", 0.5, 1.0),
            (2, "max_leaf_nodes", 0.5, 1.0),
            (2, "balanced accuracy", 1.0, 1.0),
        ]
        assert [(a.axis, a.low, a.high) for a in chart.axes] == [
            ("learning_rate", "0.01", "1"),
            ("max_leaf_nodes", "4", "64"),
            ("balanced accuracy", "0.5", "0.9"),
        ]

    def test_of_many_training_jobs_the_best_ones_stay(self) -> None:
        jobs = tuple(training_job(i, i / 1000) for i in range(1, 1001))
        chart = lines(make_results(jobs))
        assert chart is not None
        shown = {point.number for point in chart.points}
        assert len(shown) == chart.shown == MOST_LINES
        assert set(range(921, 1001)) <= shown
        assert min(shown) < 20

    @pytest.mark.parametrize("jobs", [(), (training_job(1),), (training_job(1, None),) * 2])
    def test_one_line_is_no_picture(self, jobs: tuple[Any, ...]) -> None:
        assert lines(make_results(jobs)) is None

    def test_equal_objectives_lie_in_the_middle(self) -> None:
        chart = lines(make_results((training_job(1), training_job(2))))
        assert chart is not None
        assert [p.at for p in chart.points if p.axis == "balanced accuracy"] == [0.5, 0.5]


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
