"""What the model learned, and the quality of the data: which facts the sections state."""

from __future__ import annotations

from typing import Any, get_args

import pytest
import yaml

from tests.support.report.synthetic_errors import measured
from tests.support.report.synthetic_explanations import explained, of_classes, valid
from tests.support.report.synthetic_results import make_results
from tunedrop.report.markdown import report_md
from tunedrop.report.results import Results
from tunedrop.report.sections.data_quality import data_quality_section
from tunedrop.report.sections.importance import importance_section
from tunedrop_common.explanation import ExplanationStep


def run(explanation: dict[str, Any], **confirm: Any) -> Results:
    return explained(make_results(3), explanation, **confirm)


def learned(explanation: dict[str, Any]) -> dict[str, Any]:
    section = importance_section(run(explanation))
    assert section is not None
    return section


def quality(**fields: Any) -> dict[str, Any]:
    return data_quality_section(run(valid({"data_quality": fields})))


def test_what_confirm_did_not_analyze_has_no_section() -> None:
    assert importance_section(make_results(3)) is None


def test_each_step_that_was_skipped_is_named() -> None:
    skipped = [{"step": step, "reason": "No time."} for step in get_args(ExplanationStep)]
    text = report_md(run(valid({"skipped": skipped})))
    assert text.count(": No time.") == len(skipped)


class TestImportance:
    def test_a_column_whose_interval_includes_0_is_not_called_important(self) -> None:
        explanation = of_classes()
        explanation["learned"]["importance"] = [{"columns": ["a"], "drop": measured(0.1, 0.11)}]
        assert learned(explanation)["sentences"] == ("No column has significant importance.",)

    @pytest.mark.parametrize(
        ("gain", "helps", "start", "end"),
        [
            (0.03, False, "More rows help significantly, but by very little: ", "to 0.05)."),
            (0.01, False, "More rows show no significant gain: ", "0.9700 with 400."),
        ],
    )
    def test_more_rows_help_where_the_gain_is_significant(
        self, gain: float, helps: bool, start: str, end: str
    ) -> None:
        explanation = of_classes()
        explanation["learning_curve"] |= {"gain": measured(gain, 0.02), "more_rows_help": helps}
        sentence = learned(explanation)["rows"]
        assert sentence.startswith(f"{start}balanced accuracy 0.9400 with 200 rows, 0.9700")
        assert sentence.endswith(end)


class TestDataQuality:
    @pytest.mark.parametrize("name", ["a b", "no", "a]: {x", 'a"b\\', "1"])
    def test_any_name_is_one_that_yaml_reads_back(self, name: str) -> None:
        leaky_column = of_classes()["data_quality"]["leaky_columns"][0] | {"column": name}
        (issue,) = quality(leaky_columns=[leaky_column])["issues"]
        assert yaml.safe_load(issue.setting) == {"ignore_columns": [name]}

    def test_without_an_issue_the_checks_are_named_that_were_made(self) -> None:
        none = {"rows": 0, "conflicting": 0, "test_rows_in_training": 0}
        no_shift = {"auc": measured(0.51), "is_significant": False}
        section = quality(duplicates=none, shift=no_shift)
        assert section["issues"] == ()
        for words in ("data leakage", "duplicate rows", "distribution shift"):
            assert words in section["checked"]
        assert "shift" not in quality(duplicates=none)["checked"]

    def test_what_was_not_checked_is_not_said_to_be_fine(self) -> None:
        steps = ("leakage", "data checks", "duplicates")
        skipped = [{"step": step, "reason": "No time."} for step in steps]
        section = data_quality_section(run(valid({"skipped": skipped})))
        assert section["checked"] == ""
