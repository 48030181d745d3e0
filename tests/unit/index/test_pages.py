"""The index pages: what they say, that they are closed, and that names stay text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta

import pytest

from tests.support.checks import START, make_check
from tests.support.plans import champion as champion_model
from tests.support.report.html_pages import Page
from tests.support.report.synthetic_results import entry
from tunedrop.champions.record import ChampionRecord
from tunedrop.checks import Check
from tunedrop.index.history_chart import axis_ticks, draw_history
from tunedrop.index.pages import catalogue_page, history_page
from tunedrop.index.records import MOST_CHECKS, MOST_RUNS, Catalogue, History, RunEntry

HOSTILE = "</title><img src=x onerror=alert(1)>\"'<script>alert(1)</script>"


def history(
    *entries: RunEntry,
    champion: str | None = None,
    checks: Iterable[Check] = (),
    record: ChampionRecord | None = None,
) -> History:
    runs = History(dataset="iris").merge(entries, champion)
    return runs.merge_model_changes(record or ChampionRecord(dataset="iris"), checks)


def promotions(**minutes: int) -> ChampionRecord:
    """Make the record of runs that were put into use so many minutes after the first check."""
    record = ChampionRecord(dataset="iris")
    for name, minute in minutes.items():
        model = champion_model(name.replace("_", "-"), "iris")
        record = record.with_use(model, time=START + timedelta(minutes=minute), stated_by="")
    return record


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
        entry(i, -2.5 - i / 10, metric="neg_mean_absolute_error", test_score={"value": -2.25})
        for i in (1, 2)
    ]
    check = make_check(
        3,
        -2.75,
        metric="neg_mean_absolute_error",
        promised={"value": -2.25, "interval": (-2.5, -2.125)},
    )
    iris = history(*runs, champion="run-0001", checks=[check])
    page = history_page(iris).decode()
    for words in (
        "<strong>2.6000</strong> mean absolute error (95% CI 2.5900 to 2.6100)",
        ">2.2500<",
        ">2.7500<",
        ">2.7300 to 2.7700<",
        ">2.1250 to 2.5000<",
        "month-3.csv: 2.7500",
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
    check = make_check(4, file=HOSTILE, run_id=HOSTILE, metric=HOSTILE)
    iris = iris.merge_model_changes(ChampionRecord(dataset="iris"), [check])
    for page in pages(iris):
        tags = {tag for tag, _ in Page(page.decode()).elements}
        assert not tags & {"img", "script"}
        assert "&lt;img src=x" in page.decode()


def test_names_turn_no_text_round_and_are_not_long() -> None:
    odd = "\u202eodd\n" + "x" * 10_000
    failed = RunEntry(run_id="run-2", outcome="failed", error=odd, error_text=odd)
    check = make_check(4, file=odd, run_id=odd, metric=odd)
    iris = history(entry(1, metric=odd, selected=odd), failed, checks=[check])
    for page in pages(iris):
        assert r"\u202eodd\nxxx" in page.decode()
        assert "\u202e" not in page.decode()
        assert "x" * 1000 not in page.decode()


def test_pages_are_closed_and_their_links_are_relative_and_quoted() -> None:
    iris = history(entry(1), entry(2), champion="run-0001", checks=[make_check()])
    for page in pages(iris.model_copy(update={"dataset": "a.b-c_d ünï"})):
        read = Page(page.decode())
        elements, policy = read.elements, read.policy
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "unsafe" not in policy
        assert not [1 for _, attributes in elements if "style" in attributes]
        links = [str(attributes["href"]) for tag, attributes in elements if tag == "a"]
        assert links
        assert all(re.match(r"(\.\./(runs|models)/|[\w~%.-]+\.html$)", link) for link in links)
        assert all(re.fullmatch(r"[!-~]+", link) for link in links)


class TestChart:
    def test_it_shows_scores_oldest_first(self) -> None:
        failed = RunEntry(run_id="run-0002", outcome="failed", error="X")
        drawn = draw_history(history(entry(3, 0.92), failed, entry(1, 0.9), champion="run-0003"))
        titles = re.findall("<title>(.*?)</title>", drawn)
        assert titles == ["run-0001: 0.9000", "run-0003: 0.9200"]
        assert drawn.count("<circle") == 2
        assert drawn.count('class="inuse"') == 1

    def test_scores_of_another_metric_are_listed_and_not_drawn(self) -> None:
        other = "neg_max_error"
        runs = entry(1, -3.0, metric=other), entry(4), entry(3)
        iris = history(*runs, checks=[make_check(2, metric=other)])
        drawn = draw_history(iris)
        assert "run-0001" not in drawn
        assert "month-2" not in drawn
        assert drawn.count("<circle") == 2
        assert "month-2" in history_page(iris).decode()

    def test_checks_stand_among_the_runs_of_their_time_and_worse_ones_are_marked(self) -> None:
        checks = [make_check(2, 0.9), make_check(4, 0.8, verdict="worse"), make_check(6, 0.9)]
        runs = [entry(1, 0.9), entry(5, 0.92)]
        drawn = draw_history(history(*runs, checks=checks, champion="run-0001"))
        titles = re.findall("<title>(.*?)</title>", drawn)
        assert titles == [
            "run-0001: 0.9000",
            "month-2.csv: 0.9000, as promised",
            "month-4.csv: 0.8000, worse",
            "run-0005: 0.9200",
            "month-6.csv: 0.9000, as promised",
        ]
        assert drawn.count('class="promised"') == 3
        (worse,) = re.findall(r'<g class="([^"]*)"><title>month-4(?:(?!</g>).)*▼', drawn)
        assert worse == "inuse worse"

    def test_a_promotion_is_behind_what_was_before_it(self) -> None:
        checks, runs = [make_check(2), make_check(4)], [entry(1), entry(3)]
        record = promotions(run_0001=1, run_0003=3).with_use(
            champion_model("run-0001", "iris"), time=START + timedelta(minutes=9), stated_by=""
        )
        drawn = draw_history(history(*runs, checks=checks, record=record))
        placed = re.findall(r'<g class="promotion"><title>(.{8}).*?x1="(.*?)"', drawn)
        assert placed == [("run-0001", "25.00%"), ("run-0003", "75.00%"), ("run-0001", "100.00%")]

    def test_what_is_older_than_all_that_is_shown_has_no_line(self) -> None:
        checks = [make_check(minute) for minute in range(10, 75)]
        drawn = draw_history(
            history(entry(1), entry(2), checks=checks, record=promotions(run_0001=1, run_0002=2))
        )
        assert drawn.count('class="check"') == 60
        assert "promotion" not in drawn

    @pytest.mark.parametrize("scores", [(), (0.9,), (None, None)])
    def test_one_score_is_no_history(self, scores: tuple[float | None, ...]) -> None:
        assert draw_history(history(*(entry(i, s) for i, s in enumerate(scores)))) == ""

    @pytest.mark.parametrize(("low", "high"), [(0.5, 0.5), (-1e6, 3.0), (0.0, 0.0), (1e-9, 2e-9)])
    def test_any_scores_lie_between_the_ends_of_their_axis(self, low: float, high: float) -> None:
        ticks = axis_ticks(low, high)
        assert ticks[0] <= low <= high <= ticks[-1]
        assert 2 <= len(ticks) <= 7


def test_only_so_many_runs_and_checks_are_kept_the_newest_ones() -> None:
    old, new = ([make_check(n) for n in numbers] for numbers in (range(80), range(70, 150)))
    runs = (entry(number) for number in range(MOST_RUNS + 10))
    iris = history(*runs, checks=old).merge_model_changes(ChampionRecord(dataset="iris"), new)
    assert len(iris.runs) == MOST_RUNS
    assert iris.runs[0].run_id == f"run-{MOST_RUNS + 9:04d}"
    files = [check.file for check in iris.checks]
    assert files == [f"month-{number}.csv" for number in range(149, 149 - MOST_CHECKS, -1)]
    for folder in ("runs/", "checks/"):
        assert f"older ones are in {folder}" in history_page(iris).decode()


def test_a_check_without_intervals_is_listed() -> None:
    check = make_check(
        1, verdict="too few rows", score={"value": 0.5}, promised={"value": 0.25}, rows=12
    )
    page = history_page(history(entry(1), checks=[check])).decode()
    for cell in ("Too few rows<", ">12<", ">0.5000<", ">0.2500<"):
        assert cell in page
