"""What the model learned, whether the data can be trusted, and what follows of it."""

from __future__ import annotations

import re
from typing import Any, get_args

import pytest
import yaml

from tests.support.report.synthetic_errors import measured
from tests.support.report.synthetic_explanations import (
    COLUMNS,
    explained,
    of_classes,
    of_numbers,
    valid,
)
from tests.support.report.synthetic_plan import HOSTILE
from tests.support.report.synthetic_results import make_errors, make_results
from tunedrop.report.charts.column_importance import MOST_DRAWN, column_importance
from tunedrop.report.charts.dependence import dependence_charts
from tunedrop.report.charts.learning_curve import learning_scores
from tunedrop.report.display_values import to_display_values
from tunedrop.report.markdown import report_md
from tunedrop.report.results import Results
from tunedrop.report.sections.data_quality import DataQualitySection, data_quality_section
from tunedrop.report.sections.importance import ImportanceSection, importance_section
from tunedrop_common.explanation import Dependence, ExplanationStep, Importance, LearningCurve


def run(explanation: dict[str, Any], **confirm: Any) -> Results:
    return explained(make_results(3), explanation, **confirm)


def learned(explanation: dict[str, Any]) -> ImportanceSection:
    found = importance_section(run(explanation))
    assert found is not None
    return found


def trust(**found: Any) -> DataQualitySection:
    return data_quality_section(run(valid({"trust": found})))


def test_what_confirm_did_not_look_into_has_no_section() -> None:
    assert importance_section(make_results(3)) is None


def test_each_step_that_may_be_skipped_is_named_in_one_section() -> None:
    reasons = [{"step": step, "reason": "No time."} for step in get_args(ExplanationStep)]
    text = report_md(run(valid({"skipped": reasons})))
    assert text.count("Not available: ") == len(reasons)


class TestImportance:
    def test_columns_are_said_with_the_interval_that_decides_their_significance(self) -> None:
        assert learned(of_classes()).sentences == (
            "“bill_length_mm” and “island” (strongly associated, shuffled together) are the most "
            "important columns: shuffling them worsens balanced accuracy by 0.31 (95% CI 0.27 to "
            "0.35).",
            "Next: “flipper_length_mm”, 0.2 (95% CI 0.17 to 0.23).",
            "Next: “body_mass_g”, 0.05 (95% CI 0.02 to 0.08).",
            "4 of 6 columns have significant importance.",
        )

    def test_a_column_whose_interval_includes_0_is_not_called_important(self) -> None:
        explanation = of_classes()
        explanation["learned"]["importance"] = [{"columns": ["a"], "drop": measured(0.1, 0.11)}]
        assert learned(explanation).sentences == ("No column has significant importance.",)

    @pytest.mark.parametrize(
        ("gain", "helps", "said"),
        [
            (0.03, True, "More rows help significantly: balanced accuracy 0.9400 with 200 rows, "
             "0.9700 with 400, better by 0.03 (95% CI 0.01 to 0.05)."),
            (0.03, False, "More rows help, but by very little: balanced accuracy 0.9400 with 200 "
             "rows, 0.9700 with 400, better by 0.03 (95% CI 0.01 to 0.05)."),
            (0.01, False, "More rows show no significant gain: balanced accuracy 0.9400 with 200 "
             "rows, 0.9700 with 400."),
        ],
    )  # fmt: skip
    def test_more_rows_help_where_the_gain_is_significant(
        self, gain: float, helps: bool, said: str
    ) -> None:
        explanation = of_classes()
        explanation["learning_curve"] |= {"gain": measured(gain, 0.02), "more_rows_help": helps}
        assert learned(explanation).rows == said

    def test_what_is_not_available_is_named(self) -> None:
        missing = {"step": "learning curve", "reason": "No time was left."}
        assert learned(valid({"skipped": [missing]})).not_available == (
            "Not available: whether more rows help. No time was left.",
        )

    def test_of_many_columns_the_first_are_drawn_and_the_table_has_the_others(self) -> None:
        found = of_classes(columns=[f"column {i}" for i in range(301)])["learned"]["importance"]
        rows = column_importance([Importance.model_validate(each) for each in found])
        assert len(rows) == 300 > MOST_DRAWN
        assert (rows[0].columns, rows[0].kind) == ("column 0 + column 1", "significant")

    def test_dependence_of_each_kind(self) -> None:
        found = [Dependence.model_validate(each) for each in of_classes()["learned"]["dependence"]]
        number, category, moment, _ = dependence_charts(found)
        assert (number.kind, number.of, number.share) == (
            "numeric", "probability of “Adelie”", True,
        )  # fmt: skip
        assert [point.at for point in category.points] == ["Biscoe", "Dream", "a category"]
        assert moment.points[0].at == "2007-01-01T00:00:00"
        (first, *_) = dependence_charts(
            [Dependence.model_validate(of_numbers()["learned"]["dependence"][0])]
        )
        assert (first.of, first.share) == ("prediction", False)

    def test_a_learning_curve_needs_two_points(self) -> None:
        curve = LearningCurve.model_validate(of_classes()["learning_curve"])
        assert [score.rows for score in learning_scores(curve)] == [100, 200, 400]
        assert learning_scores(curve.model_copy(update={"points": curve.points[:1]})) == ()
        assert learning_scores(None) == ()


