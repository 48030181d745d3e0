import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from tests.support.fakes import START, FakeS3, client_error
from tunedrop.claims import Duplicate, Run, claim, digest_of, find_run, run_id_of
from tunedrop.storage import Bucket, ObjectVersion
from tunedrop.trigger import Trigger

OBJECTS = (
    ObjectVersion("datasets/iris/train.csv", "v1", '"e"', 10, START),
    ObjectVersion("datasets/iris/tuning.yaml", "v2", '"f"', 20, START),
)
TRIGGER = Trigger("object", "iris", START, "execution-1", "datasets/iris/train.csv", "v1")


def test_the_first_execution_gets_the_run_and_says_what_it_is(bucket: Bucket) -> None:
    run = claim(bucket, TRIGGER, OBJECTS)
    assert isinstance(run, Run)
    assert run.run_id == f"20261123T120000Z-{run.digest[:8]}"
    document = bucket.get_json(f"runs/iris/{run.run_id}/run.json")
    assert document["execution"] == "execution-1"
    assert document["trigger"] == {
        "kind": "object",
        "time": "2026-11-23T12:00:00+00:00",
        "key": "datasets/iris/train.csv",
    }
    assert [o["version_id"] for o in document["objects"]] == ["v1", "v2"]
    assert bucket.get_json(f"claims/iris/{run.digest}.json")["run_id"] == run.run_id


def test_another_execution_of_the_same_content_is_a_duplicate(bucket: Bucket) -> None:
    run = claim(bucket, TRIGGER, OBJECTS)
    assert isinstance(run, Run)
    other = claim(bucket, replace(TRIGGER, execution="execution-2"), OBJECTS)
    assert other == Duplicate(run_id=run.run_id, execution="execution-1")


def test_the_same_execution_goes_on_with_its_run(bucket: Bucket, s3: FakeS3) -> None:
    run = claim(bucket, TRIGGER, OBJECTS)
    before = dict(s3.versions)
    assert claim(bucket, TRIGGER, OBJECTS) == run
    assert find_run(bucket, TRIGGER) == run
    assert s3.versions == before


def test_an_execution_killed_between_claim_and_run_json_mends_it(
    bucket: Bucket, s3: FakeS3
) -> None:
    s3.fail_next("PutObject")
    run = claim(bucket, TRIGGER, OBJECTS)
    assert isinstance(run, Run)
    key = f"runs/iris/{run.run_id}/run.json"
    s3.delete_object(Bucket="b", Key=key)
    assert find_run(bucket, TRIGGER) is None
    assert claim(bucket, TRIGGER, OBJECTS) == run
    assert bucket.exists(key)


def test_a_conflict_is_tried_again(bucket: Bucket, s3: FakeS3) -> None:
    s3.fail_next("PutObject", client_error("ConditionalRequestConflict", 409))
    assert isinstance(claim(bucket, TRIGGER, OBJECTS), Run)


def test_of_many_executions_at_once_one_gets_the_run(bucket: Bucket) -> None:
    triggers = [replace(TRIGGER, execution=f"execution-{i}") for i in range(20)]
    with ThreadPoolExecutor(10) as pool:
        results = list(pool.map(lambda t: claim(bucket, t, OBJECTS), triggers))
    assert sum(isinstance(result, Run) for result in results) == 1


def test_the_folder_of_a_failure_is_not_taken_for_a_claim(bucket: Bucket) -> None:
    failed = {"execution": "execution-1", "objects": []}
    bucket.put_json("runs/iris/20261123T120000Z-00000000/run.json", failed)
    assert find_run(bucket, TRIGGER) is None


def test_a_retune_and_a_forced_start_run_equal_content_again() -> None:
    digests = {
        digest_of(TRIGGER, OBJECTS),
        digest_of(replace(TRIGGER, kind="person"), OBJECTS),
        digest_of(replace(TRIGGER, kind="person", execution="execution-2"), OBJECTS),
        digest_of(replace(TRIGGER, kind="schedule", tick="2026-11-23T03:00:00Z"), OBJECTS),
        digest_of(replace(TRIGGER, kind="schedule", tick="2026-11-24T03:00:00Z"), OBJECTS),
    }
    assert len(digests) == 5


names = st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5)), max_size=4, unique=True)


@given(names, names)
def test_only_equal_content_has_equal_digests(
    one: list[tuple[str, str]], other: list[tuple[str, str]]
) -> None:
    def digest(content: list[tuple[str, str]]) -> str:
        return digest_of(TRIGGER, [ObjectVersion(k, v, "", 0, START) for k, v in content])

    unordered_equal = sorted(one) == sorted(other)
    if len({k for k, _ in one}) == len(one) and len({k for k, _ in other}) == len(other):
        assert (digest(one) == digest(other)) == unordered_equal


@given(
    st.datetimes(datetime(1970, 1, 1), datetime(2999, 1, 1), timezones=st.just(UTC)),
    st.datetimes(datetime(1970, 1, 1), datetime(2999, 1, 1), timezones=st.just(UTC)),
)
def test_run_ids_sort_by_time(one: datetime, other: datetime) -> None:
    first, second = run_id_of(one, "a" * 64), run_id_of(other, "a" * 64)
    assert re.fullmatch(r"\d{8}T\d{6}Z-[0-9a-f]{8}", first)
    if one.replace(microsecond=0) < other.replace(microsecond=0):
        assert first < second
