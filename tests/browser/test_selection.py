"""What a reader does: selects in one chart and sees it in all, sorts, filters, copies."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.support.browser.pages import Opened, Pages, marks, selected
from tests.support.browser.synthetic_runs import run
from tunedrop.report.page import report_html

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def shared(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """One page for all tests of this module: opening it takes longer than they do."""
    with Pages(chromium, tmp_path_factory.mktemp("pages")) as pages:
        yield pages.open(report_html(run("30 training jobs")))


@pytest.fixture
def opened(shared: Opened) -> Opened:
    """The page as it was when it was opened."""
    page = shared.page
    page.locator("#filter").fill("")
    page.locator("#status").select_option("")
    page.locator("#only").set_checked(False)
    page.locator("#jobs thead button").first.click()
    if page.locator("#jobs th").first.get_attribute("aria-sort") != "ascending":
        page.locator("#jobs thead button").first.click()
    if page.locator("#clear").is_visible():
        page.locator("#clear").click()
    return shared


def draw_frame(
    opened: Opened, chart: str, left: float, top: float, right: float, bottom: float
) -> set[int]:
    """Draw a frame over a part of a chart; return the numbers of the marks in it."""
    place = opened.page.locator(f"#{chart}")
    place.scroll_into_view_if_needed()
    box = place.bounding_box()
    assert box is not None
    x0, x1 = box["x"] + left * box["width"], box["x"] + right * box["width"]
    y0, y1 = box["y"] + top * box["height"], box["y"] + bottom * box["height"]
    inside = {
        m["number"] for m in marks(opened, chart) if x0 <= m["x"] <= x1 and y0 <= m["y"] <= y1
    }
    opened.page.mouse.move(x0, y0)
    opened.page.mouse.down()
    opened.page.mouse.move((x0 + x1) / 2, (y0 + y1) / 2)
    opened.page.mouse.move(x1, y1)
    opened.page.mouse.up()
    return inside


def test_a_frame_in_one_chart_selects_in_all_others_and_in_the_table(opened: Opened) -> None:
    everything = {chart: selected(opened, chart) for chart in ("chart-0-0", "chart-1-0")}
    framed = draw_frame(opened, "chart-time", 0.2, 0.1, 0.7, 0.7)
    assert 1 < len(framed) < 30
    assert selected(opened, "chart-time") == framed
    for chart, before in everything.items():
        assert selected(opened, chart) == framed & before, chart
    assert f"{len(framed)} training jobs selected" in opened.page.locator("#selected").inner_text()
    opened.page.locator("#only").check()
    numbers = {int(text) for text in opened.texts("#jobs tbody td:first-child")}
    assert numbers == framed
    opened.page.locator("#clear").click()
    assert len(selected(opened, "chart-time")) == 30
    assert opened.messages == []


def test_a_click_selects_one_training_job_and_a_click_beside_it_none(opened: Opened) -> None:
    opened.page.locator("#chart-time").scroll_into_view_if_needed()
    mark = marks(opened)[3]
    opened.page.mouse.click(mark["x"], mark["y"])
    assert selected(opened, "chart-time") == {mark["number"]}
    assert opened.page.locator("#jobs tr.picked").count() == 1
    box = opened.page.locator("#chart-time").bounding_box()
    assert box is not None
    opened.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 4)
    assert len(selected(opened, "chart-time")) == 30


def test_hovering_shows_a_training_jobs_hyperparameters(opened: Opened) -> None:
    opened.page.locator("#chart-time").scroll_into_view_if_needed()
    mark = marks(opened)[0]
    opened.page.mouse.move(mark["x"], mark["y"])
    tip = opened.page.locator("#vg-tooltip-element")
    tip.wait_for(state="visible")
    assert "learning_rate=" in tip.inner_text()


def test_the_keyboard_selects_by_the_numbers_of_the_table(opened: Opened) -> None:
    first = opened.page.locator("#jobs tbody button").first
    first.focus()
    opened.page.keyboard.press("Enter")
    assert selected(opened, "chart-time") == {1}
    focused = "document.activeElement.textContent + document.activeElement.ariaPressed"
    assert opened.page.evaluate(f"() => {focused}") == "1true"
    opened.page.keyboard.press("Enter")
    assert len(selected(opened, "chart-time")) == 30


def test_the_arrows_walk_through_a_chart_and_enter_selects(opened: Opened) -> None:
    page = opened.page
    chart = page.locator("#chart-time")
    ordered = sorted(marks(opened), key=lambda m: (round(m["x"], 2), m["y"], m["number"]))
    numbers = [mark["number"] for mark in ordered]
    chart.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    announcement = page.locator("#chart-time + .said")
    assert announcement.inner_text().startswith(f"#{numbers[2]} ")
    assert len(selected(opened, "chart-time")) == 30
    page.keyboard.press("Enter")
    assert selected(opened, "chart-time") == {numbers[2]}
    assert "selected" in announcement.inner_text()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    assert selected(opened, "chart-time") == set(numbers[2:5])
    page.keyboard.press("Home")
    assert announcement.inner_text().startswith(f"#{numbers[0]} ")
    page.keyboard.press("End")
    assert announcement.inner_text().startswith(f"#{numbers[-1]} ")
    assert page.locator(".ring-mark").count() == 1
    page.keyboard.press("Escape")
    assert len(selected(opened, "chart-time")) == 30
    page.keyboard.press("Tab")
    assert announcement.inner_text() == ""
    assert not page.locator(".ring-mark").count()
    assert opened.messages == []


def test_headings_sort_and_the_best_objective_comes_first(opened: Opened) -> None:
    head = opened.page.locator("#jobs thead button", has_text="Objective")
    column = "#jobs tbody td:nth-child(3)"
    for direction in ("descending", "ascending"):
        head.click()
        values = [float(text) for text in opened.texts(column) if text != "-"]
        assert values == sorted(values, reverse=direction == "descending")
        assert opened.page.locator("#jobs th[aria-sort]").get_attribute("aria-sort") == direction
        assert opened.texts(column)[-1] == "-"


def test_words_and_status_filter_the_table(opened: Opened) -> None:
    opened.page.locator("#filter").fill("linear class_weight=balanced")
    rows = opened.texts("#jobs tbody tr")
    assert 0 < len(rows) < 30
    assert all("linear" in row and "class_weight=balanced" in row for row in rows)
    assert f"{len(rows)} of 30 rows" in opened.page.locator("#shown").inner_text()
    opened.page.locator("#filter").fill("")
    opened.page.locator("#status").select_option("Failed")
    assert {text.split("\t")[3] for text in opened.texts("#jobs tbody tr")} == {"Failed"}


def test_the_table_is_copied_as_it_is_shown_and_the_code_as_it_stands(opened: Opened) -> None:
    opened.page.locator("#status").select_option("Completed")
    opened.page.locator("button[data-copy=jobs]").click()
    opened.page.locator("button", has_text="Copied").wait_for()
    head, *lines = opened.page.evaluate("() => navigator.clipboard.readText()").splitlines()
    assert head.split("\t")[:4] == ["#", "Estimator", "Objective", "Status"]
    assert len(lines) == opened.page.locator("#jobs tbody tr").count()
    objective = run("30 training jobs").training_jobs[int(lines[0].split("\t")[0]) - 1].objective
    assert float(lines[0].split("\t")[2]) == objective
    opened.page.locator("button[data-copy=code]").first.click()
    opened.page.wait_for_timeout(100)
    code = opened.page.evaluate("() => navigator.clipboard.readText()")
    compile(code, "pasted", "exec")
    assert "HistGradientBoostingClassifier(" in code
