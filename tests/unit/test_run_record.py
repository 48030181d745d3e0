import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.support.fakes import START, FakeS3, client_error
from tunedrop.objects import ObjectVersion
from tunedrop.records import RunName, is_run_id
from tunedrop.run_record import (
    Run,
    digest_of,
    find_run,
    name_of,
    run_id_of,
    time_of,
    write_run,
)
from tunedrop.storage import Bucket
from tunedrop.trigger import ForcedStart, ScheduledStart, Trigger

OBJECTS = (
    ObjectVersion("datasets/iris/train.csv", "v1", '"e"', 10, START, "CRC64NVME:x"),
    ObjectVersion("datasets/iris/tuning.yaml", "v2", '"f"', 20, START),
)
RUN_ID = "20261123T120000Z-1a2b3c4d"
TRIGGER = Trigger(kind="user", time=START, requests=(ForcedStart(id="r", stated_by="kim"),))
RUN = Run("iris", RUN_ID, "1a2b", OBJECTS, "execution-1", TRIGGER)


def test_a_run_is_read_as_it_was_written(bucket: Bucket) -> None:
    resumed = ForcedStart(id="r", stated_by="kim", resume="20261122T120000Z-00000000")
    scheduled = ScheduledStart(time=START - timedelta(hours=1), schedule="nightly", when="changed")
    for trigger in (
        TRIGGER,
        Trigger(kind="schedule", time=START, scheduled_starts=(scheduled,)),
        Trigger(kind="resume", time=START, requests=(resumed,)),
    ):
        run = replace(RUN, trigger=trigger, run_id=run_id_of(START, trigger.kind.encode().hex()))
        assert write_run(bucket, run) == run
        assert find_run(bucket, "iris", run.run_id) == run
    document = bucket.get_record(f"runs/iris/{run.run_id}/run.json", dict[str, Any])
    assert document["version"] == 1
    assert document["trigger"]["requests"][0]["resume"] == resumed.resume
    assert [o.get("checksum") for o in document["objects"]] == ["CRC64NVME:x", None]


def test_the_first_who_writes_a_run_has_it(bucket: Bucket, s3: FakeS3) -> None:
    s3.fail_next("PutObject", client_error("ConditionalRequestConflict", 409))
    runs = [replace(RUN, execution=f"execution-{i}") for i in range(20)]
    with ThreadPoolExecutor(10) as pool:
        written = set(pool.map(lambda run: write_run(bucket, run).execution, runs))
    assert len(written) == 1


def test_the_digest_is_of_contents_alone() -> None:
    train, config = OBJECTS
    again = replace(train, version_id="v9", last_modified=START + timedelta(days=1), etag='"z"')
    assert digest_of(OBJECTS) == digest_of((config, again))
    for changed in (
        replace(train, key="datasets/iris/data.csv"),
        replace(train, bytes=11),
        replace(train, checksum="CRC64NVME:y"),
    ):
        assert digest_of(OBJECTS) != digest_of((changed, config))
    assert digest_of((train, config)) != digest_of((train, replace(config, etag='"g"')))


times = st.datetimes(datetime(1970, 1, 1), datetime(2999, 1, 1), timezones=st.just(UTC))


@given(times, times)
def test_run_ids_sort_by_time(earlier: datetime, later: datetime) -> None:
    first, second = run_id_of(earlier, "a" * 64), run_id_of(later, "a" * 64)
    assert is_run_id(first)
    assert RunName(dataset="iris", run_id=first).run_id == first
    assert time_of(first) == earlier.replace(microsecond=0)
    if earlier.replace(microsecond=0) < later.replace(microsecond=0):
        assert first < second


@given(st.text(min_size=1, max_size=120))
def test_every_name_is_one_that_step_functions_and_its_logs_take(dataset: str) -> None:
    name = name_of(dataset, RUN_ID)
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,80}", name)
    assert name.endswith(RUN_ID)
