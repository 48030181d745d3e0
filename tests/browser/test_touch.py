"""What a finger does on a chart: taps, strokes and frames select; up and down scrolls the page."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession

from tests.support.browser.pages import Opened, Pages, marks, selected
from tests.support.browser.synthetic_runs import run
from tunedrop.report.page import report_html

pytestmark = pytest.mark.browser

Point = tuple[float, float]


@pytest.fixture(scope="module")
def shared(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    with Pages(chromium, tmp_path_factory.mktemp("pages")) as pages:
        yield pages.open(report_html(run("30 training jobs")), "phone", touch=True)


@pytest.fixture
def opened(shared: Opened) -> Opened:
    """The page with nothing selected and the chart over time in the middle of the window."""
    if shared.page.locator("#clear").is_visible():
        shared.page.locator("#clear").click()
    shared.page.locator("#chart-time").evaluate("el => el.scrollIntoView({block: 'center'})")
    return shared


@pytest.fixture
def finger(opened: Opened) -> Iterator[CDPSession]:
    session = opened.page.context.new_cdp_session(opened.page)
    yield session
    session.detach()


def stroke(finger: CDPSession, *points: Point) -> None:
    """Put the finger down at the first point, move it over the others, and lift it."""

    def touch(kind: str, *at: Point) -> None:
        touches: list[dict[str, Any]] = [{"x": x, "y": y} for x, y in at]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    touch("touchStart", points[0])
    for (x0, y0), (x1, y1) in pairwise(points):
        for step in range(1, 11):
            touch("touchMove", (x0 + (x1 - x0) * step / 10, y0 + (y1 - y0) * step / 10))
    touch("touchEnd")


def place(opened: Opened) -> tuple[float, float, float, float]:
    box = opened.page.locator("#chart-time").bounding_box()
    assert box is not None
    return box["x"], box["y"], box["width"], box["height"]


def scrolled(opened: Opened) -> float:
    offset: float = opened.page.evaluate("() => scrollY")
    return offset


@pytest.mark.parametrize("is_flat", [False, True])
def test_a_stroke_that_starts_sideways_selects_what_is_in_its_frame_or_over_its_length(
    opened: Opened, finger: CDPSession, is_flat: bool
) -> None:
    x, y, width, height = place(opened)
    before = scrolled(opened)
    left, right, top, bottom = x + width * 0.3, x + width * 0.9, y + 20, y + height / 2
    stroke(finger, (left, top), (right, top + 4), (right, top + 4 if is_flat else bottom))
    framed = {
        mark["number"]
        for mark in marks(opened)
        if left <= mark["x"] <= right and (is_flat or top <= mark["y"] <= bottom)
    }
    assert 1 < len(framed) < 30
    assert selected(opened, "chart-time") == framed
    assert scrolled(opened) == before


def test_a_stroke_down_scrolls_the_page_and_selects_nothing(
    opened: Opened, finger: CDPSession
) -> None:
    x, y, width, height = place(opened)
    before = scrolled(opened)
    stroke(finger, (x + width / 2, y + height * 0.9), (x + width / 2 + 4, y + height * 0.2))
    opened.page.wait_for_timeout(300)
    assert scrolled(opened) > before + 50
    assert len(selected(opened, "chart-time")) == 30
    assert not opened.page.locator(".frame").count()


def test_a_tap_near_a_mark_selects_it_and_one_far_from_all_clears(opened: Opened) -> None:
    mark = max(marks(opened), key=lambda mark: mark["x"])
    opened.page.touchscreen.tap(mark["x"] - 2, mark["y"] + 12)
    assert selected(opened, "chart-time") == {mark["number"]}
    x, y, width, height = place(opened)
    opened.page.touchscreen.tap(x + width * 0.5, y + height - 6)
    assert len(selected(opened, "chart-time")) == 30
    assert opened.messages == []
