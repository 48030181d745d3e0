"""Copies of exact versions, in parts where an object is large."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.conformance.servers import LocalAws
from tunedrop.datasets.copies import channel_folder
from tunedrop.datasets.layout import LONGEST_KEY
from tunedrop.objects import ObjectVersion
from tunedrop.storage import Bucket

BUCKET = "copies"
MIB = 1024 * 1024
# S3 takes no smaller parts, but for the last.
PART = 5 * MIB


@pytest.fixture(scope="module")
def s3(local_aws: LocalAws) -> Any:
    s3 = local_aws.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    return s3


def version_of(bucket: Bucket, prefix: str) -> ObjectVersion:
    (listed,) = bucket.list_objects(prefix)
    version = bucket.head_version(listed)
    assert version is not None
    return version


@pytest.mark.parametrize("part_bytes", [PART, 100 * MIB], ids=["in parts", "as a whole"])
def test_a_copy_is_the_exact_version_without_its_tags(s3: Any, part_bytes: int) -> None:
    bucket, key, target = Bucket(s3, BUCKET), f"from {part_bytes}/ü.csv", f"to/{part_bytes}.csv"
    old = bytes(range(256)) * (12 * MIB // 256) + b"the end"
    s3.put_object(Bucket=BUCKET, Key=key, Body=old, Tagging="team=forecasting")
    version = version_of(bucket, key)
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"newer")
    assert bucket.head_version(version) is None
    bucket.copy_version(version, target, part_bytes=part_bytes)
    assert version.bytes == len(old) > 2 * PART
    assert s3.get_object(Bucket=BUCKET, Key=target)["Body"].read() == old
    assert s3.get_object_tagging(Bucket=BUCKET, Key=target)["TagSet"] == []
    in_parts = s3.head_object(Bucket=BUCKET, Key=target)["ETag"].endswith('-3"')
    assert in_parts is (part_bytes == PART)


def test_a_small_object_is_copied_without_its_tags(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="tagged", Body=b"model", Tagging="team=forecasting")
    Bucket(s3, BUCKET).copy("tagged", "untagged")
    assert s3.get_object(Bucket=BUCKET, Key="untagged")["Body"].read() == b"model"
    assert s3.get_object_tagging(Bucket=BUCKET, Key="untagged")["TagSet"] == []


@pytest.mark.parametrize("operation", ["put_object", "create_multipart_upload"])
def test_a_key_of_more_than_1024_bytes_is_rejected(s3: Any, operation: str) -> None:
    write = getattr(s3, operation)
    write(Bucket=BUCKET, Key="ü" * 512)
    with pytest.raises(ClientError, match="KeyTooLongError"):
        write(Bucket=BUCKET, Key="ü" * 512 + "a")


def test_the_dataset_file_with_the_longest_key_can_be_copied(s3: Any) -> None:
    bucket, folder = Bucket(s3, BUCKET), "datasets/iris/"
    name = "a" * (LONGEST_KEY - len(folder))
    s3.put_object(Bucket=BUCKET, Key=folder + name, Body=b"1")
    version = version_of(bucket, folder)
    copy = channel_folder("iris", "0" * 64, "train") + name
    bucket.copy_version(version, copy)
    assert s3.get_object(Bucket=BUCKET, Key=copy)["Body"].read() == b"1"
    with pytest.raises(ClientError, match="KeyTooLongError"):
        bucket.copy_version(version, copy + "a")
