"""Errors are read as people say them: positive, and lower is better."""

from __future__ import annotations

import re

from tests.support.report.made_up import make_errors, make_results
from tunedrop.report.charts.contenders import contenders_chart, draw_contenders
from tunedrop.report.charts.objective_over_time import objective_over_time
from tunedrop.report.markdown import report_md
from tunedrop.report.results import as_read


def test_every_value_changes_its_sign_and_nothing_else_does() -> None:
    raw = make_errors()
    read = as_read(raw)
    assert [job.objective for job in read.training_jobs] == [
        None if job.objective is None else -job.objective for job in raw.training_jobs
    ]
    assert read.objective == -(raw.objective or 0.0)
    assert read.best == read.training_jobs[raw.training_jobs.index(raw.best)]
    winner = read.confirm.shipped_contender
    assert (winner.mean, winner.interval, winner.test_score) == (2.5, (2.3, 2.7), 2.6)
    assert read.confirm.comparisons[0].difference == -0.5
    assert read.confirm.comparisons[0].t == -5.0
    assert read.better == "lower is better"
    assert read.metric == raw.metric
    back = as_read(as_read(raw))
    assert back == read


def test_other_metrics_stay_as_they_are() -> None:
    results = make_results()
    assert as_read(results) is results


def test_the_best_contender_comes_first_and_the_dummy_is_beyond_the_right_end() -> None:
    chart = contenders_chart(as_read(make_errors()))
    labels = [row.short for row in chart.rows]
    assert labels[:2] == ["Winner", "Champion"]
    assert labels[-2:] == ["Dummy", "Search's own best"]
    assert [row.short for row in chart.rows if row.off_axis] == ["Dummy"]
    assert chart.high < 30.0
    spec = str(draw_contenders(chart).specification())
    assert "triangle-right" in spec


def test_the_best_so_far_falls() -> None:
    points = objective_over_time(as_read(make_errors())).points
    best = [point.best_so_far for point in points if point.best_so_far is not None]
    assert best == sorted(best, reverse=True)
    assert len(set(best)) > 1


def test_the_markdown_has_no_negative_error() -> None:
    text = report_md(make_errors())
    assert "2.5000" in text
    assert "root mean squared error" in text
    assert "without its minus" in text
    assert not re.search(r"(?<![\w.])-\d+\.\d", text.split("## The model")[0].replace("-0.5 ", ""))


def test_results_keep_the_scorers_values() -> None:
    raw = make_errors()
    report_md(raw)
    assert raw.confirm.shipped_contender.mean == -2.5
    assert raw.direction == "Maximize"
