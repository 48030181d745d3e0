"""The questions at the top of the report, answered, and the cost."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.report.synthetic_explanations import explained, valid
from tests.support.report.synthetic_results import (
    contender,
    make_errors,
    make_results,
    training_job,
)
from tunedrop.report.answers import answers
from tunedrop.report.cost import cost_facts
from tunedrop.report.display_values import to_display_values
from tunedrop.report.results import Results


def answer(results: Results, word: str) -> str:
    """Return the answer to the question that has this word, of display values."""
    (text,) = (text for question, text in answers(to_display_values(results)) if word in question)
    return text


def run_with_test(score: float | None, **changes: Any) -> Results:
    """Make a run whose model has this score on test rows; 0.97 on fresh folds."""
    contenders = [
        contender("baseline", 0.3, estimator="baseline"),
        contender("tuned:boosting", 0.97, test_score=score),
    ]
    return make_results(confirm={"contenders": contenders, **changes})


def failed(*numbers: int) -> list[Any]:
    return [training_job(number, None, status="Failed") for number in numbers]


class TestDidItWork:
    @pytest.mark.parametrize(
        ("jobs", "start", "end"),
        [
            (failed(10), "Yes", "10 training jobs: 9 completed, 1 failed."),
            (failed(10, 11, 12), "Only in part", "9 completed, 3 failed."),
        ],
    )
    def test_failures_are_counted_and_many_are_a_warning(
        self, jobs: list[Any], start: str, end: str
    ) -> None:
        text = answer(make_results((*map(training_job, range(1, 10)), *jobs)), "work")
        assert text.startswith(start)
        assert end in text


class TestHowGoodIsIt:
    @pytest.mark.parametrize(
        ("test_score", "words"),
        [(0.96, "lies within"), (0.90, "is worse than"), (0.999, "is better than")],
    )
    def test_the_test_score_comes_first_and_is_compared_with_the_interval(
        self, test_score: float, words: str
    ) -> None:
        text = answer(run_with_test(test_score), "good")
        assert text.index(f"{test_score:.4f}") < text.index("0.9700")
        assert words in text
        assert "optimistic" not in text

    @pytest.mark.parametrize(
        ("without", "words"),
        [
            (0.90, "without them it is 0.9000, which is worse than"),
            (None, "no score without them"),
        ],
    )
    def test_test_rows_that_training_has_do_not_count(
        self, without: float | None, words: str
    ) -> None:
        duplicates = {
            "rows": 0, "conflicting": 0, "test_rows_in_training": 12, "test_score_without": without,
        }  # fmt: skip
        results = explained(
            run_with_test(0.975), valid({"data_quality": {"duplicates": duplicates}})
        )
        assert "12 rows with the features of training rows" in answer(results, "good")
        assert words in answer(results, "good")

    def test_without_a_test_set_the_score_of_what_a_search_chose_may_be_optimistic(self) -> None:
        text = answer(run_with_test(None), "good")
        assert "No held-out test set" in text
        assert "may be optimistic" in text
        contenders = [contender("defaults:linear", 0.97, estimator="linear", test_score=None)]
        defaults = {"contenders": contenders, "selected": "defaults:linear"}
        assert "optimistic" not in answer(make_results(confirm=defaults), "good")

    def test_a_greater_error_on_test_rows_is_worse(self) -> None:
        contenders = [contender("tuned:boosting", -2.5, interval=[-2.7, -2.3], test_score=-3.0)]
        confirm = run_with_test(None, metric="r2", contenders=contenders).confirm
        text = answer(make_errors().model_copy(update={"confirm": confirm}), "good")
        assert "is worse than" in text

    def test_a_model_without_a_score(self) -> None:
        confirm = {"contenders": [contender("champion", None)], "selected": "champion"}
        assert answer(make_results(confirm=confirm), "good").startswith("Not known")


@pytest.mark.parametrize(
    ("verdict", "champion", "start"),
    [
        ("promoted", [contender("champion", 0.9)], "Yes. "),
        ("kept champion", [contender("champion", 0.9)], "No. "),
        ("no useful model", [contender("champion", 0.9)], "No. "),
        ("first model", [], "No model was in use before. "),
        ("promoted", [contender("champion", None)], "Not known. "),
    ],
)
def test_whether_it_is_better_is_what_confirm_says(
    verdict: str, champion: list[Any], start: str
) -> None:
    contenders = [*champion, contender("tuned:boosting", 0.97)]
    confirm = {"contenders": contenders, "verdict": verdict, "sentence": "It says why."}
    assert answer(make_results(confirm=confirm), "better") == f"{start}It says why."


@pytest.mark.parametrize(
    ("changes", "start"),
    [({"warnings": ()}, "Use the model"), ({"model": None}, "Start a new run")],
)
def test_without_a_recommendation_the_model_is_used_if_it_exists(
    changes: dict[str, Any], start: str
) -> None:
    results = make_results(60).model_copy(update=changes)
    assert answer(results, "next").startswith(start)


def test_the_most_important_recommendation_comes_first_and_the_others_are_counted() -> None:
    results = make_results(60, confirm={"verdict": "no useful model", "warnings": ["a", "b"]})
    assert answer(results, "work").startswith("No. No model is significantly better")
    assert answer(results, "next").startswith("No model is significantly better than the bas")
    assert "(3 more recommendations below.)" in answer(results, "next")


@pytest.mark.parametrize(
    ("results", "words"),
    [
        (make_results((training_job(1),), price=None), ("1 min 30 s", "no price available")),
        (make_results().model_copy(update={"cost": None}), ("Not known yet",)),
    ],
)
def test_the_cost_has_money_only_where_the_price_is_known(
    results: Results, words: tuple[str, ...]
) -> None:
    for word in words:
        assert word in answer(results, "cost")


def test_the_cost_has_its_plan_and_what_spot_instances_saved() -> None:
    jobs = (training_job(1, training_seconds=300, billable_seconds=60),)
    facts = dict(cost_facts(make_results(jobs, price=3.6)))
    assert facts["Saved by spot"] == "$0.24, 4 min (67%)"
    assert facts["Billable time"] == "2 min of 2 jobs"
    assert (facts["Expected"], facts["Maximum"]) == ("$6.00, 1 h 40 min", "$90.00, 25 h")
    facts = dict(cost_facts(make_results(5, price=None)))
    assert (facts["Expected"], facts["Maximum"]) == ("1 h 40 min", "25 h")
