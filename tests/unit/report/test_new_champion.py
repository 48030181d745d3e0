"""Which champion a run makes."""

from __future__ import annotations

import pytest

from tests.support.report.made_up import confirm_json, contender, make_results
from tests.support.report.made_up_plan import make_plan
from tunedrop.errors import TunedropError
from tunedrop.report.assembly import champion_of
from tunedrop_common.plan import Champion


def test_the_winner_brings_its_estimator_and_its_tuned_hyperparameters() -> None:
    made = champion_of(make_results(), make_plan())
    assert made is not None
    assert made.estimator.key == "boosting"
    assert made.hyperparameters == {"learning_rate": "0.1", "max_leaf_nodes": "31"}
    assert made.score == 0.97
    assert made.model == make_results().model


def test_a_kept_champion_keeps_its_hyperparameters_with_the_new_model() -> None:
    made = champion_of(
        make_results(confirm={"shipped": "champion", "verdict": "kept champion"}), make_plan()
    )
    assert made is not None
    before = make_plan().confirm.champion
    assert before is not None
    assert (made.estimator, made.hyperparameters) == (before.estimator, before.hyperparameters)
    assert made.run_id == make_plan().run_id


def test_shipped_defaults_are_scikit_learns_without_what_the_plan_fixes() -> None:
    made = champion_of(
        make_results(confirm={"shipped": "defaults:linear", "verdict": "first model"}), make_plan()
    )
    assert made is not None
    assert (made.estimator.key, made.estimator.fixed, made.hyperparameters) == ("linear", {}, {})


def test_the_next_plan_can_take_what_was_written() -> None:
    made = champion_of(make_results(), make_plan())
    assert made is not None
    written = made.model_dump(mode="json", include={"run_id", "estimator", "hyperparameters"})
    Champion.model_validate(written)


@pytest.mark.parametrize("shipped", ["winner", "dummy"])
def test_a_model_that_beats_nothing_makes_no_champion(shipped: str) -> None:
    verdict = {"shipped": shipped, "verdict": "nothing beats the dummy"}
    assert champion_of(make_results(confirm=verdict), make_plan()) is None


def test_without_a_model_there_is_no_champion() -> None:
    results = make_results().model_copy(update={"model": None})
    assert champion_of(results, make_plan()) is None


def test_an_estimator_that_the_plan_does_not_have_is_an_error() -> None:
    contenders = [*confirm_json()["contenders"][:-1], contender("winner", 0.9, estimator="foreign")]
    with pytest.raises(TunedropError, match="'foreign'"):
        champion_of(make_results(confirm={"contenders": contenders}), make_plan())
