from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fakes import FakeS3
from tunedrop.datasets.copies import provide
from tunedrop.datasets.layout import lay_out, list_objects
from tunedrop.objects import DataFile, ObjectNotFound
from tunedrop.storage import Bucket

FOLDER = "inputs/iris/abc/train/"


def files(bucket: Bucket, *paths: str) -> tuple[DataFile, ...]:
    for path in paths:
        bucket.put(f"datasets/iris/{path}", f"content of {path}".encode())
    return lay_out(list_objects(bucket, "iris"), "iris").train


def test_the_exact_versions_are_copied(s3: FakeS3, bucket: Bucket) -> None:
    train = files(bucket, "train.csv")
    s3.put("datasets/iris/train.csv", "changed since")
    part = provide(bucket, train, FOLDER, 1000)
    assert s3.body(FOLDER + "train.csv") == b"content of train.csv"
    assert part.uri == "s3://bucket/inputs/iris/abc/train/"
    assert part.files == ("train.csv",)
    assert part.copied
    assert part.versions == {"datasets/iris/train.csv": "version-0001"}


def test_part_files_keep_their_names_below_the_channel(s3: FakeS3, bucket: Bucket) -> None:
    train = files(bucket, "train/a=1/part-0.csv", "train/a=2/part-0.csv")
    part = provide(bucket, train, FOLDER, 1000)
    assert part.files == ("a=1/part-0.csv", "a=2/part-0.csv")
    assert s3.keys(FOLDER) == [FOLDER + name for name in part.files]


def test_copying_again_changes_nothing(bucket: Bucket) -> None:
    train = files(bucket, "train.csv")
    assert provide(bucket, train, FOLDER, 1000) == provide(bucket, train, FOLDER, 1000)


def test_above_the_limit_the_channel_points_at_the_one_original(s3: FakeS3, bucket: Bucket) -> None:
    train = files(bucket, "train.csv")
    part = provide(bucket, train, FOLDER, 5)
    assert not part.copied
    assert part.uri == "s3://bucket/datasets/iris/train.csv"
    assert part.files == ("train.csv",)
    assert s3.keys("inputs/") == []


def test_above_the_limit_the_channel_points_at_the_folder_of_the_originals(bucket: Bucket) -> None:
    train = files(bucket, "train/part-0.csv", "train/part-1.csv", "test.csv")
    part = provide(bucket, train, FOLDER, 5)
    assert part.uri == "s3://bucket/datasets/iris/train/"
    assert part.files == ("part-0.csv", "part-1.csv")


def test_objects_too_large_for_one_copy_are_copied_in_parts(s3: FakeS3, bucket: Bucket) -> None:
    small, large = files(bucket, "train/part-0.csv", "train/part-1.csv")
    s3.largest_copy = small.version.bytes
    huge = replace(large, version=replace(large.version, bytes=5 * 1024**3 + 1))
    part = provide(bucket, (small, huge), FOLDER, 10**12)
    assert part.copied
    assert s3.body(FOLDER + "part-1.csv") == b"content of train/part-1.csv"
    assert [call["Key"] for call in s3.calls_of("copy")] == [FOLDER + "part-1.csv"]


def test_a_version_that_is_gone_is_an_error(s3: FakeS3, bucket: Bucket) -> None:
    train = files(bucket, "train.csv")
    s3.versions.clear()
    with pytest.raises(ObjectNotFound):
        provide(bucket, train, FOLDER, 1000)


@given(st.lists(st.text("ab/", min_size=1, max_size=6), min_size=2, max_size=5, unique=True))
def test_originals_are_uri_plus_path(names: list[str]) -> None:
    bucket = Bucket(FakeS3(), "bucket")  # type: ignore[arg-type]
    train = files(bucket, *(f"train/{name}x.csv" for name in names))
    part = provide(bucket, train, FOLDER, 0)
    keys = [part.uri.removeprefix("s3://bucket/") + path for path in part.files]
    assert keys == [f.version.key for f in train]
    assert part.uri.endswith("/")
