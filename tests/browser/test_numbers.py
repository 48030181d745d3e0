"""Every number that the browser shows of training jobs is that of training_jobs.csv."""

from __future__ import annotations

import csv
import io
import math
import re

import pytest

from tests.support.browser.pages import Open, Opened
from tests.support.browser.synthetic_runs import MANY, run
from tunedrop.report.page import report_html
from tunedrop.report.results import Results
from tunedrop.report.training_jobs_csv import training_jobs_csv

pytestmark = pytest.mark.browser

CsvRow = dict[str, str]


def csv_rows(results: Results) -> list[CsvRow]:
    """Read training_jobs.csv as a spreadsheet would."""
    return list(csv.DictReader(io.StringIO(training_jobs_csv(results))))


def displayed(objective: str, results: Results) -> str:
    """Return an objective of training_jobs.csv without the sign that a scorer gives to errors."""
    if not objective or not results.metric.startswith("neg_"):
        return objective
    return repr(-float(objective))


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


def shown(value: str) -> str:
    """Return a number of training_jobs.csv with the page's six digits, a dash for none."""
    return f"{float(value):.6g}" if value else "-"


def same(cell: str, expected: str) -> bool:
    if "-" in (cell, expected):
        return cell == expected
    return math.isclose(float(cell.replace(",", "")), float(expected), rel_tol=1e-5)


def assert_numbers(opened: Opened, results: Results) -> None:
    trials = csv_rows(results)
    completed = [t for t in trials if t["status"] == "Completed"]
    _all_training_jobs(opened, results, trials)
    _over_time(opened, results, trials)
    _objectives(opened, results, trials)
    _marks(opened, results, trials)
    best = max(completed, key=lambda t: float(t["objective"]))
    assert opened.page.locator("#jobs tr.best").count() == 1
    assert best["name"] in opened.page.locator("#jobs tr.best").inner_text()


def _all_training_jobs(opened: Opened, results: Results, trials: list[CsvRow]) -> None:
    if opened.page.locator("#all").is_visible():
        opened.page.locator("#all").click()
    rows = rows_of(opened, "#jobs")
    assert [row["Name"] for row in rows] == [trial["name"] for trial in trials]
    for row, trial in zip(rows, trials, strict=True):
        assert same(row["Objective"], shown(displayed(trial["objective"], results))), trial
        assert (row["Status"], row["Estimator"]) == (trial["status"], trial["estimator"])
        assert (row["Seconds"], row["Billed"]) == (
            trial["training_seconds"], trial["billable_seconds"],
        )  # fmt: skip
        for name, value in re.findall(r"(\w+)=([^,]+)", row["Hyperparameters"]):
            expected = trial[f"param_{name}"]
            assert value == expected or math.isclose(float(value), float(expected), rel_tol=1e-3)


def _over_time(opened: Opened, results: Results, trials: list[CsvRow]) -> None:
    by_name = {trial["name"]: trial for trial in trials}
    best = ""
    rows = behind(opened, "chart-time")
    assert {row["Name"] for row in rows} == set(by_name)
    ends = [by_name[row["Name"]]["ended"] for row in rows]
    assert ends == sorted(ends)
    for row in rows:
        trial = by_name[row["Name"]]
        if trial["status"] == "Completed" and trial["objective"]:
            best = max(best or trial["objective"], trial["objective"], key=float)
        assert same(row[results.metric_words], shown(displayed(trial["objective"], results)))
        assert same(row["Best so far"], shown(displayed(best, results)))


def _objectives(opened: Opened, results: Results, trials: list[CsvRow]) -> None:
    """The tables behind the charts of hyperparameters."""
    panels = {
        "chart-0-0": "learning_rate", "chart-0-1": "max_leaf_nodes",
        "chart-1-0": "C", "chart-1-1": "class_weight",
    }  # fmt: skip
    for chart, name in panels.items():
        rows = behind(opened, chart)
        column = f"param_{name}"
        assert len(rows) == sum(bool(t[column] and t["objective"]) for t in trials)
        for row in rows:
            trial = trials[int(row["Training job"].replace(",", "")) - 1]
            assert row[name] == trial[column] or same(row[name], shown(trial[column]))
            assert same(row[results.metric_words], shown(displayed(trial["objective"], results)))


def _marks(opened: Opened, results: Results, trials: list[CsvRow]) -> None:
    """What is drawn, and where: heights are a straight line's of the objectives."""
    drawn = opened.page.locator("#chart-time").evaluate(
        """place => [...place.querySelectorAll("svg path")].map(path => path.__data__)
        .filter(item => item?.mark?.marktype === "symbol" && item.datum.objective !== null)
        .map(item => [item.datum.number, item.datum.objective, item.y])"""
    )
    scored = [trial for trial in trials if trial["objective"]]
    assert len(drawn) == len(scored)
    for number_of, objective, _ in drawn:
        assert objective == float(displayed(trials[number_of - 1]["objective"], results))
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
def test_every_number_is_that_of_training_jobs_csv(open_page: Open, name: str) -> None:
    results = run(name)
    assert_numbers(open_page(report_html(results)), results)
