from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from benchmarks import burst, quality, quality_tables, reporting, search, whole_run
from benchmarks.__main__ import NAMES, load, main
from benchmarks.harness import Benchmark, BenchmarkFailed, Ratio, Results, Run, Side, measure


def side(name: str, program: str) -> Side:
    return Side(name, (sys.executable, "-S", "-c", program))


def runs(*seconds: float, **reported: float) -> list[Run]:
    return [Run(each, each, each, 1, reported) for each in seconds]


def benchmark(ratios: Iterable[Ratio] = ()) -> Benchmark:
    return Benchmark("one", "How long?", lambda folder, size: [], lambda results: list(ratios))


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.slow] * (name != "start_up"))
        for name in NAMES
        if name != "quality"  # needs FLAML and AutoGluon, 1.7 GB in an environment of their own
    ],
)
def test_every_benchmark_runs_quickly_and_its_sides_agree(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert main([name, "--quick", "--rounds", "0"]) == 0
    printed = capsys.readouterr().out
    assert load(name).question in " ".join(printed.split())
    assert "|ratio|median|" in printed


def test_sides_take_turns_after_a_warm_up_and_the_order_turns_too() -> None:
    order: list[str] = []
    sides = [side("a", "pass"), side("b", "pass")]
    results = measure(sides, 2, lambda line: order.append(line[0]))
    assert order == ["a", "b", "b", "a", "a", "b"]
    assert {name: len(each) for name, each in results.runs.items()} == {"a": 2, "b": 2}


def test_rounds_about_other_data_do_not_warm_up_and_each_side_knows_which_it_is() -> None:
    program = "import os; print('{\"seconds\": ' + os.environ['ROUND'] + '}')"
    order: list[str] = []
    sides = [side("a", program), side("b", program)]
    results = measure(sides, 2, lambda line: order.append(line[0]), rounds_differ=True)
    assert order == ["a", "b", "a", "b"]
    assert results.values("a") == results.values("b") == [1, 2]


def test_a_program_reports_its_own_time_and_is_seen_to_use_memory_and_cpu() -> None:
    program = "x = bytearray(80_000_000); sum(range(3_000_000)); print('{\"seconds\": 5}')"
    run = measure([side("a", program)], 0).runs["a"][0]
    assert run.seconds == 5
    assert 80_000_000 < run.peak_bytes < 130_000_000
    assert run.cpu_seconds > 0.01


def test_a_side_that_fails_ends_the_benchmark_with_what_it_said() -> None:
    with pytest.raises(BenchmarkFailed, match=r"b failed(.|\n)*no such luck"):
        measure([side("b", "print('no such luck'); raise SystemExit(3)")], 0)


def test_sides_that_do_not_do_the_same_are_refused() -> None:
    results = Results({"a": runs(1.0, score=0.5), "b": runs(1.0, score=0.6)})
    with pytest.raises(BenchmarkFailed, match="do not do the same work"):
        results.agree("score")


def test_a_ratio_is_formed_round_by_round() -> None:
    results = Results({"ours": runs(2, 3, 4), "peer": runs(1, 2, 2)})
    ratio = results.ratio("ours", "peer", 1.5)
    assert ratio.values == (2.0, 1.5, 2.0)
    assert (ratio.median, ratio.met) == (2.0, False)


def test_a_section_of_the_page_is_replaced_and_the_rest_stays(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- one -->\nold\n<!-- end of one -->\nafter\n")
    ratio = Ratio("time: a / b", (1.0, 1.2), 1.1)
    section = reporting.section(benchmark([ratio]), Results({"a": runs(1.0, 2.0)}))
    reporting.write_section(page, "one", section)
    text = page.read_text()
    assert text.startswith("before\n<!-- one -->\nMedians of 2 rounds on ")
    assert "|a|1.500 s|1.50 s|0 MB|" in text
    assert "|time: a / b|1.10|1.00 to 1.20|1.1|yes|" in text
    assert text.endswith("<!-- end of one -->\nafter\n")
    assert "old" not in text


def test_losses_are_geometric_means_over_the_problems_seed_by_seed() -> None:
    found = search.losses({"easy": [0.99, 1.0], "hard": [0.0, 0.0]})
    assert found == pytest.approx([0.1, 0.01])


def test_confirm_is_counted_apart_from_a_whole_run() -> None:
    ours = [Run(70.0, 90.0, 1, 1, {"confirm_seconds": 10.0, "score": 0.5})]
    results = Results({whole_run.OURS: ours, whole_run.PEER: runs(50.0, score=0.5)})
    [ratio] = whole_run.ratios(results)
    assert (ratio.median, ratio.goal, ratio.met) == (60 / 50, 1.15, False)


def test_a_dataset_of_a_burst_is_compared_with_one_alone_and_memory_with_its_goal() -> None:
    many = [Run(60.0, 70.0, 1, 1, {"seconds_each": 2.0, "server_peak_bytes": 3e9})]
    alone = [Run(8.0, 9.0, 1, 1, {"seconds_each": 8.0, "server_peak_bytes": 0.3e9})]
    ratios = burst.ratios(Results({f"30 {burst.DROPPED}": many, burst.ALONE: alone}))
    assert [(ratio.median, ratio.met) for ratio in ratios] == [
        (0.25, True),
        (3e9 / burst.MEMORY_GOAL, False),
        (0.3e9 / burst.MEMORY_GOAL, True),
    ]


def test_the_page_has_a_place_for_every_benchmark() -> None:
    page = (Path(__file__).parents[2] / "docs" / "performance.md").read_text()
    for name in NAMES:
        assert f"<!-- {name} -->" in page
        assert f"<!-- end of {name} -->" in page
        assert load(name).name == name


def test_an_unknown_name_is_an_error_with_the_known_ones(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["reeding"])
    assert "start_up, reading, cross_validation" in capsys.readouterr().err


def quality_results(**values: float) -> Results:
    """Return the results of methods whose loss on two tables and splits is a multiple of ours."""
    found = {}
    for method, times in {quality.OURS: 1.0, **values}.items():
        for table, base in (("easy", 0.1), ("hard", 10.0)):
            side = quality.label(method, table)
            found[side] = [*runs(1.0, loss=base * 0.9 * times), *runs(1.0, loss=base * 1.1 * times)]
    return Results(found)


def test_quality_is_the_geometric_mean_of_ratios_over_tables_and_splits() -> None:
    results = quality_results(FLAML=2.0, **{"boosting defaults": 0.5})
    [over_all, by_table] = quality.summary(results)
    assert over_all[1:] == [
        ("Tunedrop", "2.00", "", "", "", "", ""),
        ("FLAML", "3.00", "0.500", "0.500 to 0.500", "2 of 2 tables", "1", "yes"),
        ("boosting defaults", "1.00", "2.000", "2.000 to 2.000", "0 of 2 tables", "1", "no"),
    ]
    assert by_table == [
        ("table", "Tunedrop", "FLAML", "boosting defaults"),
        ("easy", "0.1", "0.2", "0.05"),
        ("hard", "10", "20", "5"),
    ]


def test_the_interval_of_quality_is_about_tables_not_about_their_splits() -> None:
    alike = [np.full(5, 0.1), np.full(5, 0.1), np.full(5, 0.1)]
    differing = [np.full(5, -0.2), np.full(5, 0.1), np.full(5, 0.4)]
    assert quality.interval(alike) == pytest.approx((np.exp(0.1), np.exp(0.1)))
    low, high = quality.interval(differing)
    assert low < 1 < np.exp(0.1) < high


@pytest.mark.parametrize("name", sorted(quality_tables.TABLES))
def test_a_table_of_quality_has_rows_enough_and_splits_that_share_none(name: str) -> None:
    table = quality_tables.TABLES[name]
    frame = table.load()
    train, test = quality_tables.split(table, frame, 0)
    assert 1000 <= len(frame) <= quality_tables.MOST_ROWS
    assert sorted([*train.index, *test.index]) == list(range(len(frame)))
    assert len(test) == pytest.approx(0.3 * len(frame), abs=1)
    other, _ = quality_tables.split(table, frame, 1)
    assert list(other.index) != list(train.index)
