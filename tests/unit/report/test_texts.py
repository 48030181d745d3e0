"""report.md, training_jobs.csv, advice and words."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.report.synthetic_explanations import explained, of_classes
from tests.support.report.synthetic_plan import HOSTILE, make_plan
from tests.support.report.synthetic_results import (
    ensemble_json,
    make_errors,
    make_results,
    of_ranges,
    training_job,
)
from tunedrop import wording
from tunedrop.report import training_jobs_csv as table
from tunedrop.report.answers import advice
from tunedrop.report.display_values import to_display_values
from tunedrop.report.markdown import escape, report_md
from tunedrop.report.ranges import edge_hint, scale_of
from tunedrop.report.summary import tiles
from tunedrop.report.training_jobs_csv import training_jobs_csv
from tunedrop.report.tuning_summary import NO_OBJECTIVE, failures
from tunedrop_common.plan import CategoricalRange, ChampionMember, NumericRange


def test_a_large_gain_is_written_as_people_write_it() -> None:
    (gain,) = (
        tile.value
        for tile in tiles(to_display_values(make_errors(scale=50_460)))
        if tile.name == "Against the champion"
    )
    assert gain == "-25,230"


class TestMarkdown:
    def test_a_champion_that_is_an_ensemble_shows_its_members_hyperparameters(self) -> None:
        plan = make_plan()
        assert plan.confirm.champion is not None
        member = {
            "estimator": plan.confirm.champion.estimator,
            "hyperparameters": {"C": "0.7"},
        }
        champion = plan.confirm.champion.model_copy(
            update={"members": (ChampionMember.model_validate(member),)}
        )
        confirm = plan.confirm.model_copy(update={"champion": champion})
        results = make_results(
            plan=plan.model_copy(update={"confirm": confirm}), confirm={"shipped": "champion"}
        )
        assert "1. linear: C" in report_md(results).replace("\\", "").replace("`", "")

    def test_an_ensemble_is_called_so_and_shows_each_members_hyperparameters(self) -> None:
        text = report_md(make_results(20, confirm=ensemble_json()))
        for words in (
            "Ensemble of the tuned models, fitted on all 120 rows",
            "2. linear: C | 0.5 | 0.001 to 100",
            "1. boosting: learning_rate | 0.1 |",
            "1. boosting: max_iter | 50 | not tuned",
        ):
            assert words in text.replace("\\", "").replace("`", ""), words

    def test_it_says_what_the_page_says(self) -> None:
        text = report_md(make_results(20))
        for words in (
            "# iris: A better model is in use",
            "| **Tuned model (boosting)** | 0.9700 | 0.9500 to 0.9900 | 0.9600 |",
            "```python\n",
            "## What it cost",
            "scikit-learn 1.9.1",
        ):
            assert words in text

    def test_every_table_row_has_as_many_cells_as_its_head(self) -> None:
        text = report_md(make_results(20, hostile=True).model_copy(update={"dataset": HOSTILE}))
        rows = [line for line in text.splitlines() if line.startswith("|")]
        assert len(rows) > 20
        counts = [len(re.findall(r"(?<!\\)\|", row)) for row in rows]
        for row, count, separator in zip(rows, counts, [*counts[1:], None], strict=True):
            if "---" in row:
                assert count == separator or separator is None

    def test_hostile_names_make_no_markup(self) -> None:
        text = report_md(make_results(20, hostile=True).model_copy(update={"dataset": HOSTILE}))
        outside = re.sub(r"(?ms)^(`{3,})\w*\n.*?^\1$", "", text)
        assert not re.search(r"(?<!\\)<(?!/?details>|/?summary>)", outside)
        assert "@all" not in outside
        assert not re.search(r"(?<!\\)\]\(|https?://", outside)

    @given(st.text(max_size=80))
    def test_escaped_text_is_one_line_without_active_characters(self, text: str) -> None:
        escaped = escape(text)
        assert "\n" not in escaped
        assert not re.search(r"(?<!\\)[`*|<>\[\]]", re.sub(r"\\\\", "", escaped))

    def test_it_fits_into_a_comment_on_github(self) -> None:
        assert len(report_md(make_results(750))) < 65_536
        names = [f"a column with a name of some length, number {place}" for place in range(300)]
        labels = [f"a class with a name of some length, number {place}" for place in range(40)]
        everything = explained(make_results(750), of_classes(labels, names))
        assert len(report_md(everything)) < 65_536


class TestTrainingJobsCsv:
    def test_it_has_every_training_job_with_all_digits(self) -> None:
        results = make_results(30)
        rows = list(csv.DictReader(io.StringIO(training_jobs_csv(results))))
        assert [row["name"] for row in rows] == [job.name for job in results.training_jobs]
        for row, job in zip(rows, results.training_jobs, strict=True):
            assert (float(row["objective"]) if row["objective"] else None) == job.objective
            assert {
                name.removeprefix("param_"): value
                for name, value in row.items()
                if name.startswith("param_") and value
            } == job.hyperparameters
            assert row["status"] == job.status

    def test_no_name_is_a_formula(self) -> None:
        evil = "=cmd|' /C calc'!A0"
        job = training_job(1, hyperparameters={evil: evil}, failure_reason=evil, name=evil)
        for row in csv.reader(io.StringIO(training_jobs_csv(make_results((job,))))):
            assert not [each for each in row if each.startswith("=")]

    @pytest.mark.parametrize("text", ["a;=cmd", "a\t@x", 'a;"=cmd"', "a\n+1", "a; -2", "a;\uff1dx"])
    def test_nothing_in_the_middle_becomes_a_formula_where_cells_end_otherwise(
        self, text: str
    ) -> None:
        for part in re.split(r"[;\t\n]", table.cell(text)):
            assert not re.match(r"\s*\"?[=+\-@\uff1d]", part)

    @pytest.mark.parametrize("text", ["a;5", "x; y", "(10, 5)", "a-b;c-d"])
    def test_other_text_stays_as_it_is(self, text: str) -> None:
        assert table.cell(text) == text

    @pytest.mark.parametrize("number", ["-1", "-0.5", "+3", "-1e-05", "1e10"])
    def test_negative_numbers_stay_numbers(self, number: str) -> None:
        assert table.cell(number) == number

    @given(st.text(max_size=40))
    def test_no_text_starts_a_formula(self, text: str) -> None:
        cell = table.cell(text)
        assert not re.match(r"[=@\t\r\n]", cell)
        if cell[:1] in ("+", "-"):
            float(cell)


class TestAdvice:
    def test_many_failures_are_a_hint(self) -> None:
        jobs = (training_job(1), *(training_job(i, None, status="Failed") for i in (2, 3)))
        assert any(
            sentence.startswith("2 jobs failed, of 3") for sentence in advice(make_results(jobs))
        )

    def test_inputs_that_were_not_copied_are_a_hint(self) -> None:
        data = make_plan().data.model_dump()
        data["train"]["copied"] = False
        sentences = advice(make_results(plan=make_plan(data=data)))
        assert any("too large to copy" in sentence for sentence in sentences)

    def test_missing_test_rows_are_a_hint(self) -> None:
        sentences = advice(make_results(plan=make_plan(final_test={"kind": "none"})))
        assert any("no held-out test set" in sentence for sentence in sentences)


class TestRanges:
    @pytest.mark.parametrize(
        ("wanted", "scale"),
        [
            (("continuous", 0.01, 1, "Logarithmic"), "log"),
            (("continuous", 0.01, 1, "Linear"), "linear"),
            (("continuous", 0.01, 1, "Auto"), "log"),
            (("continuous", 0.5, 1, "Auto"), "linear"),
            (("continuous", 0.5, 0.99, "ReverseLogarithmic"), "reverse log"),
            (("continuous", 0, 1, "Logarithmic"), "linear"),
        ],
    )
    def test_scale(self, wanted: tuple[Any, ...], scale: str) -> None:
        assert scale_of(numeric(*wanted)) == scale

    @pytest.mark.parametrize(
        ("wanted", "value", "side"),
        [
            (("continuous", 0.001, 100, "Logarithmic"), "95", "upper"),
            (("continuous", 0.001, 100, "Logarithmic"), "0.00105", "lower"),
            (("continuous", 0.001, 100, "Logarithmic"), "50", None),
            (("continuous", 0.001, 100, "Linear"), "0.001", "lower"),
            (("integer", 2, 50, "Linear"), "50", "upper"),
            (("integer", 2, 50, "Linear"), "2", "lower"),
            (("integer", 1, 50, "Linear"), "1", None),
            (("continuous", 0, 5, "Linear"), "0.01", None),
            (("continuous", 0.1, 1, "Linear"), "1.0", None),
            (("continuous", 2, 2, "Linear"), "2", None),
            (("integer", 2, 50, "Linear"), "words", None),
        ],
    )
    def test_edges(self, wanted: tuple[Any, ...], value: str, side: str | None) -> None:
        said = edge_hint("h", numeric(*wanted), value)
        end = f"is at the {side} edge of its range: try a wider one, if the estimator takes it."
        assert said.endswith(end) if side else said == ""

    def test_categories_have_no_edge(self) -> None:
        assert edge_hint("h", CategoricalRange(kind="categorical", values=("1", "2")), "2") == ""

    def test_a_small_value_of_a_linear_range_over_orders_of_magnitude_wants_a_log_scale(
        self,
    ) -> None:
        assert edge_hint("C", numeric("continuous", 0.001, 100.0, "Linear"), "0.5") == (
            "C = 0.5 is at the lower edge of its range: try a logarithmic scale, which looks "
            "closer at small values."
        )

    def test_many_edges_are_summed_up(self) -> None:
        names = [f"p{i}" for i in range(6)]
        ranges = dict.fromkeys(names, numeric("continuous", 0.1, 0.9, "Linear").model_dump())
        said = advice(of_ranges(ranges, [dict.fromkeys(names, "0.9")]))
        assert sum("try a wider one" in sentence for sentence in said) == 3
        assert "3 more are at the edge of the range: the charts below say which." in said


def numeric(kind: Any, minimum: float, maximum: float, scaling: Any) -> NumericRange:
    return NumericRange(kind=kind, minimum=minimum, maximum=maximum, scaling=scaling)


class TestFailures:
    def test_equal_reasons_make_one_group(self) -> None:
        jobs = tuple(
            training_job(i, None, status="Failed", failure_reason=f"fold {i}: 0xab{i} is bad")
            for i in range(7)
        )
        (group,) = failures(make_results((*jobs, training_job(9, None))))[:1]
        assert (group.amount, len(group.names), group.estimators) == (7, 5, ("boosting",))

    def test_a_silent_training_job_is_a_failure(self) -> None:
        (group,) = failures(make_results((training_job(1, None),)))
        assert group.reason == NO_OBJECTIVE

    def test_early_stopping_is_none(self) -> None:
        assert failures(make_results((training_job(1, 0.5, status="Stopped"),))) == ()


class TestWording:
    @pytest.mark.parametrize(
        ("value", "text"),
        [(0.9533333, "0.9533"), (12345.678, "12,346"), (1e-7, "1e-07"), (None, "-"),
         (float("nan"), "-"), (float("inf"), "-"), (0.0, "0"), (-0.5, "-0.5")],
    )  # fmt: skip
    def test_numbers(self, value: float | None, text: str) -> None:
        assert wording.number(value) == text

    @pytest.mark.parametrize(
        ("seconds", "text"),
        [(0, "0 s"), (59.6, "1 min"), (150, "2 min 30 s"), (7300, "2 h 1 min"), (None, "-")],
    )
    def test_durations(self, seconds: float | None, text: str) -> None:
        assert wording.duration(seconds) == text

    def test_thousands_of_training_jobs_are_written_once(self) -> None:
        assert wording.count(1, "row") == "1 row"
        assert wording.count(10_000, "row") == "10,000 rows"
