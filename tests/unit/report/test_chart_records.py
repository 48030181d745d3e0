"""What the charts show, by value."""

from __future__ import annotations

from datetime import timedelta

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
from tunedrop.report.charts.contenders import contenders_chart
from tunedrop.report.charts.objective_by_hyperparameter import (
    EstimatorPanels,
    objective_by_hyperparameter,
)
from tunedrop.report.charts.objective_over_time import objective_over_time
from tunedrop.report.charts.timeline import timeline
from tunedrop.report.results import Results, TrainingJob

FINITE = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12)


class TestObjectiveAxis:
    def test_good_values_fill_the_axis(self) -> None:
        axis = objective_axis([0.8, 0.85, 0.9, 0.95])
        assert axis.low == pytest.approx(0.791)
        assert axis.high == pytest.approx(0.959)
        assert axis.beyond == 0

    def test_a_diverged_training_job_does_not_flatten_the_others(self) -> None:
        axis = objective_axis([-1e9, 0.8, 0.85, 0.86, 0.9, 0.95])
        assert 0.7 < axis.low < 0.8
        assert axis.beyond == 1

    @given(st.lists(FINITE, max_size=30))
    def test_the_best_value_is_always_inside(self, values: list[float]) -> None:
        axis = objective_axis(values)
        assert axis.low < axis.high
        if values:
            assert axis.low <= max(values) <= axis.high
            assert axis.beyond == sum(value < axis.low for value in values)


@pytest.mark.parametrize(
    ("span", "unit"), [(30, "seconds"), (179, "seconds"), (600, "minutes"), (20_000, "hours")]
)
def test_time_is_shown_in_the_unit_that_suits(span: int, unit: str) -> None:
    assert time_axis([START, START + timedelta(seconds=span), None]).unit == unit


class TestObjectiveOverTime:
    def test_the_best_so_far_follows_completed_training_jobs_only(self) -> None:
        results = make_results(
            (
                training_job(1, 0.5),
                training_job(2, 0.9, status="Stopped"),
                training_job(3, None, status="Failed"),
                training_job(4, 0.7),
                training_job(5, 0.6),
            )
        )
        points = objective_over_time(results).points
        assert [point.best_so_far for point in points] == [0.5, 0.5, 0.5, 0.7, 0.7]
        assert [point.shown_as for point in points] == [
            "Completed",
            "Stopped early",
            "Failed or without objective",
            "Completed",
            "Completed",
        ]
        assert objective_over_time(results).best == 4

    def test_points_are_in_the_order_in_which_training_jobs_ended(self) -> None:
        late = training_job(1, ended=START + timedelta(hours=1))
        chart = objective_over_time(make_results((late, training_job(2))))
        assert [point.number for point in chart.points] == [2, 1]
        assert chart.unit == "minutes"
        assert [point.time for point in chart.points] == [1.533, 59.033]

    def test_a_training_job_without_times_is_shown_in_the_table_only(self) -> None:
        lost = training_job(1, created=None, started=None, ended=None)
        assert objective_over_time(make_results((lost,))).points[0].time is None


def by_hyperparameter(results: Results, estimator: str = "boosting") -> EstimatorPanels:
    return objective_by_hyperparameter(results, results.estimators[estimator])


