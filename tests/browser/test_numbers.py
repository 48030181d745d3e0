"""Every number that the browser shows of training jobs is theirs."""

from __future__ import annotations

import math

import pytest

from tests.support.browser.pages import Open, Opened
from tests.support.browser.synthetic_runs import MANY, run
from tunedrop.report.display_values import to_display_values
from tunedrop.report.page import report_html
from tunedrop.report.ranges import values_text
from tunedrop.report.results import Results

pytestmark = pytest.mark.browser

# Charts of training jobs, with the hyperparameter that each shows.
CHARTS = {"chart-time": "", "chart-0-0": "learning_rate", "chart-1-1": "class_weight"}


def rows_of(opened: Opened, table: str) -> list[dict[str, str]]:
    """Return a table's rows by its headings, as they are shown."""
    head, *body = opened.page.locator(table).evaluate(
        "el => [...el.rows].map((row) => [...row.cells].map((cell) => cell.innerText.trim()))"
    )
    return [dict(zip(head, row, strict=True)) for row in body]


def behind(opened: Opened, chart: str) -> list[dict[str, str]]:
    """Open the table behind a chart, all of it, and return its rows."""
    details = opened.page.locator(f"details[data-chart='{chart}']")
    details.locator("summary").click()
    more = details.locator("button", has_text="Show all")
    if more.count():
        more.click()
    return rows_of(opened, f"details[data-chart='{chart}'] table")


def same(cell: str, value: str | float | None) -> bool:
    """Return whether a cell shows a value: a number with six digits, a dash for none."""
    if cell == "-" or not isinstance(value, float):
        return cell == (value or "-")
    return math.isclose(float(cell.replace(",", "")), value, rel_tol=1e-5)


def assert_tables(opened: Opened, results: Results) -> None:
    jobs = results.training_jobs
    if opened.page.locator("#all").is_visible():
        opened.page.locator("#all").click()
    rows = rows_of(opened, "#jobs")
    for row, job in zip(rows, jobs, strict=True):
        assert same(row["Objective"], job.objective), job
        texts = (job.name, job.estimator, job.status, values_text(job.hyperparameters))
        names = ("Name", "Estimator", "Status", "Hyperparameters", "Seconds", "Billed")
        seconds = (str(job.training_seconds), str(job.billable_seconds))
        assert tuple(row[name] for name in names) == (*texts, *seconds)
    for chart, name in CHARTS.items():
        rows = behind(opened, chart)
        assert len(rows) == sum(
            not name or (name in job.hyperparameters and job.objective is not None) for job in jobs
        )
        for row in rows:
            job = jobs[int(row["Training job"].replace(",", "")) - 1]
            assert same(row[results.metric_words], job.objective)
            value = job.hyperparameters.get(name, "")
            assert not name or same(row[name], float(value) if chart == "chart-0-0" else value)
    best = opened.page.locator("#jobs tr.best")
    assert best.count() == 1
    assert str(results.best_training_job) in best.inner_text()


def assert_marks(opened: Opened, results: Results) -> None:
    """What is drawn, and where: heights are a straight line's of the objectives."""
    drawn = opened.page.locator("#chart-time").evaluate(
        """place => [...place.querySelectorAll("svg path")].map(path => path.__data__)
        .filter(item => item?.mark?.marktype === "symbol" && item.datum.objective !== null)
        .map(item => [item.datum.number, item.datum.objective, item.y])"""
    )
    objectives = {
        number: job.objective
        for number, job in enumerate(results.training_jobs, start=1)
        if job.objective is not None
    }
    assert {number: objective for number, objective, _ in drawn} == objectives
    (_, low, at_low), (_, high, at_high) = (
        pick(drawn, key=lambda mark: float(mark[1])) for pick in (min, max)
    )
    for _, objective, y in drawn:
        share = (objective - low) / (high - low)
        assert math.isclose(y, at_low + share * (at_high - at_low), abs_tol=0.5)


@pytest.mark.parametrize(
    "name",
    [
        "30 training jobs",
        "an error as the metric",
        *(pytest.param(name, marks=pytest.mark.slow) for name in MANY),
    ],
)
def test_every_number_is_that_of_its_training_job(open_page: Open, name: str) -> None:
    opened = open_page(report_html(run(name)))
    assert_tables(opened, to_display_values(run(name)))
    assert_marks(opened, to_display_values(run(name)))
