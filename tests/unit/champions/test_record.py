"""Which run's model is in use, whatever the order in which runs end."""

from __future__ import annotations

import itertools
import json

import pytest

from tests.support.fakes import FakeS3
from tests.support.report.made_up_plan import BUCKET
from tunedrop.champions.record import ChampionRecord, promote
from tunedrop.errors import TunedropError
from tunedrop.storage import Bucket
from tunedrop_common.plan import EstimatorPlan

KEY = "models/iris/champion.json"


def record(run_id: str = "20261123T000000Z-aaaaaaaa") -> ChampionRecord:
    return ChampionRecord(
        dataset="iris",
        run_id=run_id,
        model=f"s3://{BUCKET}/models/iris/{run_id}/model.tar.gz",
        estimator=EstimatorPlan(key="linear", class_path="linear_model.Ridge", fixed={}, ranges={}),
        hyperparameters={"C": "0.8"},
        metric="balanced_accuracy",
        score=0.95,
        time=None,
    )


def test_the_first_run_of_a_dataset_becomes_the_champion(s3: FakeS3, bucket: Bucket) -> None:
    assert promote(bucket, record())
    assert ChampionRecord.model_validate_json(s3.body(KEY)) == record()


def test_the_later_run_wins_in_whatever_order_runs_end(s3: FakeS3, bucket: Bucket) -> None:
    names = ["20261121T000000Z-cccccccc", "20261122T000000Z-bbbbbbbb", "20261123T000000Z-aaaaaaaa"]
    for order in itertools.permutations(names):
        s3.versions.clear()
        for place, run_id in enumerate(order):
            latest = max(order[: place + 1])
            assert promote(bucket, record(run_id)) == (run_id == latest)
            assert json.loads(s3.body(KEY))["run_id"] == latest


def test_a_report_that_is_made_again_writes_its_own_champion_once(
    s3: FakeS3, bucket: Bucket
) -> None:
    assert promote(bucket, record())
    assert promote(bucket, record())
    assert len(s3.versions[KEY]) == 1


def test_a_champion_that_nobody_can_read_is_left_alone_and_named(
    s3: FakeS3, bucket: Bucket
) -> None:
    s3.put(KEY, '{"run_id": 1}')
    with pytest.raises(TunedropError, match=r"models/iris/champion\.json"):
        promote(bucket, record())
    assert len(s3.versions[KEY]) == 1
