"""The questions on top of the report, answered."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.report.synthetic_errors import classification
from tests.support.report.synthetic_explanations import explained, of_classes, of_numbers, valid
from tests.support.report.synthetic_plan import make_plan
from tests.support.report.synthetic_results import (
    contender,
    make_errors,
    make_results,
    training_job,
)
from tunedrop.report.answers import answers
from tunedrop.report.display_values import to_display_values
from tunedrop.report.results import Results

WORKED, GOOD, BETTER, NEXT, COST = range(5)
SPOT = {"type": "ml.m5.large", "volume_gb": 10, "spot": True}
FAILED = {"status": "Failed", "failure_reason": "it broke"}


def answered(results: Results, question: int) -> str:
    return answers(results)[question].answer


def without_hints(results: Results) -> Results:
    return results.model_copy(update={"warnings": ()})


def run_with_test(score: float | None, **more: Any) -> Results:
    """Make a run whose model has this score on test rows; 0.97 on fresh folds."""
    contenders = [
        contender("baseline", 0.3, estimator="baseline"),
        contender("tuned:boosting", 0.97, test_score=score),
    ]  # fmt: skip
    return make_results(confirm={"contenders": contenders, **more})


def test_they_come_in_the_order_in_which_people_ask() -> None:
    assert [each.question for each in answers(make_results())] == [
        "Did it work?",
        "How good is the model, and can I trust that number?",
        "Is it better than before?",
        "What should I do next?",
        "What did it cost?",
    ]


class TestWhereDoesItErr:
    def asked(self, results: Results) -> str:
        answer = answers(results)[2]
        assert answer.question == "Where does it err?"
        return answer.answer

    def test_a_classifier_is_worst_at_a_class_and_at_a_part_of_the_data(self) -> None:
        said = self.asked(explained(make_results(), of_classes()))
        assert said.startswith("The model is worst at “Chinstrap”. “Chinstrap”: precision ")
        assert said.endswith(
            "Segment age 30 to 41 and sex female (1,312 rows): 31% wrong, other rows 16%."
        )

    def test_a_classifier_without_a_mistake_says_so(self) -> None:
        errors = classification(["no", "yes"], skill=50.0)
        said = self.asked(explained(make_results(), of_classes(errors=errors, segments=None)))
        assert said == "The model made no mistake on 400 rows."

    def test_a_regressor_is_off_by_so_much(self) -> None:
        said = self.asked(to_display_values(explained(make_errors(), of_numbers(segments=None))))
        assert said.startswith("50% of predictions are at most ")
        assert said.count("95% of predictions") == 1

    def test_it_is_not_asked_where_nobody_knows(self) -> None:
        assert len(answers(make_results())) == 5


class TestDidItWork:
    def test_a_run_that_promotes(self) -> None:
        assert answered(make_results((training_job(1), training_job(2))), WORKED) == (
            "Yes, a better model is in use: all 2 training jobs completed."
        )

    @pytest.mark.parametrize(
        ("verdict", "words"),
        [
            ("kept champion", "Yes, the champion stays in use, fitted again on the new data: "),
            ("first model", "Yes, the dataset has its first model: "),
            (
                "no useful model",
                "It ran, but no model is significantly better than the baseline: ",
            ),
        ],
    )
    def test_every_verdict_has_its_words(self, verdict: str, words: str) -> None:
        results = make_results((training_job(1),), confirm={"verdict": verdict})
        assert answered(results, WORKED) == f"{words}its 1 training job completed."

    def test_few_failures_are_counted_and_many_are_a_warning(self) -> None:
        good = [training_job(i) for i in range(1, 10)]
        one = make_results((*good, training_job(10, None, **FAILED)))
        assert answered(one, WORKED).startswith("Yes, a better model is in use: of 10 training")
        assert answered(one, WORKED).endswith("9 completed, 1 failed.")
        many = make_results((*good, *(training_job(i, None, **FAILED) for i in range(10, 13))))
        assert answered(many, WORKED).startswith("Only in part, a better model is in use: of 12")

    def test_completed_training_jobs_without_an_objective_are_counted(self) -> None:
        silent = make_results((training_job(1), training_job(2), training_job(3, None)))
        assert answered(silent, WORKED).endswith(
            "all 3 training jobs completed, 1 of them without an objective."
        )


class TestHowGoodIsIt:
    @pytest.mark.parametrize(
        ("test_score", "end"),
        [
            (0.96, "The held-out test score lies within this interval."),
            (0.90, "is worse than this interval; plan with it until the cause is known."),
            (
                0.999,
                "is better than this interval: these rows may be easier, plan with the interval.",
            ),
        ],
    )
    def test_the_score_of_the_held_out_test_set_comes_first(
        self, test_score: float, end: str
    ) -> None:
        said = answered(run_with_test(test_score), GOOD)
        assert said.startswith(f"Balanced accuracy is {test_score:.4f} on the held-out test set")
        assert "0.9700 (95% CI 0.9500 to 0.9900) cross-validated on new splits" in said
        assert said.endswith(end)
        assert "optimistic" not in said

    @pytest.mark.parametrize(
        ("without", "end"),
        [
            (0.90, "without them it is 0.9000, which is worse than this interval; plan with it"),
            (0.96, "without them it is 0.9600, which lies within this interval."),
            (None, "there is no score without them."),
        ],
    )
    def test_test_rows_that_training_has_do_not_count(
        self, without: float | None, end: str
    ) -> None:
        duplicates = {
            "rows": 0, "conflicting": 0, "test_rows_in_training": 12, "test_score_without": without,
        }  # fmt: skip
        results = explained(run_with_test(0.975), valid({"trust": {"duplicates": duplicates}}))
        answer = answered(results, GOOD)
        assert "The test set includes 12 rows with the features of training rows; " in answer
        assert end in answer

    def test_without_a_test_set_the_score_of_what_a_search_chose_may_be_optimistic(self) -> None:
        answer = answered(run_with_test(None), GOOD)
        assert "0.9700 (95% CI 0.9500 to 0.9900), cross-validated" in answer
        assert "No held-out test set confirms it" in answer
        assert "may be optimistic, because a search chose the model on these rows" in answer
        contenders = [contender("defaults:linear", 0.97, estimator="linear", test_score=None)]
        chosen = {"contenders": contenders, "shipped": "defaults:linear"}
        assert "optimistic" not in answered(make_results(confirm=chosen), GOOD)

    def test_a_greater_error_on_test_rows_is_worse(self) -> None:
        contenders = [contender("tuned:boosting", -2.5, interval=[-2.7, -2.3], test_score=-3.0)]
        results = make_errors().model_copy(
            update={"confirm": run_with_test(None, metric="r2", contenders=contenders).confirm}
        )
        said = answered(to_display_values(results), GOOD)
        assert said.startswith("Root mean squared error is 3.0000 on the held-out test set")
        assert "and 2.5000 (95% CI 2.3000 to 2.7000) cross-validated" in said
        assert "is worse than this interval" in said

    def test_a_model_without_a_score(self) -> None:
        results = make_results(
            confirm={"contenders": [contender("champion", None)], "shipped": "champion",
                     "verdict": "kept champion"}
        )  # fmt: skip
        assert answered(results, GOOD).startswith("Not known")


class TestIsItBetter:
    @pytest.mark.parametrize(
        ("verdict", "start"),
        [("promoted", "Yes. "), ("kept champion", "No. "), ("no useful model", "No. ")],
    )
    def test_confirm_says_it(self, verdict: str, start: str) -> None:
        results = make_results(confirm={"verdict": verdict, "sentence": "It says why."})
        assert answered(results, BETTER) == f"{start}It says why."

    def test_without_a_champion(self) -> None:
        results = run_with_test(0.9, verdict="first model", sentence="Ships it.")
        assert answered(results, BETTER) == "No model was in use before. Ships it."

    def test_with_a_champion_that_could_not_be_scored(self) -> None:
        contenders = [contender("champion", None), contender("tuned:boosting", 0.97)]
        results = make_results(confirm={"contenders": contenders, "sentence": "Replaces it."})
        assert answered(results, BETTER) == "Not known. Replaces it."


class TestWhatNext:
    def test_nothing_but_to_use_it(self) -> None:
        results = without_hints(make_results(30))
        assert answered(results, NEXT).startswith("Use the model: ")

    def test_the_most_important_hint_and_how_many_more(self) -> None:
        results = make_results(30, confirm={"verdict": "no useful model", "warnings": ["a", "b"]})
        said = answered(results, NEXT)
        assert said.startswith(
            "No model is significantly better than the baseline. Check that the target column"
        )
        assert said.endswith("(3 more hints below.)")

    def test_a_model_that_has_expired(self) -> None:
        results = make_results(30).model_copy(update={"model": None})
        assert answered(results, NEXT) == "Start a new run: this one's model is no longer there."


@pytest.mark.parametrize(
    ("results", "said"),
    [
        (
            make_results((training_job(1, billable_seconds=3600, training_seconds=3600),)),
            "$0.12: 1 h 1 min of ml.m5.large for 2 jobs; $0.20 was expected.",
        ),
        (
            make_results((training_job(1),), price=None),
            "1 min 30 s of ml.m5.large for 2 jobs; its price is not known.",
        ),
        (
            make_results((training_job(1),), plan=make_plan(instance=SPOT), price=None),
            "1 min 30 s of ml.m5.large (spot) for 2 jobs; its price is not known.",
        ),
        (
            make_results().model_copy(update={"cost": None}),
            "Nobody knows yet: SageMaker has given no seconds.",
        ),
    ],
)
def test_what_it_cost_has_money_only_where_the_price_is_known(results: Results, said: str) -> None:
    assert answered(results, COST) == said