class TestObjectiveByHyperparameter:
    def test_each_estimator_has_a_panel_for_each_range_on_its_scale(self) -> None:
        results = make_results(20)
        boosting, linear = by_hyperparameter(results), by_hyperparameter(results, "linear")
        assert [(p.hyperparameter, p.scale) for p in boosting.panels] == [
            ("learning_rate", "log"),
            ("max_leaf_nodes", "linear"),
        ]
        assert [(p.hyperparameter, p.scale) for p in linear.panels] == [
            ("C", "log"),
            ("class_weight", "category"),
        ]
        assert [panel.searched for panel in linear.panels] == [
            results.estimators["linear"].ranges[name] for name in ("C", "class_weight")
        ]

    def test_values_are_those_of_the_training_jobs(self) -> None:
        panels = by_hyperparameter(make_results((training_job(1, 0.9),)))
        (rate, nodes) = panels.panels
        assert [(p.number, p.value, p.objective, p.shown_as) for p in rate.points] == [
            (1, 0.1, 0.9, "Completed")
        ]
        assert [point.value for point in nodes.points] == [31.0]

    @pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "words", ""])
    def test_a_value_that_a_logarithm_cannot_take_is_left_out(self, value: str) -> None:
        odd = training_job(1, hyperparameters={"learning_rate": value, "max_leaf_nodes": "5"})
        panels = by_hyperparameter(make_results((odd,)))
        assert [(p.hyperparameter, len(p.points)) for p in panels.panels] == [("max_leaf_nodes", 1)]

    def test_the_best_at_the_edge_of_its_range_is_worth_a_hint(self) -> None:
        edge = training_job(1, hyperparameters={"learning_rate": "0.98", "max_leaf_nodes": "64"})
        panels = by_hyperparameter(make_results((edge,)))
        fraction, leaves = (panel.hint for panel in panels.panels)
        assert fraction == ""  # it has no beyond
        assert "max_leaf_nodes, 64, is at the upper end" in leaves

    def test_training_jobs_without_objective_make_no_panels(self) -> None:
        assert by_hyperparameter(make_results((training_job(1, None),))).panels == ()

    def test_an_estimator_without_ranges_has_no_panels(self) -> None:
        bare = {**LINEAR, "key": "boosting", "ranges": {}}
        jobs = [
            job.model_dump() | ({"estimator": bare} if job.name == TUNING_JOBS[0] else {})
            for job in make_plan().tuning_jobs
        ]
        results = make_results((training_job(1),), plan=make_plan(tuning_jobs=jobs))
        assert by_hyperparameter(results).panels == ()


class TestContenders:
    def test_contenders_are_sorted_and_the_search_is_among_them(self) -> None:
        results = make_results((training_job(1, 0.99),))
        rows = contenders_chart(results).rows
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

    def test_guessing_far_off_does_not_squeeze_the_others(self) -> None:
        chart = contenders_chart(make_results((training_job(1, 0.96),)))
        assert chart.low > 0.85
        assert [row.short for row in chart.rows if row.off_axis] == ["Baseline"]

    def test_guessing_that_is_close_is_on_the_axis(self) -> None:
        contenders = [contender("baseline", 0.94), *confirm_json()["contenders"][1:]]
        chart = contenders_chart(make_results((), confirm={"contenders": contenders}))
        assert not any(row.off_axis for row in chart.rows)

    def test_a_contender_that_failed_says_why(self) -> None:
        contenders = [contender("champion", None), contender("tuned:boosting", 0.9)]
        chart = contenders_chart(make_results((), confirm={"contenders": contenders}))
        assert [row.note for row in chart.rows] == ["selected", "not scored: it broke"]
        assert chart.low < 0.88 < 0.92 < chart.high

    def test_an_ensemble_says_of_what_it_is_made_and_why_it_is_not_selected(self) -> None:
        made = ensemble_json()
        notes = [
            {row.short: row.note for row in contenders_chart(make_results((), confirm=each)).rows}
            for each in (made, made | {"selected": "tuned:boosting"})
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

        chart = timeline(make_results((job(1, 0, 60), job(2, 10, 30), job(3, 30, 90))))
        assert [(bar.lane, bar.status) for bar in chart.bars] == [
            ("1", "Completed"),
            ("2", "Completed"),
            ("2", "Completed"),
            ("Confirm", "Completed"),
        ]
        assert chart.most_parallel == 2
        assert chart.mean_parallel == pytest.approx((60 + 20 + 60) / 90)
        assert chart.lanes == ("1", "2", "Confirm")

    def test_jobs_that_never_ran_are_not_shown(self) -> None:
        chart = timeline(make_results((training_job(1, started=None),)))
        assert [bar.lane for bar in chart.bars] == ["Confirm"]
        assert chart.mean_parallel == 0
