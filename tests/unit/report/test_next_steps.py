"""What to do next, out of what Confirm found and what the search's last training jobs brought."""

from __future__ import annotations

from typing import Any

from tests.support.report.synthetic_explanations import explained, of_classes
from tests.support.report.synthetic_results import make_errors, make_results, training_job
from tunedrop.report.answers import advice, answers, no_help
from tunedrop.report.display_values import to_display_values
from tunedrop.report.results import Results


def run(explanation: dict[str, Any]) -> Results:
    return explained(make_results(3), explanation)


class TestAdvice:
    def test_what_is_odd_about_the_data_comes_first(self) -> None:
        said = advice(run(of_classes()))
        assert said[0].startswith("Find out whether “bill_length_mm” is known when the model is")
        assert any(s.startswith("Test rows are unlike training rows, most by “bill") for s in said)
        assert (
            "3 test rows have the features of training rows, because rows repeat: remove the "
            "repeated rows, or name a group_column that keeps them together."
        ) in said
        assert any(s.endswith('In tuning.yaml: time_column: "year"') for s in said)
        assert said[-1].startswith("More rows help significantly")

    def test_rows_are_taken_out_of_a_test_file_only_where_there_is_one(self) -> None:
        results = run(of_classes())
        of_file = results.final_test.model_copy(update={"kind": "file"})
        said = advice(results.model_copy(update={"final_test": of_file}))
        assert (
            "3 test rows have the features of training rows: remove them from the test file."
        ) in said

    def test_a_suspect_takes_the_trust_from_the_first_answer(self) -> None:
        good = answers(run(of_classes()))[1].answer
        assert good.endswith(
            "Possible data leakage: these scores hold only if “bill_length_mm” and “island” are "
            "available at prediction time."
        )
        assert "leakage" not in answers(make_results(3))[1].answer

    def search(self, *objectives: float) -> Results:
        """Make a run whose search was not thin: one hyperparameter and so many training jobs."""
        tuned = {"learning_rate": "0.1"}
        jobs = (
            training_job(number, value, hyperparameters=tuned)
            for number, value in enumerate(objectives, start=1)
        )
        return make_results(tuple(jobs))

    def test_a_search_that_still_gets_better_says_so(self) -> None:
        results = self.search(*[0.8] * 8, 0.85, 0.9, 0.9, 0.9)
        assert advice(results)[-1] == (
            "More training jobs may help: the last 4 of 12 completed training jobs still took the "
            "search's best from 0.8000 to 0.9000."
        )

    def test_one_that_doesnt_any_more_says_so(self) -> None:
        assert no_help(self.search(*[0.8] * 12)) == (
            "More training jobs would bring little: the last 4 of 12 completed training jobs found "
            "no better one.",
        )
        assert no_help(self.search(*[0.8] * 11, 0.8001))[0].endswith("0.8000 to 0.8001 only.")

    def test_few_training_jobs_say_nothing_of_more(self) -> None:
        assert no_help(self.search(*[0.8] * 9)) == ()

    def test_errors_count_the_other_way(self) -> None:
        jobs = tuple(training_job(number, -3.0 if number < 10 else -1.0) for number in range(1, 13))
        results = to_display_values(make_errors(0).model_copy(update={"training_jobs": jobs}))
        assert any("from 3.0000 to 1.0000" in sentence for sentence in advice(results))
