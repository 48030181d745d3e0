"""How the model errs, in sentences and tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.support.report.synthetic_errors import classification, measured, rate, regression_of
from tests.support.report.synthetic_explanations import (
    SPECIES,
    explained,
    of_classes,
    of_numbers,
    scored_by,
    valid,
)
from tests.support.report.synthetic_results import make_errors, make_results
from tunedrop.report.markdown import report_md
from tunedrop.report.sections.errors import ErrorSection, error_section
from tunedrop_common.model_errors import MOST_CLASSES_SHOWN


def section(explanation: dict[str, Any], **confirm: Any) -> ErrorSection:
    return error_section(explained(make_results(3), explanation, **confirm))


def of_counts(counts: list[list[int]], **changes: Any) -> ErrorSection:
    """Make the section of a classifier with this confusion matrix, of classes a, b, ..."""
    table = np.array(counts)
    errors = classification(list("abcdefgh")[: len(counts)])
    errors["confusion"] |= {"counts": counts}
    for place, each in enumerate(errors["classes"]):
        hits, rows, called = table[place, place], table[place].sum(), table[:, place].sum()
        each |= {
            "rows": int(rows), "predicted": int(called),
            "precision": rate(hits, called), "recall": rate(hits, rows),
        }  # fmt: skip
    return section({"errors": errors | changes})


class TestClassification:
    def test_each_class_has_its_precision_and_recall(self) -> None:
        assert of_counts([[97, 3], [5, 95]]).sentences == (
            "“a”: precision 95% (predictions that are correct), recall 97% (“a” rows found).",
            "“b”: precision 97%, recall 95%.",
            "Most frequent error: 5 of 100 “b” rows (5%) are predicted “a”.",
        )

    def test_a_class_that_is_never_predicted_is_said(self) -> None:
        assert of_counts([[80, 0], [20, 0]]).sentences[1] == (
            "The model never predicts “b” (only 20 rows)."
        )

    def test_no_mistake_is_said(self) -> None:
        said = of_counts([[250, 0], [0, 150]]).sentences
        assert said[-1] == "The model made no mistake on 400 rows."
        assert said[1] == "“b”: precision 100%, recall 100%."

    def test_nearly_all_is_not_all(self) -> None:
        said = of_counts([[99990, 10], [1, 9]]).sentences
        assert "recall above 99.9%" in said[0]

    def test_of_many_classes_the_worst_are_said_and_the_table_has_all(self) -> None:
        found = section(of_classes([f"class {i}" for i in range(40)]))
        assert found.sentences[0].startswith("Of 40 classes, the model is worst at “class ")
        assert len(found.sentences) == 5
        assert found.classes is not None
        assert len(found.classes.rows) == found.classes_in_all == 40
        assert MOST_CLASSES_SHOWN < 40

    def test_a_class_of_few_rows_is_no_bad_one_by_that_alone(self) -> None:
        counts = np.diag([100] * 6)
        counts[4, 3:5] = 60, 40
        counts[5, 4:6] = 1, 1
        said = of_counts(counts.tolist()).sentences
        assert said[0].startswith("Of 6 classes, the model is worst at “e”")

    def test_labels_of_any_kind_are_words(self) -> None:
        table = section(of_classes([True, 1, "", "two\nlines"])).classes
        assert table is not None
        assert [row[0] for row in table.rows] == ["True", "1", "(empty)", r"two\nlines"]

    def test_a_name_written_from_right_to_left_keeps_the_sentence_in_order(self) -> None:
        said = section(of_classes(["אבג", "b"])).sentences[0]
        assert "“\u2068אבג\u2069”" in said

    def test_the_basis_says_what_was_counted(self) -> None:
        errors = classification(SPECIES)
        errors["basis"] |= {"of_rows": 25_230, "weighted": True, "groups": 40}
        assert section({"errors": errors, "predictions_sampled": True}).basis == (
            "Based on out-of-fold predictions for 400 of 25,230 training rows. They are a sample "
            "in which all classes have their share. Rates count rows by their weights. Confidence "
            "intervals are by groups of rows: 40."
        )


class TestProbabilities:
    def bins(self, *bins: tuple[float, float], labels: Any = ("no", "yes")) -> tuple[str, ...]:
        """Say what these predicted and observed shares mean; an interval has 0.04 on each side."""
        errors = classification(list(labels))
        errors["calibration"]["bins"] = [
            {"predicted": predicted, "observed": measured(observed, 0.04), "rows": 200}
            for predicted, observed in bins
        ]
        return section({"errors": errors}).calibration

    @pytest.mark.parametrize(
        ("bins", "said"),
        [
            (((0.2, 0.21), (0.8, 0.78)), "well calibrated"),
            (((0.001, 0.0), (0.9999, 0.975)), "well calibrated"),
            (((0.2, 0.4), (0.8, 0.6)), "overconfident: its probabilities are too extreme"),
            (((0.2, 0.05), (0.8, 0.95)), "underconfident: its probabilities are too close to 50%"),
            (((0.2, 0.1), (0.5, 0.4), (0.8, 0.7)), "overestimates “yes”: in 3 of 3 bins"),
            (((0.2, 0.3), (0.5, 0.6), (0.8, 0.81)), "underestimates “yes”: in 2 of 3 bins"),
            (((0.6, 0.8), (0.9, 0.8)), "not calibrated: in 2 of 2 bins"),
        ],
    )
    def test_the_intervals_of_the_bins_decide(self, bins: Any, said: str) -> None:
        assert said in self.bins(*bins)[1]

    def test_the_bin_that_is_told_is_the_reason_of_the_verdict(self) -> None:
        told, verdict, _ = self.bins((0.97, 0.92), (0.8, 0.8))
        assert told == (
            "Rows with about 97% probability of “yes” are “yes” in 92% (95% CI 88% to 96%)."
        )
        assert "well calibrated" not in verdict
        told, verdict, _ = self.bins((0.97, 0.94), (0.75, 0.74))
        assert told == (
            "Rows with about 75% probability of “yes” are “yes” in 74% (95% CI 70% to 78%)."
        )
        assert "well calibrated" in verdict

    def test_of_more_classes_they_are_of_the_class_that_is_predicted(self) -> None:
        told, verdict, brier = self.bins((0.5, 0.4), (0.8, 0.75), labels="abc")
        assert told.startswith("Predictions with about 50% probability are correct in 40% of cases")
        assert verdict.startswith("The model is overconfident: in 2 of 2 bins, its probabilities")
        assert brier.startswith("Brier score (squared error of probabilities): ")

    def test_the_cost_of_finding_nearly_all_is_said(self) -> None:
        errors = classification(["no", "yes"])
        errors["thresholds"] = [
            {"threshold": 0.2, "precision": 0.5, "recall": 0.92, "flagged": 0.4},
            {"threshold": 0.5, "precision": 0.8, "recall": 0.6, "flagged": 0.1},
        ]
        assert section({"errors": errors}).thresholds == (
            "At a decision threshold of 50%, recall is 60% and precision 80%; 10% of rows are "
            "predicted “yes”.",
            "For 90% recall, set the decision threshold to 20%: precision 50%, 40% of rows "
            "flagged.",
        )


class TestRegression:
    def errors(self, *bounds: tuple[float, float, float]) -> ErrorSection:
        errors = regression_of(np.arange(400.0), np.zeros(400))
        errors["bounds"] = [
            {"level": level, "low": low, "high": high, "coverage": measured(level + 0.002)}
            for level, low, high in bounds
        ]
        return section({"errors": errors})

    def test_bounds_that_are_alike_on_both_sides_are_one(self) -> None:
        assert self.errors((0.5, -2.1, 2.05), (0.8, -4, 4), (0.95, -7.9, 7.8)).sentences[:3] == (
            "50% of predictions are within ±2.1 of the actual value.",
            "95% of predictions are within ±7.9 of the actual value.",
            "On folds not used to set them, these bounds contain 50% and 95% of rows.",
        )

    def test_others_are_said_with_their_sides(self) -> None:
        assert self.errors((0.5, -25_230.4, 100)).sentences[0] == (
            "50% of predictions are at most 25,230 too high or 100 too low."
        )

    def test_predictions_that_are_mostly_on_one_side_are_said(self) -> None:
        predicted = np.arange(400.0)
        residual = np.where(predicted >= 380, 30.0, np.tile([-1.0, 1.0], 200))
        said = section({"errors": regression_of(predicted, residual)}).sentences
        assert said[-1] == (
            "The highest predictions (around 390) are mostly too low: median error 30."
        )

    def test_a_side_that_does_not_matter_is_not_said(self) -> None:
        predicted = np.arange(400.0)
        residual = np.where(predicted >= 380, 0.3, np.tile([-1.0, 1.0], 200))
        said = section({"errors": regression_of(predicted, residual)}).sentences
        assert not any("mostly" in sentence for sentence in said)

    def test_a_constant_prediction_is_said(self) -> None:
        errors = regression_of(np.full(400, 12.5), np.linspace(-3, 3, 400))
        assert section({"errors": errors}).sentences[0] == (
            "The model predicts the same for every row: 12.5."
        )


class TestAgainstTheChampion:
    def test_gains_and_losses_are_said_where_their_interval_excludes_0(self) -> None:
        assert section(of_classes()).champion == (
            "Significantly better than the champion: “Adelie” (recall 90%, was 80%).",
            "Significantly worse than the champion: “Chinstrap” (recall 68%, was 80%).",
        )

    def test_chance_alone_is_said(self) -> None:
        explanation = of_classes()
        for change in explanation["against_champion"]["changes"]:
            change["gain"] = measured(0.01, 0.05)
        assert section(explanation).champion == (
            "No class is significantly better or worse than with the champion.",
        )

    def test_tenths_of_the_target_are_said_by_their_values(self) -> None:
        assert "values of 20 to 30 (error 0.12 higher)" in section(of_numbers()).champion[1]


class TestSegments:
    def test_significant_ones_are_said_and_requested_ones_are_shown(self) -> None:
        found = section(of_classes())
        assert found.segments == (
            "1 of 124 segments has a significantly higher error (corrected for multiple tests).",
            "Segment age 30 to 41 and sex female (1,312 rows): 31% wrong, other rows 16%.",
        )
        assert found.segment_table is not None
        assert [row[2:] for row in found.segment_table.rows] == [
            ("31%", "16%", "< 0.001", "significantly higher"),
            ("18%", "17%", "0.73", "not significantly higher"),
        ]

    def test_an_error_of_a_regression_is_in_the_targets_own_unit(self) -> None:
        assert (
            section(of_numbers())
            .segments[1]
            .endswith(": mean absolute error 0.31, other rows 0.16.")
        )

    def test_without_any_it_says_how_many_were_tested(self) -> None:
        segments = {"measure": "share wrong", "examined": 1124, "segments": []}
        assert section(of_classes(segments=segments)).segments == (
            "No segment has a significantly higher error (1,124 tested).",
        )


def test_the_worst_rows_are_numbers_only_unless_the_deployment_shows_them() -> None:
    found = section(of_classes()).worst
    assert found is not None
    assert found.titles == ("Row", "Probability of other classes")
    assert found.rows[1] == ("14", "50%")
    shown = section(of_numbers()).worst
    assert shown is not None
    assert shown.titles == ("Row", "Absolute error", "Actual", "Predicted", "island", "year")
    assert shown.rows[0] == ("11", "5", "12.5", "7.5", "Dream", "2007")


def test_each_metric_is_said_as_people_read_it_whatever_the_objective_is() -> None:
    contenders = scored_by("accuracy", "neg_log_loss")
    found = section(of_classes(), contenders=contenders).metrics
    assert found is not None
    accuracy, loss = found.rows
    assert accuracy[0] == "accuracy (higher is better)"
    assert loss[:2] == ("log loss (lower is better)", "0.4000\n0.3500 to 0.4500\ntest: 0.5000")
    assert "Tuned model (boosting)" in found.titles


def test_what_is_not_available_is_named() -> None:
    explanation = valid({"skipped": [{"step": "errors", "reason": "Too many rows."}]})
    assert section(explanation).not_available == (
        "Not available: how the model errs. Too many rows.",
    )


@pytest.mark.parametrize(
    ("explanation", "words"),
    [
        (
            of_classes(),
            ("## Errors", "“Adelie”: precision", "| Chinstrap |", "| island Dream |"),
        ),
        (of_numbers(unit=1000.0), ("## Errors", "50% of predictions are", "17,790")),
    ],
)
def test_the_markdown_says_it_too(explanation: dict[str, Any], words: tuple[str, ...]) -> None:
    results = make_results(3) if "Adelie" in str(explanation) else make_errors(3)
    text = report_md(explained(results, explanation))
    for each in words:
        assert each in text
    assert "e+" not in text
