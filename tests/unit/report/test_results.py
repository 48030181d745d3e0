"""results.json: the best training job, the cost, the schema."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.report.made_up import make_results, training_job
from tunedrop.report.assembly import JobResult
from tunedrop.report.results import Results, best_training_job, json_schema
from tunedrop.storage import to_json

SCHEMA = Path(__file__).parents[3] / "docs" / "results.schema.json"


def test_the_published_schema_is_the_codes_own() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == json_schema(), (
        "run: PYTHONPATH=lambda python -m tunedrop.report.results > docs/results.schema.json"
    )


def test_what_is_written_fits_the_schema_and_can_be_read_again() -> None:
    results = make_results(40)
    written = json.loads(to_json(results.model_dump(mode="json")))
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8"))).validate(
        written
    )
    assert Results.model_validate(written) == results


def test_a_stopped_training_job_cannot_win() -> None:
    jobs = [training_job(1, 0.5), training_job(2, 0.99, status="Stopped")]
    assert best_training_job(jobs) == jobs[0]


def test_the_first_of_equals_wins_as_for_confirm() -> None:
    jobs = [training_job(1, 0.5), training_job(2, 0.5)]
    assert best_training_job(jobs) == jobs[0]


@pytest.mark.parametrize("changes", [{"status": "Failed"}, {"objective": None}])
def test_there_may_be_no_best_training_job(changes: dict[str, object]) -> None:
    job = training_job(1).model_copy(update=changes)
    results = make_results((job,))
    assert (results.best_training_job, results.objective, results.hyperparameters) == (
        None,
        None,
        {},
    )


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_no_completed_training_job_beats_the_best(values: list[float]) -> None:
    jobs = [training_job(i, value) for i, value in enumerate(values)]
    best = best_training_job(jobs)
    assert best is not None
    assert best.objective == max(values)


def test_money_is_billable_hours_times_a_known_price() -> None:
    results = make_results((training_job(1, billable_seconds=3600),), prices={"ml.m5.large": 0.12})
    assert results.cost is not None
    assert results.cost.billable_seconds == 3660  # Confirm took a minute
    assert results.cost.usd == pytest.approx(3660 / 3600 * 0.12, abs=1e-4)


def test_jobs_without_seconds_are_counted_and_not_guessed() -> None:
    cost = make_results((training_job(1, billable_seconds=None), training_job(2))).cost
    assert cost is not None
    assert (cost.billable_seconds, cost.jobs_without_seconds) == (90, 1)


def test_why_a_job_did_not_start_is_said_in_its_own_words() -> None:
    result = JobResult(job="a", status="NotStarted", error="QuotaTooSmall: no quota")
    assert result.reason == "QuotaTooSmall: no quota"
