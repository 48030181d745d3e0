"""Which run's model is in use, whatever the order in which runs end."""

from __future__ import annotations

import itertools
import json

import pytest

from tests.support.damage import damages, restore
from tests.support.fakes import FakeS3
from tests.support.plans import champion
from tunedrop.champions.record import ChampionRecord, promote
from tunedrop.errors import UnreadableState
from tunedrop.storage import Bucket

KEY = "models/iris/champion.json"


def test_the_first_run_of_a_dataset_becomes_the_champion(s3: FakeS3, bucket: Bucket) -> None:
    assert promote(bucket, champion())
    assert ChampionRecord.model_validate_json(s3.body(KEY)) == champion()


def test_the_later_run_wins_in_whatever_order_runs_end(s3: FakeS3, bucket: Bucket) -> None:
    names = ["20261121T000000Z-cccccccc", "20261122T000000Z-bbbbbbbb", "20261123T000000Z-aaaaaaaa"]
    for order in itertools.permutations(names):
        s3.versions.clear()
        for place, run_id in enumerate(order):
            latest = max(order[: place + 1])
            assert promote(bucket, champion(run_id)) == (run_id == latest)
            assert json.loads(s3.body(KEY))["run_id"] == latest


def test_a_report_that_is_made_again_writes_its_own_champion_once(
    s3: FakeS3, bucket: Bucket
) -> None:
    assert promote(bucket, champion())
    assert promote(bucket, champion())
    assert len(s3.versions[KEY]) == 1


@damages
def test_a_champion_that_nobody_can_read_is_left_alone_until_it_is_restored(
    s3: FakeS3, bucket: Bucket, body: bytes
) -> None:
    assert promote(bucket, champion())
    s3.put(KEY, body)
    with pytest.raises(UnreadableState) as raised:
        promote(bucket, champion("20261124T000000Z-bbbbbbbb"))
    assert s3.body(KEY) == body
    restore(s3, str(raised.value), KEY)
    assert promote(bucket, champion("20261124T000000Z-bbbbbbbb"))
