"""Nobody is kept out: axe-core finds no barrier in the report and the index pages."""

from __future__ import annotations

import pytest

from tests.support.browser.pages import THEMES, Open, barriers
from tests.support.browser.synthetic_runs import RUNS, run
from tests.support.checks import make_check
from tests.support.plans import in_use
from tests.support.report.synthetic_results import entry
from tunedrop.index.pages import catalogue_page, history_page
from tunedrop.index.records import Catalogue, History
from tunedrop.report.page import report_html

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("name", "width", "theme"),
    [
        ("30 training jobs", "laptop", "light"),
        ("30 training jobs", "phone", "dark"),
        ("two classes explained", "phone", "light"),
        ("forty classes explained", "laptop", "dark"),
        ("a regression explained", "phone", "dark"),
    ],
)
def test_the_report_has_no_barrier_with_everything_unfolded(
    open_page: Open, name: str, width: str, theme: str
) -> None:
    opened = open_page(report_html(run(name)), width, theme)
    opened.page.evaluate(
        "() => document.querySelectorAll('details').forEach((details) => { details.open = true; })"
    )
    opened.page.locator("details.behind table").last.wait_for()
    opened.page.locator("#jobs tbody button").first.click()
    assert barriers(opened) == []


@pytest.mark.slow
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", RUNS)
def test_no_kind_of_run_has_a_barrier(open_page: Open, name: str, theme: str) -> None:
    assert barriers(open_page(report_html(run(name)), "laptop", theme)) == []


@pytest.mark.parametrize("theme", THEMES)
def test_the_index_pages_have_no_barrier(open_page: Open, theme: str) -> None:
    history = History(dataset="iris").merge([entry(1), entry(2, 0.95)], "run-0002")
    checks = [make_check(3), make_check(4, 0.7, verdict="worse"), make_check(5, run_id="run-0002")]
    history = history.merge_model_changes(in_use("run-0002"), checks)
    assert barriers(open_page(history_page(history), "phone", theme)) == []
    assert barriers(open_page(catalogue_page(Catalogue().merge(history)), "laptop", theme)) == []


def test_a_barrier_is_found(open_page: Open) -> None:
    """The judge itself: it must see what is wrong."""
    text = " ".join(barriers(open_page("<main><h1>a</h1><h4>b</h4><img src='data:,'></main>")))
    for rule in ("image-alt", "heading-order", "html-has-lang"):
        assert rule in text
