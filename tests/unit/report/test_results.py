"""results.json: the best training job, cost, schema, display values, the champion it makes."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from tests.support.report.synthetic_plan import make_plan
from tests.support.report.synthetic_results import (
    ensemble_json,
    make_errors,
    make_results,
    training_job,
)
from tools.schemas import of_results
from tunedrop.champions.record import ChampionModel
from tunedrop.errors import TunedropError
from tunedrop.report.assembly import champion_of
from tunedrop.report.display_values import to_display_values
from tunedrop.report.results import Results, best_training_job
from tunedrop.storage import to_json
from tunedrop_common.plan import Champion, Plan


def test_what_is_written_fits_the_schema_and_can_be_read_again() -> None:
    results = make_results(40)
    written = json.loads(to_json(results.model_dump(mode="json")))
    jsonschema.Draft202012Validator(of_results()).validate(written)
    assert Results.model_validate(written) == results


def test_the_first_of_equals_wins_and_a_stopped_training_job_cannot() -> None:
    jobs = [training_job(1, 0.5), training_job(2, 0.99, status="Stopped"), training_job(3, 0.5)]
    assert best_training_job(jobs) == jobs[0]


@pytest.mark.parametrize("changes", [{"status": "Failed"}, {"objective": None}])
def test_there_may_be_no_best_training_job(changes: dict[str, object]) -> None:
    job = training_job(1).model_copy(update=changes)
    results = make_results((job,))
    assert (results.best, results.objective, results.hyperparameters) == (None, None, {})


def test_jobs_without_seconds_are_counted_and_not_guessed() -> None:
    cost = make_results((training_job(1, billable_seconds=None), training_job(2))).cost
    assert cost is not None
    assert (cost.billable_seconds, cost.jobs_without_seconds) == (90, 1)


def test_every_value_changes_its_sign_and_nothing_else_does() -> None:
    raw = make_errors()
    read = to_display_values(raw)
    assert [job.objective for job in read.training_jobs] == [
        None if job.objective is None else -job.objective for job in raw.training_jobs
    ]
    tuned = read.confirm.selected_contender
    assert (tuned.mean, tuned.interval, tuned.test_score) == (2.5, (2.3, 2.7), 2.6)
    assert read.metric == raw.metric
    assert to_display_values(read) == read


def champion(plan: Plan | None = None, **confirm: Any) -> ChampionModel:
    """Return the champion that a run makes."""
    plan = plan or make_plan()
    record = champion_of(make_results(plan=plan, confirm=confirm))
    assert record is not None
    return record


def test_the_tuned_model_brings_its_estimator_and_its_tuned_hyperparameters() -> None:
    record = champion()
    assert record.estimator.key == "boosting"
    assert record.hyperparameters == {"learning_rate": "0.1", "max_leaf_nodes": "31"}
    assert (record.score, record.model, record.members) == (0.97, make_results().model, ())


def test_a_kept_champion_keeps_its_hyperparameters_with_the_new_model() -> None:
    record, before = champion(selected="champion"), make_plan().confirm.champion
    assert before is not None
    assert (record.estimator, record.hyperparameters) == (before.estimator, before.hyperparameters)
    assert record.run_id == make_plan().run_id


def test_selected_defaults_are_scikit_learns_without_what_the_plan_fixes() -> None:
    record = champion(selected="defaults:linear")
    assert (record.estimator.key, record.estimator.fixed) == ("linear", {})
    assert record.hyperparameters == {}


def test_an_ensemble_brings_its_members_and_keeps_them_as_champion() -> None:
    record = champion(**ensemble_json())
    members = [(member.estimator.key, member.hyperparameters) for member in record.members]
    assert members == [
        ("boosting", {"learning_rate": "0.1", "max_leaf_nodes": "31"}),
        ("linear", {"C": "0.5", "class_weight": "None"}),
    ]
    assert (record.estimator.key, record.hyperparameters) == members[0]
    plan = make_plan()
    confirm = plan.confirm.model_copy(
        update={"champion": Champion.model_validate(record.model_dump())}
    )
    kept_record = champion(plan.model_copy(update={"confirm": confirm}), selected="champion")
    assert (kept_record.members, kept_record.estimator) == (record.members, record.estimator)


@pytest.mark.parametrize(
    ("members", "words"), [([], "doesn't say of what"), (["boosting", "foreign"], "'foreign'")]
)
def test_an_ensemble_of_nothing_or_of_foreign_members_is_an_error(
    members: list[str], words: str
) -> None:
    confirm = ensemble_json()
    confirm["contenders"][-1]["members"] = members
    with pytest.raises(TunedropError, match=words):
        champion(**confirm)


@pytest.mark.parametrize("selected", ["tuned:boosting", "baseline"])
def test_a_model_that_beats_nothing_or_is_lost_makes_no_champion(selected: str) -> None:
    useless = make_results(confirm={"selected": selected, "verdict": "no useful model"})
    assert champion_of(useless) is None
    lost = make_results().model_copy(update={"model": None})
    assert champion_of(lost) is None
