"""What the charts of the search and of the final comparison show, by value."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.report.synthetic_plan import LINEAR, TUNING_JOBS, make_plan
from tests.support.report.synthetic_results import (
    START,
    confirm_json,
    contender,
    ensemble_json,
    make_results,
    training_job,
)
from tunedrop.report.charts.axes import objective_axis, time_axis
from tunedrop.report.charts.contenders import compare_contenders
from tunedrop.report.charts.drawing import Chart
from tunedrop.report.charts.estimators_compared import estimators_chart
from tunedrop.report.charts.objective_by_hyperparameter import Panel, hyperparameter_panels
from tunedrop.report.charts.objective_over_time import objective_over_time
from tunedrop.report.charts.parallel import MOST_LINES, parallel_chart
from tunedrop.report.charts.timeline import timeline
from tunedrop.report.results import Results, TrainingJob, best_training_job
from tunedrop.report.tuning_summary import estimator_table

FINITE = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12)


def panels_of(results: Results, estimator: str = "boosting") -> list[Panel]:
    return hyperparameter_panels(results, results.estimators[estimator])


def values(chart: Chart | None, *fields: str) -> list[tuple[Any, ...]]:
    assert chart is not None
    return [tuple(row[name] for name in fields) for row in chart.rows]


class TestObjectiveAxis:
    def test_good_values_fill_the_axis_although_a_training_job_diverged(self) -> None:
        axis = objective_axis([0.8, 0.85, 0.9, 0.95])
        assert [axis.low, axis.high] == pytest.approx([0.791, 0.959])
        assert axis.outliers == 0
        axis = objective_axis([-1e9, 0.8, 0.85, 0.86, 0.9, 0.95])
        assert 0.7 < axis.low < 0.8
        assert axis.outliers == 1

    @given(st.lists(FINITE, max_size=30))
    def test_the_best_value_is_inside_and_minimizing_mirrors_maximizing(
        self, objectives: list[float]
    ) -> None:
        axis = objective_axis(objectives)
        mirrored = objective_axis([-value for value in objectives], sign=-1)
        assert axis.low < axis.high
        if objectives:
            assert axis.low <= max(objectives) <= axis.high
            assert (
                axis.outliers == mirrored.outliers == sum(value < axis.low for value in objectives)
            )
            assert (mirrored.low, mirrored.high) == (-axis.high, -axis.low)


@pytest.mark.parametrize(
    ("span", "unit"), [(30, "seconds"), (179, "seconds"), (600, "minutes"), (20_000, "hours")]
)
def test_time_is_shown_in_the_unit_that_suits(span: int, unit: str) -> None:
    assert time_axis([START, START + timedelta(seconds=span), None]).unit == unit


class TestObjectiveOverTime:
    def test_the_best_so_far_follows_completed_training_jobs_only(self) -> None:
        jobs = (
            training_job(1, 0.5),
            training_job(2, 0.9, status="Stopped"),
            training_job(3, None, status="Failed"),
            training_job(4, 0.7),
            training_job(5, 0.6),
        )
        data = objective_over_time(make_results(jobs))
        assert [row["best_so_far"] for row in data.rows] == [0.5, 0.5, 0.5, 0.7, 0.7]
        assert [row["shown_as"] for row in data.rows] == [
            "Completed", "Stopped early", "Failed or without objective", "Completed", "Completed",
        ]  # fmt: skip
        assert data.best == 4

    def test_rows_are_in_the_order_in_which_training_jobs_ended(self) -> None:
        late = training_job(1, ended=START + timedelta(hours=1))
        data = objective_over_time(make_results((late, training_job(2))))
        assert data.unit == "minutes"
        assert [(row["number"], row["time"]) for row in data.rows] == [(2, 1.533), (1, 59.033)]

    def test_a_training_job_without_times_is_in_the_table_only(self) -> None:
        timeless = training_job(1, created=None, started=None, ended=None)
        assert objective_over_time(make_results((timeless,))).rows[0]["time"] is None

    def test_parents_stand_left_of_the_start_in_their_order_and_are_never_the_best(self) -> None:
        parents = tuple(
            training_job(i, 0.5 + i / 10, name=f"p{i}", tuning_job="old") for i in range(1, 4)
        )
        silent = training_job(9, None, name="p9", tuning_job="old")
        results = make_results((training_job(1, 0.5),))
        data = objective_over_time(
            results.model_copy(update={"parent_training_jobs": (*parents, silent)})
        )
        assert [row["name"] for row in data.parents] == ["p1", "p2", "p3"]
        times = [row["time"] for row in data.parents]
        assert times == sorted(times)
        assert max(times) < 0
        assert {row["shown_as"] for row in data.parents} == {"Earlier tuning job"}
        assert [row["best_so_far"] for row in data.rows] == [0.5]


class TestObjectiveByHyperparameter:
    def test_each_estimator_has_a_panel_for_each_range_on_its_scale(self) -> None:
        results = make_results(20)
        for estimator, scales in (
            ("boosting", [("learning_rate", "log"), ("max_leaf_nodes", "linear")]),
            ("linear", [("C", "log"), ("class_weight", "category")]),
        ):
            panels = panels_of(results, estimator)
            assert [(panel.hyperparameter, panel.scale) for panel in panels] == scales

    def test_values_are_those_of_the_training_jobs(self) -> None:
        rate, nodes = panels_of(make_results((training_job(1, 0.9),)))
        assert rate.rows == (
            {"number": 1, "value": 0.1, "objective": 0.9, "shown_as": "Completed"},
        )
        assert [row["value"] for row in nodes.rows] == [31.0]

    @pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "words", ""])
    def test_a_value_that_a_logarithm_cannot_take_is_not_shown(self, value: str) -> None:
        odd = training_job(1, hyperparameters={"learning_rate": value, "max_leaf_nodes": "5"})
        panels = panels_of(make_results((odd,)))
        assert [(panel.hyperparameter, len(panel.rows)) for panel in panels] == [
            ("max_leaf_nodes", 1)
        ]

    def test_the_best_at_the_end_of_its_range_gives_a_hint(self) -> None:
        edge = training_job(1, hyperparameters={"learning_rate": "0.98", "max_leaf_nodes": "64"})
        fraction, leaves = (panel.hint for panel in panels_of(make_results((edge,))))
        assert fraction == ""  # it has no beyond
        assert "max_leaf_nodes, 64, is at the upper end" in leaves

    def test_no_panels_without_an_objective_or_without_ranges(self) -> None:
        assert panels_of(make_results((training_job(1, None),))) == []
        bare = {**LINEAR, "key": "boosting", "ranges": {}}
        jobs = [
            job.model_dump() | ({"estimator": bare} if job.name == TUNING_JOBS[0] else {})
            for job in make_plan().tuning_jobs
        ]
        results = make_results((training_job(1),), plan=make_plan(tuning_jobs=jobs))
        assert panels_of(results) == []

    def test_where_errors_are_minimized_the_best_is_the_least(self) -> None:
        jobs = (training_job(1, 0.5), training_job(2, 0.1), training_job(3, 0.9))
        assert best_training_job(jobs, -1) == jobs[1]
        search = make_results(jobs).model_copy(
            update={"direction": "Minimize", "best_training_job": None}
        )
        assert estimator_table(search).rows[0][:2] == ("boosting", "0.1000")
        assert panels_of(search)[0].best == 2


class TestContenders:
    def test_contenders_are_sorted_and_the_search_is_among_them(self) -> None:
        rows = compare_contenders(make_results((training_job(1, 0.99),))).rows
        assert [row.short for row in rows] == [
            "boosting tuned",
            "linear tuned",
            "Champion",
            "linear defaults",
            "boosting defaults",
            "Baseline",
            "Search's own best",
        ]
        assert [row.kind for row in rows] == ["selected", *["other"] * 5, "search"]
        assert (rows[0].mean, rows[0].low, rows[0].high) == (0.97, 0.95, 0.99)

    def test_a_baseline_far_off_does_not_squeeze_the_others_and_a_close_one_is_on_the_axis(
        self,
    ) -> None:
        far = compare_contenders(make_results((training_job(1, 0.96),)))
        assert far.low > 0.85
        assert [row.short for row in far.rows if row.off_axis] == ["Baseline"]
        contenders = [contender("baseline", 0.94), *confirm_json()["contenders"][1:]]
        close = compare_contenders(make_results((), confirm={"contenders": contenders}))
        assert not any(row.off_axis for row in close.rows)

    def test_a_contender_that_failed_has_its_reason(self) -> None:
        contenders = [contender("champion", None), contender("tuned:boosting", 0.9)]
        data = compare_contenders(make_results((), confirm={"contenders": contenders}))
        assert [row.note for row in data.rows] == ["selected", "not scored: it broke"]
        assert data.low < 0.88 < 0.92 < data.high

    def test_an_ensemble_has_its_members_and_why_it_is_not_selected(self) -> None:
        selected = ensemble_json()
        notes = [
            {
                row.short: row.note
                for row in compare_contenders(make_results((), confirm=confirm)).rows
            }
            for confirm in (selected, selected | {"selected": "tuned:boosting"})
        ]
        assert notes[0]["Ensemble"] == "selected; mean of boosting and linear"
        assert notes[1]["Ensemble"].startswith("mean of boosting and linear; not selected: not ")


class TestTimeline:
    def test_jobs_take_the_first_free_lane(self) -> None:
        def job(number: int, start: int, end: int) -> TrainingJob:
            return training_job(
                number,
                started=START + timedelta(seconds=start),
                ended=START + timedelta(seconds=end),
            )

        data = timeline(make_results((job(1, 0, 60), job(2, 10, 30), job(3, 30, 90))))
        assert [row["lane"] for row in data.rows] == ["1", "2", "2", "Confirm"]
        assert {row["status"] for row in data.rows} == {"Completed"}
        assert data.most_parallel == 2
        assert data.mean_parallel == pytest.approx((60 + 20 + 60) / 90)
        assert data.lanes == ("1", "2", "Confirm")

    def test_jobs_that_never_ran_are_not_shown(self) -> None:
        data = timeline(make_results((training_job(1, started=None),)))
        assert [row["lane"] for row in data.rows] == ["Confirm"]
        assert data.mean_parallel == 0


class TestEstimatorsCompared:
    def test_every_objective_and_each_estimators_best_are_shown(self) -> None:
        results = make_results(40)
        chart = estimators_chart(results)
        jobs = enumerate(results.training_jobs, start=1)
        scored = [(number, job) for number, job in jobs if job.objective is not None]
        assert values(chart, "number", "estimator", "objective") == [
            (number, job.estimator, job.objective) for number, job in scored
        ]
        best = {
            max(
                (job.objective or 0.0, number)
                for number, job in scored
                if job.estimator == estimator and job.status == "Completed"
            )[1]
            for estimator in ("boosting", "linear")
        }
        assert chart
        fill = chart.specification()["layer"][0]["encoding"]["fill"]["condition"]["test"]
        assert set(json.loads(re.findall(r"\[.*?\]", fill)[0])) == best

    def test_one_estimator_has_nothing_to_be_compared_with(self) -> None:
        assert estimators_chart(make_results((training_job(1), training_job(2)))) is None


class TestParallelCoordinates:
    def chart(self, *jobs: TrainingJob) -> Chart | None:
        results = make_results(jobs)
        return parallel_chart(results, results.estimators["boosting"], 0)

    def test_every_line_crosses_every_axis_where_its_value_is(self) -> None:
        chart = self.chart(
            training_job(1, 0.5, hyperparameters={"learning_rate": "0.01", "max_leaf_nodes": "4"}),
            training_job(2, 0.9, hyperparameters={"learning_rate": "0.1", "max_leaf_nodes": "34"}),
        )
        assert values(chart, "number", "axis", "at", "rank") == [
            (1, "learning_rate", 0.0, 0.0),
            (1, "max_leaf_nodes", 0.0, 0.0),
            (1, "balanced accuracy", 0.0, 0.0),
            (2, "learning_rate", 0.5, 1.0),
            (2, "max_leaf_nodes", 0.5, 1.0),
            (2, "balanced accuracy", 1.0, 1.0),
        ]
        assert chart
        assert [tuple(axis.values()) for axis in chart.other_rows["ends"]] == [
            ("learning_rate", "0.01", "1"),
            ("max_leaf_nodes", "4", "64"),
            ("balanced accuracy", "0.5", "0.9"),
        ]

    def test_of_many_training_jobs_the_best_ones_stay(self) -> None:
        chart = self.chart(*(training_job(i, i / 1000) for i in range(1, 1001)))
        numbers = {number for (number,) in values(chart, "number")}
        assert len(numbers) == MOST_LINES
        assert set(range(921, 1001)) <= numbers
        assert min(numbers) < 20
        assert chart
        assert f"{MOST_LINES} of 1,000 completed" in chart.note

    @pytest.mark.parametrize("jobs", [(), (training_job(1),), (training_job(1, None),) * 2])
    def test_one_line_is_no_picture(self, jobs: tuple[Any, ...]) -> None:
        assert self.chart(*jobs) is None

    def test_equal_objectives_lie_in_the_middle(self) -> None:
        chart = self.chart(training_job(1), training_job(2))
        heights = [at for axis, at in values(chart, "axis", "at") if axis == "balanced accuracy"]
        assert heights == [0.5, 0.5]
