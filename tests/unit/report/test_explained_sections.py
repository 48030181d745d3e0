"""What the model learned, and the quality of the data: which facts the sections state."""

from __future__ import annotations

from typing import Any, get_args

import pytest
import yaml

from tests.support.report.synthetic_errors import measured
from tests.support.report.synthetic_explanations import explained, of_classes, of_numbers, valid
from tests.support.report.synthetic_results import make_errors, make_results
from tunedrop.report.charts.column_importance import MOST_DRAWN, importance_rows
from tunedrop.report.charts.dependence import dependence_charts
from tunedrop.report.charts.drawing import NUMBER, SHARE
from tunedrop.report.charts.learning_curve import learning_curve_chart
from tunedrop.report.display_values import to_display_values
from tunedrop.report.markdown import report_md
from tunedrop.report.results import Results
from tunedrop.report.sections.data_quality import DataQualitySection, data_quality_section
from tunedrop.report.sections.importance import ImportanceSection, importance_section
from tunedrop_common.explanation import Dependence, ExplanationStep, Importance, LearningCurve


def run(explanation: dict[str, Any], **confirm: Any) -> Results:
    return explained(make_results(3), explanation, **confirm)


def learned(explanation: dict[str, Any]) -> ImportanceSection:
    section = importance_section(run(explanation))
    assert section is not None
    return section


def quality(**fields: Any) -> DataQualitySection:
    return data_quality_section(run(valid({"data_quality": fields})))


def test_what_confirm_did_not_analyze_has_no_section() -> None:
    assert importance_section(make_results(3)) is None


def test_each_step_that_may_be_skipped_is_named_in_one_section() -> None:
    skipped = [{"step": step, "reason": "No time."} for step in get_args(ExplanationStep)]
    text = report_md(run(valid({"skipped": skipped})))
    assert text.count("Not available: ") == len(skipped)


class TestImportance:
    def test_columns_are_said_with_the_interval_that_decides_their_significance(self) -> None:
        first, second, third, total = learned(of_classes()).sentences
        assert "“bill_length_mm” and “island” (strongly associated" in first
        assert "balanced accuracy by 0.31 (95% CI 0.27 to 0.35)" in first
        assert "“flipper_length_mm”, by 0.2" in second
        assert "“body_mass_g”, by 0.05" in third
        assert total.startswith("4 of 6 columns")

    def test_a_column_whose_interval_includes_0_is_not_called_important(self) -> None:
        explanation = of_classes()
        explanation["learned"]["importance"] = [{"columns": ["a"], "drop": measured(0.1, 0.11)}]
        assert learned(explanation).sentences == ("No column has significant importance.",)

    @pytest.mark.parametrize(
        ("gain", "helps", "start", "end"),
        [
            (0.03, True, "More rows help significantly: ", "0.03 (95% CI 0.01 to 0.05)."),
            (0.03, False, "More rows help significantly, but by very little: ", "to 0.05)."),
            (0.01, False, "More rows show no significant gain: ", "0.9700 with 400."),
        ],
    )
    def test_more_rows_help_where_the_gain_is_significant(
        self, gain: float, helps: bool, start: str, end: str
    ) -> None:
        explanation = of_classes()
        explanation["learning_curve"] |= {"gain": measured(gain, 0.02), "more_rows_help": helps}
        sentence = learned(explanation).rows
        assert sentence.startswith(f"{start}balanced accuracy 0.9400 with 200 rows, 0.9700")
        assert sentence.endswith(end)

    def test_of_many_columns_the_first_are_drawn_and_the_table_has_the_others(self) -> None:
        columns = of_classes(columns=[f"column {number}" for number in range(301)])
        importance = columns["learned"]["importance"]
        rows = importance_rows([Importance.model_validate(item) for item in importance])
        assert len(rows) == 300 > MOST_DRAWN
        assert (rows[0]["columns"], rows[0]["kind"]) == ("column 0 + column 1", "significant")

    def test_dependence_of_each_kind(self) -> None:
        dependence = of_classes()["learned"]["dependence"]
        charts = dependence_charts([Dependence.model_validate(item) for item in dependence])
        numeric, categorical, datetimes, *_ = charts
        assert numeric.columns["prediction"] == ("Probability of “Adelie”", SHARE)
        assert [row["at"] for row in categorical.rows] == ["Biscoe", "Dream", "a category"]
        assert datetimes.rows[0]["at"] == "2007-01-01T00:00:00"
        regression = Dependence.model_validate(of_numbers()["learned"]["dependence"][0])
        (chart,) = dependence_charts([regression])
        assert chart.columns["prediction"] == ("Prediction", NUMBER)

    def test_a_learning_curve_needs_two_points(self) -> None:
        curve = LearningCurve.model_validate(of_classes()["learning_curve"])
        chart = learning_curve_chart(curve, "accuracy")
        assert chart
        assert [row["rows"] for row in chart.rows] == [100, 200, 400]
        one_point = curve.model_copy(update={"points": curve.points[:1]})
        assert learning_curve_chart(one_point, "accuracy") is None
        assert learning_curve_chart(None, "accuracy") is None


