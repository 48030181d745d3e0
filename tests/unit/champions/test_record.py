"""Which run's model is in use, whatever the order in which runs end."""

from __future__ import annotations

import itertools
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.fakes import FakeS3, client_error
from tests.support.report.made_up import BUCKET, confirm_json, contender, make_plan, make_results
from tunedrop.champions.record import ChampionRecord, champion_of, crown
from tunedrop.errors import TransientAwsError, TunedropError
from tunedrop.storage import Bucket
from tunedrop_common.plan import Champion

KEY = "models/iris/champion.json"


def bucket_of(s3: Any) -> Bucket:
    return Bucket(s3, BUCKET, pause=lambda seconds: None)


def record(run_id: str = "20261123T000000Z-aaaaaaaa") -> ChampionRecord:
    made = champion_of(make_results(), make_plan())
    assert made is not None
    return made.model_copy(update={"run_id": run_id})


def in_use(s3: FakeS3) -> str:
    return str(json.loads(s3.body(KEY))["run_id"])


def test_the_first_run_of_a_dataset_is_crowned() -> None:
    s3 = FakeS3()
    assert crown(bucket_of(s3), record())
    assert ChampionRecord.model_validate_json(s3.body(KEY)) == record()


def test_the_later_run_wins_in_whatever_order_runs_end() -> None:
    names = ["20261121T000000Z-cccccccc", "20261122T000000Z-bbbbbbbb", "20261123T000000Z-aaaaaaaa"]
    for order in itertools.permutations(names):
        s3 = FakeS3()
        for run_id in order:
            crown(bucket_of(s3), record(run_id))
        assert in_use(s3) == names[-1]


def test_a_report_that_is_made_again_leaves_a_later_champion() -> None:
    s3 = FakeS3()
    crown(bucket_of(s3), record("20261123T000000Z-aaaaaaaa"))
    assert not crown(bucket_of(s3), record("20261122T000000Z-aaaaaaaa"))
    assert in_use(s3) == "20261123T000000Z-aaaaaaaa"


def test_a_report_that_is_made_again_writes_its_own_champion_once() -> None:
    s3 = FakeS3()
    assert crown(bucket_of(s3), record())
    assert crown(bucket_of(s3), record())
    assert len(s3.versions[KEY]) == 1


def test_twenty_runs_that_end_at_once_leave_the_latest() -> None:
    s3 = FakeS3()
    names = [f"202611{day:02d}T000000Z-aaaaaaaa" for day in range(1, 21)]
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda run_id: crown(bucket_of(s3), record(run_id)), names))
    assert in_use(s3) == names[-1]


def test_losing_every_race_ends_in_a_retry_by_the_state_machine() -> None:
    s3 = FakeS3()
    lost = client_error("PreconditionFailed", 412, operation="PutObject")
    s3.fail_next("PutObject", *[lost] * 50)
    with pytest.raises(TransientAwsError, match="champion"):
        crown(bucket_of(s3), record())


def test_a_champion_that_nobody_can_read_is_left_alone_and_named() -> None:
    s3 = FakeS3()
    s3.put(KEY, '{"run_id": 1}')
    with pytest.raises(TunedropError, match=r"models/iris/champion\.json"):
        crown(bucket_of(s3), record())
    assert len(s3.versions[KEY]) == 1


def test_the_winner_brings_its_estimator_and_its_tuned_hyperparameters() -> None:
    made = record()
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
    written = json.loads(record().model_dump_json())
    names = ("run_id", "estimator", "hyperparameters")
    Champion.model_validate({name: written[name] for name in names})


@pytest.mark.parametrize("shipped", ["winner", "dummy"])
def test_a_model_that_beats_nothing_is_not_crowned(shipped: str) -> None:
    verdict = {"shipped": shipped, "verdict": "nothing beats the dummy"}
    assert champion_of(make_results(confirm=verdict), make_plan()) is None


def test_without_a_model_there_is_no_champion() -> None:
    results = make_results().model_copy(update={"model": None})
    assert champion_of(results, make_plan()) is None


def test_an_estimator_that_the_plan_does_not_have_is_an_error() -> None:
    contenders = [*confirm_json()["contenders"][:-1], contender("winner", 0.9, estimator="foreign")]
    with pytest.raises(TunedropError, match="'foreign'"):
        champion_of(make_results(confirm={"contenders": contenders}), make_plan())
