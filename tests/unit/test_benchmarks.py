from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks import page, quality, whole_run
from benchmarks.__main__ import BENCHMARKS, main
from benchmarks.harness import BenchmarkFailed, Ratio, Results, Run, Side, measure_sides, subject


def side(name: str, program: str) -> Side:
    return Side(name, (sys.executable, "-S", "-c", program))


def runs(*seconds: float, **reported: float) -> list[Run]:
    return [
        {"seconds": value, "cpu_seconds": value, "peak_bytes": 1e6, **reported} for value in seconds
    ]


def benchmark(*ratios: Ratio) -> Any:
    return SimpleNamespace(ratios=lambda results: list(ratios))


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
    assert main([name, "--quick"]) == 0
    printed = capsys.readouterr().out
    assert subject(BENCHMARKS[name]) in " ".join(printed.split())
    assert "|ratio|median|" in printed


def test_a_command_without_names_runs_all_but_quality(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def sides(folder: Path, size: str) -> list[Side]:
        return [side("a", "pass")]

    module = SimpleNamespace(
        __doc__="Short.", ROUNDS=0, MINUTES=1, sides=sides, ratios=lambda _: []
    )
    for name in BENCHMARKS:
        monkeypatch.setitem(BENCHMARKS, name, module)
    assert main([]) == 0
    assert capsys.readouterr().out.count("Short.") == len(BENCHMARKS) - 1


def test_sides_take_turns_after_a_warm_up_and_the_order_turns_too() -> None:
    order: list[str] = []
    sides = [side("a", "pass"), side("b", "pass")]
    results = measure_sides(sides, 2, lambda line: order.append(line[0]))
    assert order == ["a", "b", "b", "a", "a", "b"]
    assert {name: len(side_runs) for name, side_runs in results.runs.items()} == {"a": 2, "b": 2}


def test_a_program_reports_its_own_time_and_is_seen_to_use_memory_and_cpu() -> None:
    program = "x = bytearray(80_000_000); sum(range(3_000_000)); print('{\"seconds\": 5}')"
    run = measure_sides([side("a", program)], 0).runs["a"][0]
    assert run["seconds"] == 5
    assert 80_000_000 < run["peak_bytes"] < 130_000_000
    assert run["cpu_seconds"] > 0.01


def test_a_side_that_fails_ends_the_benchmark_with_what_it_said() -> None:
    with pytest.raises(BenchmarkFailed, match=r"b failed(.|\n)*no such luck"):
        measure_sides([side("b", "print('no such luck'); raise SystemExit(3)")], 0)


def test_sides_that_do_not_do_the_same_are_rejected() -> None:
    results = Results({"a": runs(1.0, score=0.5), "b": runs(1.0, score=0.6)})
    with pytest.raises(BenchmarkFailed, match="do not do the same work"):
        results.check_agreement("score")


def test_a_ratio_is_formed_round_by_round() -> None:
    results = Results({"ours": runs(2, 3, 4), "peer": runs(1, 2, 2)})
    ratio = results.ratio("ours", "peer", 1.5)
    assert ratio.values == (2.0, 1.5, 2.0)
    assert (ratio.median, ratio.judge(ratio.median)) == (2.0, ("1.5", "no"))


def test_a_section_of_the_page_is_replaced_and_the_rest_stays(tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text("before\n<!-- one -->\nold\n<!-- end of one -->\nafter\n")
    ratio = Ratio("time: a / b", (1.0, 1.2), 1.1)
    section = page.format_results(benchmark(ratio), Results({"a": runs(1.0, 2.0)}))
    page.write_section(file, "one", section)
    text = file.read_text()
    assert text.startswith("before\n<!-- one -->\nMedians of 2 rounds on ")
    assert "|a|1.500 s|1.50 s|1 MB|" in text
    assert "|time: a / b|1.10|1.00 to 1.20|1.1|yes|" in text
    assert text.endswith("<!-- end of one -->\nafter\n")
    assert "old" not in text


def test_confirm_is_counted_apart_from_a_whole_run() -> None:
    ours = runs(70.0, confirm_seconds=10.0, score=0.5)
    results = Results({whole_run.OURS: ours, whole_run.PEER: runs(50.0, score=0.5)})
    [ratio] = whole_run.ratios(results)
    assert (ratio.median, ratio.judge(ratio.median)) == (60 / 50, ("1.15", "no"))


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


@pytest.mark.parametrize("name", sorted(quality.TABLES))
def test_a_table_of_quality_has_rows_enough_and_parts_that_share_none(name: str) -> None:
    target, metric, train, test = quality.split(name)
    rows = len(train) + len(test)
    assert 1000 <= rows <= quality.MOST_ROWS
    assert sorted([*train.index, *test.index]) == list(range(rows))
    assert len(test) == pytest.approx(0.3 * rows, abs=1)
    assert (metric == "neg_log_loss") == (train[target].nunique() < 10)