class TestDataQuality:
    def test_a_suspect_has_the_scores_with_and_without_it(self) -> None:
        leaky_column, copy = of_classes()["data_quality"]["leaky_columns"]
        (issue,) = quality(leaky_columns=[leaky_column]).issues
        assert issue.title == "Possible data leakage: “bill_length_mm”"
        assert "0.9550 (95% CI 0.9450 to 0.9650); the selected model, 0.9700" in issue.sentences[0]
        assert "0.8100 (95% CI 0.7800 to 0.8400)" in issue.sentences[1]
        (issue,) = quality(leaky_columns=[copy]).issues
        assert issue.sentences[0].startswith("Each value of “island” goes with one value")

    @pytest.mark.parametrize("name", ["a b", "no", "a]: {x", 'a"b\\', "1"])
    def test_any_name_is_one_that_yaml_reads_back(self, name: str) -> None:
        leaky_column = of_classes()["data_quality"]["leaky_columns"][0] | {"column": name}
        (issue,) = quality(leaky_columns=[leaky_column]).issues
        assert yaml.safe_load(issue.setting) == {"ignore_columns": [name]}

    def test_duplicates_are_counted_with_what_they_do(self) -> None:
        (issue,) = quality(duplicates=of_classes()["data_quality"]["duplicates"]).issues
        numbers = ("12 training rows", "4 rows", "0.9610 (95% CI 0.9410 to", "3 test rows", "0.95")
        for sentence, words in zip(issue.sentences, numbers, strict=True):
            assert words in sentence

    def test_a_shift_has_its_columns(self) -> None:
        (issue,) = quality(shift=of_classes()["data_quality"]["shift"]).issues
        assert "ROC AUC 0.74 (95% CI 0.69 to 0.79)" in issue.sentences[0]
        assert "“bill_length_mm”, “island” and “flipper_length_mm”" in issue.sentences[1]

    def test_an_issue_is_shown_once_with_the_scores_where_there_are_any(self) -> None:
        fields = of_classes()["data_quality"]
        titles = [issue.title for issue in quality(**fields).issues]
        assert len(titles) == len(set(titles)) == 5
        assert [issue.setting for issue in quality(findings=fields["findings"]).issues] == [
            'ignore_columns: ["island"]', "", 'time_column: "year"',
        ]  # fmt: skip

    def test_without_an_issue_the_checks_are_named_that_were_made(self) -> None:
        none = {"rows": 0, "conflicting": 0, "test_rows_in_training": 0}
        no_shift = {"auc": measured(0.51), "is_significant": False}
        section = quality(duplicates=none, shift=no_shift)
        assert section.issues == ()
        for words in ("data leakage", "duplicate rows", "distribution shift"):
            assert words in section.clear
        assert "shift" not in quality(duplicates=none).clear

    def test_what_was_not_checked_is_not_said_to_be_fine(self) -> None:
        steps = ("leakage", "data checks", "duplicates")
        skipped = [{"step": step, "reason": "No time."} for step in steps]
        section = data_quality_section(run(valid({"skipped": skipped})))
        assert section.clear == ""
        assert section.not_available[0] == "Not available: data leakage. No time."


def test_scores_of_errors_lose_their_sign_and_drops_do_not() -> None:
    results = to_display_values(explained(make_errors(3), of_numbers()))
    section, issues = importance_section(results), data_quality_section(results).issues
    assert section is not None
    assert "2.8000 with 200 rows, 2.5000 with 400, better by 0.03" in section.rows
    assert "by 0.31 (95% CI 0.27 to 0.35)" in section.sentences[0]
    assert "2.6000 (95% CI 2.5000 to 2.7000)" in issues[0].sentences[0]
    assert issues[0].sentences[0].endswith("2.5000.")
    assert "4.0000 (95% CI 3.5000 to 4.5000)" in issues[0].sentences[1]
    assert to_display_values(results) == results
