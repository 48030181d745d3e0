from dataclasses import replace

import pytest

from tests.support.fakes import FakeS3
from tunedrop.datasets.copies import copy_files
from tunedrop.datasets.layout import lay_out, list_objects
from tunedrop.objects import DataFile, ObjectNotFound
from tunedrop.storage import Bucket

FOLDER = "inputs/iris/abc/train/"


def files(bucket: Bucket, *paths: str) -> tuple[DataFile, ...]:
    for path in paths:
        bucket.put(f"datasets/iris/{path}", f"content of {path}".encode())
    objects = filter(None, map(bucket.head_version, list_objects(bucket, "iris")))
    return lay_out(objects, "iris").train


def test_the_exact_versions_are_copied(s3: FakeS3, bucket: Bucket) -> None:
    train = files(bucket, "train.csv")
    s3.put("datasets/iris/train.csv", "changed since")
    channel = copy_files(bucket, train, FOLDER)
    assert s3.body(FOLDER + "train.csv") == b"content of train.csv"
    assert channel.uri == "s3://bucket/inputs/iris/abc/train/"
    assert channel.files == ("train.csv",)
    assert channel.versions == {"datasets/iris/train.csv": "version-0001"}


def test_part_files_keep_their_names_below_the_channel(s3: FakeS3, bucket: Bucket) -> None:
    train = files(bucket, "a=1/part-0.csv", "a=2/part-0.csv")
    channel = copy_files(bucket, train, FOLDER)
    assert channel.files == ("a=1/part-0.csv", "a=2/part-0.csv")
    assert s3.keys(FOLDER) == [FOLDER + name for name in channel.files]


def test_objects_too_large_for_one_copy_are_copied_in_parts(s3: FakeS3, bucket: Bucket) -> None:
    small, large = files(bucket, "part-0.csv", "part-1.csv")
    s3.largest_copy = small.version.bytes
    huge = replace(large, version=replace(large.version, bytes=5 * 1024**3 + 1))
    copy_files(bucket, (small, huge), FOLDER)
    assert s3.body(FOLDER + "part-1.csv") == b"content of part-1.csv"
    assert [call["Key"] for call in s3.calls_of("copy")] == [FOLDER + "part-1.csv"]


def test_a_version_that_is_gone_is_an_error(s3: FakeS3, bucket: Bucket) -> None:
    train = files(bucket, "train.csv")
    s3.versions.clear()
    with pytest.raises(ObjectNotFound):
        copy_files(bucket, train, FOLDER)
