"""Every number that the page shows is the one that anybody computes from trials.csv."""

from __future__ import annotations

import csv
import io
import math
import re
from statistics import median
from typing import Any

import pytest

from tests.browser.conftest import Open, Opened
from tests.browser.made_up_runs import run
from tunedrop.report.page import report_html
from tunedrop.report.results import Results
from tunedrop.report.trials_csv import trials_csv
from tunedrop.report.wording import duration, money, score

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

Trial = dict[str, str]


def trials(results: Results) -> list[Trial]:
    """Read trials.csv as a spreadsheet would."""
    return list(csv.DictReader(io.StringIO(trials_csv(results))))


def said(objective: str, results: Results) -> str:
    """Return an objective of trials.csv as people say it: a scorer negates errors, they don't."""
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
    """Return a number of trials.csv with the page's six digits, a dash for none."""
    return f"{float(value):.6g}" if value else "-"


def same(found: str, wanted: str) -> bool:
    if "-" in (found, wanted):
        return found == wanted
    return math.isclose(float(found), float(wanted), rel_tol=1e-5)


def assert_numbers(opened: Opened, results: Results) -> None:
    known = trials(results)
    scored = [t for t in known if t["objective"]]
    completed = [t for t in scored if t["status"] == "Completed"]
    _all_training_jobs(opened, results, known)
    _tiles_and_cost(opened, results, known)
    _over_time(opened, results, known)
    _estimators(opened, results, known)
    _panels(opened, results, known)
    best = max(completed, key=lambda t: float(t["objective"]))
    bold = rows_of(opened, "#jobs")
    assert best["name"] in {row["Name"] for row in bold}
    assert opened.page.locator("#jobs tr.best td").last.count() == 1
    assert best["name"] in opened.page.locator("#jobs tr.best").inner_text()
    assert (
        score(float(said(best["objective"], results)))[:6]
        in opened.page.locator("main").inner_text()
    )


def _all_training_jobs(opened: Opened, results: Results, known: list[Trial]) -> None:
    if opened.page.locator("#all").is_visible():
        opened.page.locator("#all").click()
    rows = rows_of(opened, "#jobs")
    assert [row["Name"] for row in rows] == [trial["name"] for trial in known]
    for row, trial in zip(rows, known, strict=True):
        assert same(row["Objective"], shown(said(trial["objective"], results))), trial
        assert (row["Status"], row["Estimator"]) == (trial["status"], trial["estimator"])
        assert (row["Seconds"], row["Billed"]) == (
            trial["training_seconds"], trial["billable_seconds"],
        )  # fmt: skip
        assert math.isclose(
            float(row["US$"]), int(trial["billable_seconds"]) / 3600 * 0.12, rel_tol=1e-4
        )
        for name, value in re.findall(r"(\w+)=([^,]+)", row["Hyperparameters"]):
            wanted = trial[f"param_{name}"]
            assert value == wanted or math.isclose(float(value), float(wanted), rel_tol=1e-3)


def _tiles_and_cost(opened: Opened, results: Results, known: list[Trial]) -> None:
    tiles = " ".join(opened.texts(".tiles li"))
    assert re.search(rf"Training jobs\s+{len(known):,}\s", tiles)
    for status, word in (("Failed", "failed"), ("Stopped", "stopped early")):
        amount = sum(trial["status"] == status for trial in known)
        assert (f"{amount:,} {word}" in tiles) == (amount > 0)
    confirm = results.confirm_job
    billed = sum(int(trial["billable_seconds"]) for trial in known)
    billed += confirm.billable_seconds or 0
    cost = opened.page.locator("section[aria-labelledby=cost-title]").inner_text()
    assert money(billed / 3600 * 0.12) in cost
    assert duration(billed) in cost


def _over_time(opened: Opened, results: Results, known: list[Trial]) -> None:
    by_name = {trial["name"]: trial for trial in known}
    best = ""
    rows = behind(opened, "chart-time")
    assert {row["Training job"] for row in rows} == set(by_name)
    ends = [by_name[row["Training job"]]["ended"] for row in rows]
    assert ends == sorted(ends)
    for row in rows:
        trial = by_name[row["Training job"]]
        if trial["status"] == "Completed" and trial["objective"]:
            best = max(best or trial["objective"], trial["objective"], key=float)
        assert same(row[results.metric_words], shown(said(trial["objective"], results)))
        assert same(row["Best so far"], shown(said(best, results)))


def _estimators(opened: Opened, results: Results, known: list[Trial]) -> None:
    rows = rows_of(opened, "section[aria-labelledby=estimators-title] > .scroll table")
    assert {row["Estimator"] for row in rows} == {trial["estimator"] for trial in known}
    for row in rows:
        own = [trial for trial in known if trial["estimator"] == row["Estimator"]]
        completed = [t["objective"] for t in own if t["status"] == "Completed"]
        values = [float(said(each, results)) for each in completed]
        assert row["Best"] == score(float(said(max(completed, key=float), results)))
        assert row["Median"] == score(median(values))
        assert int(row["Training jobs"]) == len(own)
        assert int(row["Stopped early"]) == sum(t["status"] == "Stopped" for t in own)
        assert int(row["Failed"]) == sum(t["status"] == "Failed" for t in own)


def _panels(opened: Opened, results: Results, known: list[Trial]) -> None:
    panels = {"chart-0-0": "learning_rate", "chart-0-1": "max_leaf_nodes", "chart-1-0": "C"}
    for chart, name in panels.items():
        rows = behind(opened, chart)
        wanted = [t for t in known if t[f"param_{name}"] and t["objective"]]
        assert len(rows) == len(wanted)
        for row, trial in zip(rows, wanted, strict=True):
            assert same(row[name], shown(trial[f"param_{name}"]))
            assert same(row[results.metric_words], shown(said(trial["objective"], results)))


def _run(name: str) -> Any:
    results = run(name)
    assert isinstance(results, Results)
    return results


@pytest.mark.parametrize("name", ["30 training jobs", "an error as the metric"])
def test_every_number_is_that_of_trials_csv(open_page: Open, name: str) -> None:
    results = _run(name)
    assert_numbers(open_page(report_html(results)), results)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["750 training jobs", "10,000 training jobs"])
def test_every_number_of_many_training_jobs_is_that_of_trials_csv(
    open_page: Open, name: str
) -> None:
    results = _run(name)
    assert_numbers(open_page(report_html(results)), results)


def test_contenders_are_shown_with_confirms_own_numbers(open_page: Open) -> None:
    results = _run("30 training jobs")
    rows = rows_of(
        open_page(report_html(results)), "section[aria-labelledby=contenders-title] > .scroll table"
    )
    shown_scores = {(row["Mean"], row["95 % interval"], row["Test score"]) for row in rows}
    for contender in results.confirm.contenders:
        low, high = contender.interval
        interval = f"{score(low)} to {score(high)}"
        assert (score(contender.mean), interval, score(contender.test_score)) in shown_scores
