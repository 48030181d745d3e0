"""Which facts the sections state; the snapshots of report.md have the sentences."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest
import yaml

from tests.support.report.synthetic_errors import classification, measured, rate, regression_of
from tests.support.report.synthetic_explanations import (
    SPECIES,
    explained,
    of_classes,
    of_numbers,
    valid,
)
from tests.support.report.synthetic_results import make_results
from tunedrop.report.markdown import report_md
from tunedrop.report.results import Results
from tunedrop.report.sections.data_quality import data_quality_section
from tunedrop.report.sections.errors import error_section
from tunedrop.report.sections.importance import importance_section
from tunedrop_common.explanation import ExplanationStep


def run(explanation: dict[str, Any]) -> Results:
    return explained(make_results(3), explanation)


def section(explanation: dict[str, Any]) -> dict[str, Any]:
    return error_section(run(explanation))


def of_counts(counts: Any) -> dict[str, Any]:
    """Make the section of a classifier with this confusion matrix, of classes a, b, ..."""
    table = np.array(counts)
    errors = classification(list("abcdefgh")[: len(table)])
    errors["confusion"] |= {"counts": table.tolist()}
    for number, errors_of_class in enumerate(errors["classes"]):
        hits, rows, predicted = (
            table[number, number], table[number].sum(), table[:, number].sum(),
        )  # fmt: skip
        errors_of_class |= {
            "rows": int(rows), "predicted": int(predicted),
            "precision": rate(hits, predicted), "recall": rate(hits, rows),
        }  # fmt: skip
    return section({"errors": errors})


class TestClassification:
    @pytest.mark.parametrize(
        ("counts", "words"),
        [
            ([[80, 0], [20, 0]], "never predicts “b” (only 20 rows)"),
            ([[250, 0], [0, 150]], "made no error on 400 rows"),
            ([[99990, 10], [1, 9]], "recall above 99.9%"),
        ],
    )
    def test_extremes_are_said(self, counts: list[list[int]], words: str) -> None:
        assert words in " ".join(of_counts(counts)["sentences"])

    def test_of_many_classes_the_worst_are_said_and_the_table_has_all(self) -> None:
        errors = section(of_classes([f"class {number}" for number in range(40)]))
        assert errors["sentences"][0].startswith("Of 40 classes, the model is worst at “class ")
        assert len(errors["sentences"]) == 5
        assert errors["classes"] is not None
        assert len(errors["classes"].rows) == errors["classes_in_all"] == 40

    def test_a_class_of_few_rows_is_no_bad_one_by_that_alone(self) -> None:
        counts = np.diag([100] * 6)
        counts[4, 3:5] = 60, 40
        counts[5, 4:6] = 1, 1
        assert "the model is worst at “e”" in of_counts(counts)["sentences"][0]

    def test_labels_of_any_kind_are_words(self) -> None:
        table = section(of_classes([True, 1, "", "two\nlines"]))["classes"]
        assert table is not None
        assert [row[0] for row in table.rows] == ["True", "1", "(empty)", r"two\nlines"]
        right_to_left = section(of_classes(["אבג", "b"]))["sentences"][0]
        assert "“\u2068אבג\u2069”" in right_to_left

    def test_the_basis_has_the_rows_the_sample_the_weights_and_the_groups(self) -> None:
        errors = classification(SPECIES)
        errors["basis"] |= {"of_rows": 25_230, "weighted": True, "groups": 40}
        basis = section({"errors": errors, "predictions_sampled": True})["basis"]
        for words in ("400 of 25,230 training rows", "sample", "weights", "groups of rows: 40"):
            assert words in basis


class TestProbabilities:
    def calibration(self, *bins: tuple[float, float], labels: Any = ("no", "yes")) -> Any:
        """Return the sentences on predicted and observed shares, each within 0.04."""
        errors = classification(list(labels))
        errors["calibration"]["bins"] = [
            {"predicted": predicted, "observed": measured(observed, 0.04), "rows": 200}
            for predicted, observed in bins
        ]
        return section({"errors": errors})["calibration"]

    @pytest.mark.parametrize(
        ("bins", "verdict"),
        [
            (((0.2, 0.21), (0.8, 0.78)), "well calibrated"),
            (((0.001, 0.0), (0.9999, 0.975)), "well calibrated"),
            (((0.2, 0.4), (0.8, 0.6)), "is overconfident"),
            (((0.2, 0.05), (0.8, 0.95)), "is underconfident"),
            (((0.2, 0.1), (0.5, 0.4), (0.8, 0.7)), "overestimates “yes”: in 3 of 3 bins"),
            (((0.2, 0.3), (0.5, 0.6), (0.8, 0.81)), "underestimates “yes”: in 2 of 3 bins"),
            (((0.6, 0.8), (0.9, 0.8)), "not calibrated: in 2 of 2 bins"),
        ],
    )
    def test_the_intervals_of_the_bins_decide(self, bins: Any, verdict: str) -> None:
        assert verdict in self.calibration(*bins)[0]

    def test_of_more_classes_they_are_of_the_class_that_is_predicted(self) -> None:
        verdict, telling, _ = self.calibration((0.5, 0.4), (0.8, 0.75), labels="abc")
        assert "are correct in 40% of cases" in telling
        assert "overconfident: in 2 of 2 bins" in verdict

    def test_the_cost_of_a_high_recall_is_said(self) -> None:
        errors = classification(["no", "yes"])
        errors["thresholds"] = [
            {"threshold": 0.2, "precision": 0.5, "recall": 0.92, "flagged": 0.4},
            {"threshold": 0.5, "precision": 0.8, "recall": 0.6, "flagged": 0.1},
        ]
        usual, high_recall = section({"errors": errors})["thresholds"]
        for number in ("50%", "60%", "80%", "10%"):
            assert number in usual
        assert "For 90% recall, set the decision threshold to 20%: precision 50%" in high_recall


def test_bounds_are_said_with_their_coverage_on_other_folds() -> None:
    errors = regression_of(np.arange(400.0), np.zeros(400))
    bounds = ((0.5, -2.1, 2.05), (0.8, -4, 4), (0.95, -7.9, 100))
    errors["bounds"] = [
        {"level": level, "low": low, "high": high, "coverage": measured(level + 0.002)}
        for level, low, high in bounds
    ]
    half, most, coverage, *_ = section({"errors": errors})["sentences"]
    assert half == "50% of predictions are at most 2.1 too high or 2.05 too low."
    assert "at most 7.9 too high or 100 too low" in most
    assert "50% and 95% of rows" in coverage


def test_a_constant_prediction_is_said() -> None:
    errors = regression_of(np.full(400, 12.5), np.linspace(-3, 3, 400))
    sentence = section({"errors": errors})["sentences"][0]
    assert sentence == "The model predicts the same value for every row: 12.5."


class TestSegments:
    def test_without_any_it_says_how_many_were_tested(self) -> None:
        segments = {"measure": "share wrong", "examined": 1124, "segments": []}
        (sentence,) = section(of_classes(segments=segments))["segments"]
        assert sentence == "No segment has a significantly higher error (1,124 tested)."


def test_the_worst_rows_are_numbers_only_unless_the_deployment_shows_them() -> None:
    numbers, values = section(of_classes())["worst"], section(of_numbers())["worst"]
    assert numbers is not None
    assert numbers.titles == ("Row", "Probability of other classes")
    assert numbers.rows[1] == ("14", "50%")
    assert values is not None
    assert values.titles == ("Row", "Absolute error", "Actual", "Predicted", "island", "year")
    assert values.rows[0] == ("11", "5", "12.5", "7.5", "Dream", "2007")


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
