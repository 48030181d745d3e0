import io
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fakes import START, FakeS3, client_error
from tunedrop.admission_state import AdmissionState
from tunedrop.errors import Throttled, TransientAwsError
from tunedrop.objects import ObjectNotFound, ObjectTooLarge, ObjectVersion
from tunedrop.report.confirm_scores import read_archive
from tunedrop.storage import Bucket


@pytest.mark.parametrize(
    ("code", "status", "write"),
    [
        ("ConditionalRequestConflict", 409, lambda bucket: bucket.put_json_once("a.json", 1)),
        ("PreconditionFailed", 412, lambda bucket: bucket.rewrite("a.json", lambda _: b"1")),
    ],
)
def test_a_write_that_loses_every_race_is_left_to_the_state_machine(
    bucket: Bucket, s3: FakeS3, code: str, status: int, write: Any
) -> None:
    s3.fail_next("PutObject", *[client_error(code, status)] * 50)
    with pytest.raises(TransientAwsError, match=r"a\.json"):
        write(bucket)


def test_a_rewrite_starts_again_from_what_another_one_wrote(bucket: Bucket, s3: FakeS3) -> None:
    seen: list[bytes | None] = []

    def make(current: bytes | None) -> bytes:
        if len(seen) < 2:
            s3.put("a", f"{len(seen)}")
        if len(seen) == 2:
            s3.delete_object(Bucket="bucket", Key="a")
        seen.append(current)
        return b"mine"

    assert bucket.rewrite("a", make) == s3.body("a") == b"mine"
    assert seen == [None, b"0", b"1", None]


def test_what_is_not_there_is_not_found(bucket: Bucket) -> None:
    assert bucket.find_json("a.json") is None
    assert bucket.find("a.json") is None
    assert not bucket.exists("a.json")
    with pytest.raises(ObjectNotFound, match=r"a\.json"):
        bucket.get_record("a.json", AdmissionState)
    gone = ObjectVersion("a", "version-0001", etag="", bytes=4, last_modified=START)
    for part_bytes in (3, 4):
        with pytest.raises(ObjectNotFound, match="no object a"):
            bucket.copy_version(gone, "b", part_bytes=part_bytes)


def test_a_read_is_bounded(bucket: Bucket, s3: FakeS3) -> None:
    s3.put("big", b"x" * 11)
    assert bucket.read("big", limit=11) == b"x" * 11
    with pytest.raises(ObjectTooLarge):
        bucket.read("big", limit=10)


def test_an_object_is_read_as_it_arrives_within_its_limit(bucket: Bucket, s3: FakeS3) -> None:
    s3.put("big", bytes(range(250)) * 8_000)
    with bucket.opened("big", limit=2_000_000) as stream:
        assert stream.read(3) == b"\0\1\2"
        assert len(stream.read()) == 1_999_997
        assert stream.read(1) == b""
    for key, error in (("big", ObjectTooLarge), ("none", ObjectNotFound)):
        with pytest.raises(error, match=key), bucket.opened(key, limit=1_999_999):
            pass


def test_a_connection_that_breaks_while_an_object_arrives_is_no_fault_of_the_object() -> None:
    class Breaking(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > 0:
                raise ReadTimeoutError(endpoint_url="https://s3")
            return super().read(1)

    answer = {"Body": Breaking(b"ab"), "ContentLength": 2}
    client: Any = SimpleNamespace(get_object=lambda **_: answer)
    with (
        pytest.raises(TransientAwsError, match="connection"),
        Bucket(client, "bucket").opened("a", limit=2) as stream,
    ):
        read_archive(stream, where="a")


def test_a_range_ends_where_the_object_ends(bucket: Bucket, s3: FakeS3) -> None:
    version = s3.put("a", b"0123456789")
    s3.put("a", b"newer")
    assert bucket.read_range("a", 8, 5, version_id=version) == b"89"
    assert bucket.read_range("a", 10, 5, version_id=version) == b""
    assert bucket.read_range("a", 0, 0, version_id=version) == b""
    assert bucket.read_range("a", 0, 2, version_id=None) == b"ne"


@given(st.lists(st.text("ab/é", min_size=1, max_size=4), max_size=12))
def test_listings_are_complete_and_in_order(names: list[str]) -> None:
    s3 = FakeS3(page_size=2)
    for name in [*names, *names]:
        s3.put(f"p/{name}", name)
    s3.put("p/gone", b"")
    s3.delete_object(Bucket="b", Key="p/gone")
    bucket = Bucket(s3, "bucket")  # type: ignore[arg-type]
    expected = sorted({f"p/{name}" for name in names}, key=str.encode)
    assert list(bucket.list_keys("p/")) == expected
    assert [listed.key for listed in bucket.list_objects("p/")] == expected
    folders = {name.split("/")[0] for name in names if "/" in name}
    assert sorted(bucket.list_folders("p/")) == sorted(folders)


def test_throttling_and_failures_of_s3_have_our_names(bucket: Bucket, s3: FakeS3) -> None:
    s3.fail_next("GetObject", client_error("SlowDown", 503), client_error("InternalError", 500))
    with pytest.raises(Throttled):
        bucket.read("a")
    with pytest.raises(TransientAwsError):
        bucket.read("a")
    s3.fail_next("ListObjectsV2", EndpointConnectionError(endpoint_url="http://localhost"))
    with pytest.raises(TransientAwsError):
        list(bucket.list_keys("a"))
