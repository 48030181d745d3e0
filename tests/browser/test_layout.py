"""The page in a real browser: no error, no request, nothing sticks out or lies on another."""

from __future__ import annotations

import pytest

from tests.support.browser.pages import THEMES, WIDTHS, Open, Opened, faults
from tests.support.browser.synthetic_runs import MANY, RUNS, run
from tests.support.checks import make_check
from tests.support.plans import in_use
from tests.support.report.synthetic_results import entry
from tunedrop.index.pages import catalogue_page, history_page
from tunedrop.index.records import Catalogue, History, RunEntry
from tunedrop.report.page import report_html

pytestmark = pytest.mark.browser


def assert_sound(opened: Opened) -> None:
    """A page says nothing to the console, asks for nothing, and has a sound layout."""
    assert opened.messages == []
    assert len(opened.requests) == 1, opened.requests
    assert faults(opened) == []


@pytest.mark.parametrize("width", WIDTHS)
def test_a_page_is_sound_at_every_width(open_page: Open, width: str) -> None:
    assert_sound(open_page(report_html(run("30 training jobs")), width, "dark"))


@pytest.mark.parametrize("name", sorted(set(RUNS) - {"30 training jobs"}))
def test_every_kind_of_run_makes_a_sound_page(open_page: Open, name: str) -> None:
    assert_sound(open_page(report_html(run(name)), "phone"))


@pytest.mark.parametrize("width", WIDTHS)
def test_a_chart_in_a_fold_is_drawn_when_the_fold_is_opened(open_page: Open, width: str) -> None:
    page = open_page(report_html(run("forty classes explained")), width)
    assert page.page.locator("#chart-roc svg").count() == 0
    page.page.evaluate(
        "() => { document.querySelector('#chart-roc').closest('details').open = true; }"
    )
    for chart in ("#chart-roc", "#chart-precision-recall"):
        page.page.locator(f"{chart} svg").wait_for()
    assert_sound(page)


@pytest.mark.slow
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", [*RUNS, *MANY])
def test_every_kind_of_run_at_every_width_in_both_themes(
    open_page: Open, name: str, width: str, theme: str
) -> None:
    assert_sound(open_page(report_html(run(name)), width, theme))


@pytest.mark.parametrize("width", WIDTHS)
def test_the_index_pages_are_sound(open_page: Open, width: str) -> None:
    failed = RunEntry(
        run_id="run-9", outcome="failed", error="NoSuccessfulTrainingJob", error_text="x" * 200
    )
    history = History(dataset="a name of a dataset that goes on " * 3).merge(
        [*(entry(i, 0.9 + i / 1000) for i in range(70)), failed], "run-0007"
    )
    checks = [
        make_check(i, file=f"{'x' * 200}-{i}.csv", verdict="worse", run_id="run-0007")
        for i in range(30, 60)
    ]
    history = history.merge_model_changes(in_use("run-0007"), checks)
    assert_sound(open_page(history_page(history), width))
    assert_sound(open_page(catalogue_page(Catalogue().merge(history)), width, "dark"))


def test_text_that_lies_on_text_or_sticks_out_is_found(open_page: Open) -> None:
    """The check itself: it must see what is wrong."""
    page = open_page(
        "<main><section style='height:10px'><p style='width:3000px'>wide</p></section>"
        "<section>below</section><div class='chart' id='c'><svg width='90' height='30'>"
        "<text x='1' y='20'>one</text><text x='5' y='20'>two</text></svg></div></main>"
    )
    text = " ".join(faults(page))
    assert "the page is 30" in text
    assert "sticks out of the page" in text
    assert '"two" lies on "one"' in text


def test_a_browser_that_cannot_decompress_says_so_in_the_place_of_each_chart(
    open_page: Open,
) -> None:
    page = open_page(
        report_html(run("2 training jobs")), before="delete window.DecompressionStream"
    )
    assert page.messages == []
    places = page.texts(".chart")
    assert len(places) > 3
    assert all("too old" in text for text in places)
    assert page.page.locator("#jobs").is_hidden()


def test_print_shows_the_tables_in_full_and_no_buttons(open_page: Open) -> None:
    page = open_page(report_html(run("30 training jobs")), "print").page
    assert not page.locator("button.copy:visible, #clear:visible, #all:visible").count()
    table = page.locator("#jobs")
    assert table.locator("tbody tr").count() == 30
    box = page.locator("#jobs").evaluate(
        "el => el.parentElement.scrollHeight - el.parentElement.clientHeight"
    )
    assert box <= 1
    assert page.pdf()[:5] == b"%PDF-"
