from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks import page, quality, whole_run
from benchmarks.__main__ import BENCHMARKS, main
from benchmarks.harness import BenchmarkFailed, Results, Run, Side, measure_sides, subject


def side(name: str, program: str) -> Side:
    return Side(name, (sys.executable, "-S", "-c", program))


def runs(*seconds: float, **reported: float) -> list[Run]:
    return [
        {"seconds": value, "cpu_seconds": value, "peak_bytes": 1e6, **reported} for value in seconds
    ]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.slow] * (name != "start_up"))
        for name in BENCHMARKS
        if name != "quality"  # needs FLAML and AutoGluon, 1.7 GB in an environment of their own
    ],
)
def test_every_benchmark_runs_quickly_and_its_sides_agree(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert main([name, "--quick", "--rounds", "0"]) == 0
    printed = capsys.readouterr().out
    assert subject(BENCHMARKS[name]) in " ".join(printed.split())
    assert "|ratio|median|" in printed


def test_sides_take_turns_after_a_warm_up_and_the_order_turns_too() -> None:
    order: list[str] = []
    sides = [side("a", "pass"), side("b", "pass")]
    results = measure_sides(sides, 2, lambda line: order.append(line[0]))
    assert order == ["a", "b", "b", "a", "a", "b"]
    assert {name: len(side_runs) for name, side_runs in results.runs.items()} == {"a": 2, "b": 2}


def test_a_side_that_fails_ends_the_benchmark_with_what_it_said() -> None:
    with pytest.raises(BenchmarkFailed, match=r"b failed(.|\n)*no such luck"):
        measure_sides([side("b", "print('no such luck'); raise SystemExit(3)")], 0)


def test_sides_that_do_not_do_the_same_are_rejected() -> None:
    results = Results({"a": runs(1.0, score=0.5), "b": runs(1.0, score=0.6)})
    with pytest.raises(BenchmarkFailed, match="do not do the same work"):
        results.check_agreement("score")


def test_results_are_shown_as_tables() -> None:
    results = Results({"ours": runs(2, 3, 4), "peer": runs(1, 2, 2)})
    ratios = [results.ratio("ours", "peer", 1.5)]
    benchmark: Any = SimpleNamespace(ratios=lambda results: ratios)
    text = page.format_results(benchmark, results)
    assert text.startswith("Medians of 3 rounds on ")
    assert "|ours|3.000 s|3.00 s|1 MB|" in text
    assert "|time: ours / peer|2.00|1.50 to 2.00|1.5|no|" in text


def test_confirm_is_counted_apart_from_a_whole_run() -> None:
    ours = runs(70.0, confirm_seconds=10.0, score=0.5)
    results = Results({whole_run.OURS: ours, whole_run.PEER: runs(50.0, score=0.5)})
    [ratio] = whole_run.ratios(results)
    assert (*ratio.values, ratio.judge(1.2)) == (60 / 50, ("1.15", "no"))


def quality_results(**times: float) -> Results:
    """Return the results of methods whose loss on two tables is a multiple of ours."""
    losses = {"easy": 0.1, "hard": 10.0}
    return Results(
        {
            f"{method}: {table}": runs(1.0, loss=loss * factor)
            for method, factor in {quality.OURS: 1.0, **times}.items()
            for table, loss in losses.items()
        }
    )


def test_quality_is_the_geometric_mean_of_ratios_over_tables() -> None:
    results = quality_results(FLAML=2.0, **{"boosting defaults": 0.5})
    [over_all, by_table] = quality.summary(results)
    assert over_all[1:] == [
        ("FLAML", "0.500", "0.500 to 0.500", "2 of 2 tables", "1", "yes"),
        ("boosting defaults", "2.000", "2.000 to 2.000", "0 of 2 tables", "1", "no"),
    ]
    assert by_table == [
        ("table", "Tunedrop", "FLAML", "boosting defaults"),
        ("easy", "0.1", "0.2", "0.05"),
        ("hard", "10", "20", "5"),
    ]
