"""The index pages: what they say, that they are closed, and that names stay text."""

from __future__ import annotations

import re

import pytest

from tests.support.report.html_pages import Page
from tests.support.report.synthetic_results import entry
from tunedrop.index.history_chart import axis_ticks, draw_history
from tunedrop.index.pages import catalogue_page, history_page
from tunedrop.index.records import MOST_RUNS, Catalogue, History, RunEntry

HOSTILE = "</title><img src=x onerror=alert(1)>\"'<script>alert(1)</script>"


def history(*entries: RunEntry, champion: str | None = None) -> History:
    return History(dataset="iris").merge(entries, champion)


def pages(iris: History) -> tuple[bytes, bytes]:
    """Draw both pages: a dataset's, and the one of all datasets."""
    return history_page(iris), catalogue_page(Catalogue().merge(iris))


def test_the_champion_stands_on_top_of_its_datasets_page() -> None:
    page = history_page(history(entry(1, 0.9), entry(2, 0.8), champion="run-0001")).decode()
    top = page.partition("<h2>")[0]
    assert "0.9000" in top
    assert "../models/iris/run-0001/model.tar.gz" in top
    assert page.count('class="tag"') == 1


def test_an_error_has_no_minus() -> None:
    runs = [
        entry(i, -2.5 - i / 10, metric="neg_mean_absolute_error", test_score=-2.25) for i in (1, 2)
    ]
    iris = history(*runs, champion="run-0001")
    page = history_page(iris).decode()
    for words in (
        "<strong>2.6000</strong> mean absolute error (95% CI 2.5900 to 2.6100)",
        ">2.2500<",
    ):
        assert words in page
    catalogue = catalogue_page(Catalogue().merge(iris)).decode()
    assert ">2.6000<" in catalogue
    assert "mean absolute error (lower is better)" in catalogue
    assert "-2." not in page.partition("<body>")[2] + catalogue.partition("<body>")[2]


def test_hostile_names_stay_text_on_both_pages() -> None:
    bad = entry(1, metric=HOSTILE, selected=HOSTILE, verdict=HOSTILE)
    failed = RunEntry(run_id="run-2" + HOSTILE, outcome="failed", error=HOSTILE, error_text=HOSTILE)
    iris = History(dataset="iris" + HOSTILE).merge([bad, entry(3, metric=HOSTILE), failed], None)
    for page in pages(iris):
        tags = {tag for tag, _ in Page(page.decode()).elements}
        assert not tags & {"img", "script"}
        assert "&lt;img src=x" in page.decode()


def test_names_turn_no_text_round_and_are_not_long() -> None:
    odd = "\u202eodd\n" + "x" * 10_000
    failed = RunEntry(run_id="run-2", outcome="failed", error=odd, error_text=odd)
    iris = History(dataset="iris").merge([entry(1, metric=odd, selected=odd), failed], None)
    for page in pages(iris):
        assert r"\u202eodd\nxxx" in page.decode()
        assert "\u202e" not in page.decode()
        assert "x" * 1000 not in page.decode()


def test_pages_are_closed_and_their_links_are_relative() -> None:
    for page in pages(history(entry(1), entry(2), champion="run-0001")):
        read = Page(page.decode())
        elements, policy = read.elements, read.policy
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "unsafe" not in policy
        assert not [1 for _, attributes in elements if "style" in attributes]
        links = [str(attributes["href"]) for tag, attributes in elements if tag == "a"]
        assert links
        assert all(re.match(r"(\.\./(runs|models)/|[\w~%.-]+\.html$)", link) for link in links)


@pytest.mark.parametrize("name", ["two words", "ünï", "a.b-c_d"])
def test_links_of_any_dataset_are_quoted(name: str) -> None:
    iris = History(dataset=name).merge([entry(1)], None)
    for page in pages(iris):
        for tag, attributes in Page(page.decode()).elements:
            if tag == "a":
                assert re.fullmatch(r"[!-~]+", str(attributes["href"]))


class TestChart:
    def test_it_shows_scores_oldest_first_and_failed_runs_without(self) -> None:
        failed = RunEntry(run_id="run-0002", outcome="failed", error="X")
        drawn = draw_history(history(entry(3, 0.92), failed, entry(1, 0.9), champion="run-0003"))
        titles = re.findall("<title>(.*?)</title>", drawn)
        assert titles == ["run-0001: 0.9000", "run-0002: failed", "run-0003: 0.9200"]
        assert drawn.count("<circle") == 2
        assert drawn.count('class="inuse"') == 1

    def test_scores_of_another_metric_are_not_compared(self) -> None:
        drawn = draw_history(history(entry(1, -3.0, metric="neg_mae"), entry(2), entry(3)))
        assert "run-0001" not in drawn
        assert drawn.count("<circle") == 2

    @pytest.mark.parametrize("scores", [(), (0.9,), (None, None)])
    def test_one_score_is_no_history(self, scores: tuple[float | None, ...]) -> None:
        assert draw_history(history(*(entry(i, s) for i, s in enumerate(scores)))) == ""

    @pytest.mark.parametrize(("low", "high"), [(0.5, 0.5), (-1e6, 3.0), (0.0, 0.0), (1e-9, 2e-9)])
    def test_any_scores_lie_between_the_ends_of_their_axis(self, low: float, high: float) -> None:
        ticks = axis_ticks(low, high)
        assert ticks[0] <= low <= high <= ticks[-1]
        assert 2 <= len(ticks) <= 7


def test_only_so_many_runs_are_kept_the_newest_ones() -> None:
    iris = history(*(entry(number) for number in range(MOST_RUNS + 10)))
    assert len(iris.runs) == MOST_RUNS
    assert iris.runs[0].run_id == f"run-{MOST_RUNS + 9:04d}"
    assert "older ones are in runs/" in history_page(iris).decode()


def test_datasets_are_listed_by_their_names() -> None:
    catalogue = Catalogue()
    for name in ("b", "A", "c"):
        catalogue = catalogue.merge(History(dataset=name).merge([entry(1)], "run-0001"))
    assert [dataset.dataset for dataset in catalogue.datasets] == ["A", "b", "c"]
    assert "3 datasets" in catalogue_page(catalogue).decode()
