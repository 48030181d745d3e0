"""How the model errs, in sentences and tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.support.report.explained import (
    SPECIES,
    explained,
    of_classes,
    of_numbers,
    scored_by,
    valid,
)
from tests.support.report.made_up import make_errors, make_results
from tests.support.report.made_up_errors import classification, measured, rate, regression_of
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
    def test_each_class_is_said_in_rows_out_of_a_hundred(self) -> None:
        assert of_counts([[97, 3], [5, 95]]).sentences == (
            "Of 100 rows it calls “a”, 95 are; of 100 that are, it finds 97.",
            "Of 100 rows it calls “b”, 97 are; of 100 that are, it finds 95.",
            "Its most frequent mistake: in 5 of the 100 rows that are “b” (5 %), it says “a”.",
        )

    def test_a_class_that_it_never_calls_is_said(self) -> None:
        assert of_counts([[80, 0], [20, 0]]).sentences[:2] == (
            "Of 100 rows it calls “a”, 80 are; of 100 that are, it finds all.",
            "It never calls a row “b”: of 100 that are, it finds none (only 20 rows).",
        )

    def test_no_mistake_is_said(self) -> None:
        said = of_counts([[250, 0], [0, 150]]).sentences
        assert said[-1] == "It made no mistake on 400 rows."
        assert said[0] == "Of 100 rows it calls “a”, all are; of 100 that are, it finds all."

    def test_nearly_all_is_not_all(self) -> None:
        said = of_counts([[9990, 10], [1, 9]]).sentences
        assert said[0] == (
            "Of 100 rows it calls “a”, more than 99 are; of 100 that are, it finds more than 99."
        )

    def test_of_many_classes_the_worst_are_said_and_the_table_has_all(self) -> None:
        found = section(of_classes([f"class {i}" for i in range(40)]))
        assert found.sentences[0].startswith("Of the 40 classes it is worst at “class ")
        assert len(found.sentences) == 5
        assert found.classes is not None
        assert len(found.classes.rows) == found.classes_in_all == 40
        assert MOST_CLASSES_SHOWN < 40

    def test_a_class_of_few_rows_is_no_bad_one_by_that_alone(self) -> None:
        counts = np.diag([100] * 6)
        counts[4, 3:5] = 60, 40
        counts[5, 4:6] = 1, 1
        said = of_counts(counts.tolist()).sentences
        assert said[0].startswith("Of the 6 classes it is worst at “e”")

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
            "Counted on 400 rows of 25,230 of the training data, each predicted once by a model "
            "that had not seen it. They are a sample in which all classes have their share. Rates "
            "count rows by their weights. Rows that belong together count together in the "
            "intervals: 40 groups."
        )


class TestPercentages:
    def bins(self, *observed: float, predicted: tuple[float, ...] = (0.2, 0.8)) -> ErrorSection:
        errors = classification(["no", "yes"])
        errors["calibration"]["bins"] = [
            {"predicted": p, "observed": measured(o, 0.04), "rows": 200}
            for p, o in zip(predicted, observed, strict=True)
        ]
        return section({"errors": errors})

    def test_true_percentages_are_taken_at_their_word(self) -> None:
        assert self.bins(0.21, 0.78).calibration[:2] == (
            "When it says 80 % for “yes”, that comes true in 78 %.",
            "Its percentages can be taken at their word.",
        )

    def test_too_sure(self) -> None:
        assert self.bins(0.4, 0.6).calibration[1].startswith("It is surer than it should be")

    def test_a_difference_that_does_not_matter_is_none(self) -> None:
        said = self.bins(0.0, 0.975, predicted=(0.001, 0.9999)).calibration
        assert said[1] == "Its percentages can be taken at their word."

    def test_not_sure_enough(self) -> None:
        assert self.bins(0.05, 0.95).calibration[1].startswith("It could be surer than it is")

    def test_of_more_classes_they_are_of_the_class_that_it_calls(self) -> None:
        said = section(of_classes()).calibration
        assert said[0].startswith("When it says ")
        assert "it is right in" in said[0]
        assert "Brier score" in said[2]

    def test_the_cost_of_finding_nearly_all_is_said(self) -> None:
        errors = classification(["no", "yes"])
        errors["thresholds"] = [
            {"threshold": 0.2, "precision": 0.5, "recall": 0.92, "flagged": 0.4},
            {"threshold": 0.5, "precision": 0.8, "recall": 0.6, "flagged": 0.1},
        ]
        assert section({"errors": errors}).thresholds == (
            "If it says “yes” from 50 % on, it finds 60 of 100 and flags 10 % of all rows, of "
            "which 80 of 100 are right.",
            "To find 90 of 100, let it say so from 20 % on: then it finds 92 of 100 and flags 40 % "
            "of all rows, of which 50 of 100 are right.",
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
            "Half of its predictions are within ±2.1 of the actual value.",
            "95 % of its predictions are within ±7.9 of the actual value.",
            "Measured on other folds than those that set these bounds, they held 50 % and 95 % of "
            "the rows.",
        )

    def test_others_are_said_with_their_sides(self) -> None:
        assert self.errors((0.5, -25_230.4, 100)).sentences[0] == (
            "Half of its predictions are at most 25,230 too high or 100 too low."
        )

    def test_predictions_that_are_mostly_on_one_side_are_said(self) -> None:
        predicted = np.arange(400.0)
        residual = np.where(predicted >= 380, 30.0, np.tile([-1.0, 1.0], 200))
        said = section({"errors": regression_of(predicted, residual)}).sentences
        assert (
            said[-1] == "Its highest predictions, around 390, are mostly too low: typically by 30."
        )

    def test_a_side_that_does_not_matter_is_not_said(self) -> None:
        predicted = np.arange(400.0)
        residual = np.where(predicted >= 380, 0.3, np.tile([-1.0, 1.0], 200))
        said = section({"errors": regression_of(predicted, residual)}).sentences
        assert not any("mostly" in sentence for sentence in said)

    def test_a_constant_prediction_is_said(self) -> None:
        errors = regression_of(np.full(400, 12.5), np.linspace(-3, 3, 400))
        assert section({"errors": errors}).sentences[0] == (
            "It predicts the same for every row: 12.5."
        )


class TestAgainstTheChampion:
    def test_gains_and_losses_are_told_from_chance(self) -> None:
        assert section(of_classes()).champion == (
            "Surely better than the champion: “Adelie” (10 more of 100 are found).",
            "Surely worse than the champion: “Chinstrap” (12 fewer of 100 are found).",
            "On the other one, chance may explain the difference.",
        )

    def test_chance_alone_is_said(self) -> None:
        explanation = of_classes()
        for change in explanation["against_champion"]["changes"]:
            change["gain"] = measured(0.01, 0.05)
        assert section(explanation).champion == (
            "On no class is it surely better or worse than the champion.",
        )

    def test_tenths_of_the_target_are_said_by_their_values(self) -> None:
        assert "values of 20 to 30 (0.12 more off on average)" in section(of_numbers()).champion[1]


class TestSlices:
    def test_where_it_is_surely_worse_is_said_and_what_was_asked_for_is_shown(self) -> None:
        found = section(of_classes())
        assert found.slices[1] == (
            "For age 30 to 41 and sex female (1,312 rows), its log loss is 0.61, 1.9 times as "
            "much; elsewhere 0.32."
        )
        assert found.slice_table is not None
        assert [(row[0], row[-1]) for row in found.slice_table.rows] == [
            ("age 30 to 41 and sex female", "surely worse"), ("island Dream", "may be chance"),
        ]  # fmt: skip

    def test_nothing_found_is_one_sentence_with_how_many_were_looked_at(self) -> None:
        slices = {"loss": "log loss", "examined": 1124, "slices": []}
        assert section(of_classes(slices=slices)).slices == (
            "There is no part of the data where it is surely worse than elsewhere: 1,124 parts of "
            "the data were looked at, by one column or two.",
        )

    def test_a_squared_error_is_said_in_the_targets_own_unit(self) -> None:
        explanation = of_numbers()
        explanation["slices"]["slices"][0] |= {"loss": 25.0, "loss_elsewhere": 4.0}
        assert (
            section(explanation)
            .slices[1]
            .endswith("its typical error (root mean square) is 5, 2.5 times as much; elsewhere 2.")
        )


def test_the_worst_rows_are_numbers_only_unless_the_deployment_shows_them() -> None:
    found = section(of_classes()).worst
    assert found is not None
    assert found.titles == ("Row", "Loss")
    assert found.rows[1] == ("14", "2.5")
    shown = section(of_numbers()).worst
    assert shown is not None
    assert shown.titles == ("Row", "Loss", "Actual", "Predicted", "island", "year")
    assert shown.rows[0] == ("11", "25", "12.5", "7.5", "Dream", "2007")


def test_each_metric_is_said_as_people_read_it_whatever_the_objective_is() -> None:
    contenders = scored_by("accuracy", "neg_log_loss")
    found = section(of_classes(), contenders=contenders).metrics
    assert found is not None
    accuracy, loss = found.rows
    assert accuracy[0] == "accuracy (higher is better)"
    assert loss[:2] == ("log loss (lower is better)", "0.4000\n0.3500 to 0.4500\ntest: 0.5000")
    assert found.titles[-1] == "Winner of the tuning (boosting)"


def test_what_was_left_out_is_named() -> None:
    explanation = valid({"left_out": [{"part": "errors", "reason": "Too many rows."}]})
    assert section(explanation).left_out == ("Not here: how the model errs. Too many rows.",)


@pytest.mark.parametrize(
    ("explanation", "words"),
    [
        (
            of_classes(),
            ("## How it errs", "it calls “Adelie”", "| Chinstrap |", "| island Dream |"),
        ),
        (of_numbers(unit=1000.0), ("## How it errs", "Half of its predictions are", "17,790")),
    ],
)
def test_the_markdown_says_it_too(explanation: dict[str, Any], words: tuple[str, ...]) -> None:
    results = make_results(3) if "Adelie" in str(explanation) else make_errors(3)
    text = report_md(explained(results, explanation))
    for each in words:
        assert each in text
    assert "e+" not in text