class TestTrust:
    def test_a_suspect_has_its_line_of_tuning_yaml_and_the_score_without_it(self) -> None:
        (found,) = trust(suspects=[of_classes()["trust"]["suspects"][0]]).findings
        assert found.title == "“bill_length_mm” seems to give the answer away"
        assert found.setting == 'ignore_columns: ["bill_length_mm"]'
        assert found.sentences[:2] == (
            "A small tree on “bill_length_mm” alone reaches a balanced accuracy of 0.9550 (95% CI "
            "0.9450 to 0.9650); the selected model, 0.9700.",
            "Without it, the balanced accuracy is 0.8100 (95% CI 0.7800 to 0.8400).",
        )

    def test_a_renaming_is_called_one(self) -> None:
        (found,) = trust(suspects=[of_classes()["trust"]["suspects"][1]]).findings
        assert "the target by another name" in found.sentences[0]

    @pytest.mark.parametrize(
        ("name", "line"),
        [
            ("a b", 'ignore_columns: ["a b"]'),
            ("no", 'ignore_columns: ["no"]'),
            ("a]: {x", 'ignore_columns: ["a]: {x"]'),
            ('a"b\\', 'ignore_columns: ["a\\"b\\\\"]'),
            ("1", 'ignore_columns: ["1"]'),
        ],
    )
    def test_any_name_is_one_that_yaml_reads_back(self, name: str, line: str) -> None:
        suspect = of_classes()["trust"]["suspects"][0] | {"column": name}
        (found,) = trust(suspects=[suspect]).findings
        assert found.setting == line
        assert yaml.safe_load(found.setting) == {"ignore_columns": [name]}

    def test_duplicates_are_counted_with_what_they_do(self) -> None:
        (found,) = trust(duplicates=of_classes()["trust"]["duplicates"]).findings
        assert found.sentences == (
            "12 training rows repeat an earlier one, target included.",
            "4 rows have the same features as others, but another target: no model can be right on "
            "all of them.",
            "On rows without a duplicate in training, the balanced accuracy is 0.9610 (95% CI "
            "0.9410 to 0.9810).",
            "3 test rows have the features of training rows; the test score may be optimistic.",
            "Without them the test score is 0.9520.",
        )

    def test_a_shift_has_its_columns_and_a_hint_its_setting(self) -> None:
        whole = of_classes()["trust"]
        shift, hint = trust(shift=whole["shift"], findings=whole["findings"][2:]).findings
        assert "“bill_length_mm”, “island” and “flipper_length_mm”" in shift.sentences[1]
        assert hint.setting == 'time_column: "year"'

    def test_a_finding_is_shown_once_with_the_scores_where_there_are_any(self) -> None:
        whole = of_classes()["trust"]
        measured = trust(**whole)
        titles = [issue.title for issue in measured.findings]
        assert len(titles) == len(set(titles)) == 5
        unmeasured = trust(findings=whole["findings"])
        assert [issue.setting for issue in unmeasured.findings] == [
            f'ignore_columns: ["{whole["findings"][0]["column"]}"]',
            "",
            'time_column: "year"',
        ]

    def test_nothing_odd_is_one_sentence_that_says_what_was_looked_for(self) -> None:
        none = {"rows": 0, "conflicting": 0, "test_rows_in_training": 0}
        quiet = {"auc": measured(0.51), "is_significant": False}
        section = trust(duplicates=none, shift=quiet)
        assert section.findings == ()
        assert section.clear == (
            "No data problem detected. Checked: columns that give the answer away, copies "
            "of the target, groups, times and identifiers, rows that are there more than once and "
            "test rows that are unlike the training rows."
        )
        assert "test rows" not in trust(duplicates=none).clear

    def test_what_was_not_looked_for_is_not_said_to_be_fine(self) -> None:
        missing = [{"step": step, "reason": "No time."} for step in ("suspects", "data checks")]
        section = data_quality_section(run(valid({"skipped": missing})))
        assert section.clear == ""
        assert (
            section.not_available[0] == "Not available: columns that give the answer away. No time."
        )


class TestErrorsAsPeopleReadThem:
    def test_scores_are_turned_and_drops_are_not(self) -> None:
        results = to_display_values(explained(make_errors(3), of_numbers()))
        section, odd = importance_section(results), data_quality_section(results)
        assert section is not None
        assert "2.8000 with 200 rows, 2.5000 with 400, better by 0.03" in section.rows
        assert "by 0.31 (95% CI 0.27 to 0.35)" in section.sentences[0]
        seen = odd.findings[0].sentences[0]
        assert "reaches a root mean squared error of 2.6000 (95% CI 2.5000 to 2.7000)" in seen
        assert seen.endswith("the selected model, 2.5000.")
        assert "is 4.0000 (95% CI 3.5000 to 4.5000)" in odd.findings[0].sentences[1]
        assert to_display_values(to_display_values(results)) == results


def test_the_markdown_has_the_main_numbers_and_stays_text() -> None:
    text = report_md(run(of_classes(columns=[name + HOSTILE for name in COLUMNS], end=HOSTILE)))
    for words in ("## What the model learned", "## Data quality", "by 0.31"):
        assert words in text
    outside = re.sub(r"(?ms)^(`{3,})\w*\n.*?^\1$|(?<!\\)(`+) ?[^\n]*?(?<!`)\2(?!`)", "", text)
    assert not re.search(r"(?<!\\)<(?!/?details>|/?summary>)", outside)
    assert "@all" not in outside
