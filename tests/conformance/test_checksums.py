"""Checksums that S3 has of each object, whoever wrote it.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config

from tests.support.conformance.servers import LocalAws
from tunedrop.cli.commands.drop import TRANSFER, WITH_CHECKSUM

BUCKET = "checksums"
# The check value of the algorithm's definition, ae8b14860a799888.
DIGITS, CHECK = b"123456789", "rosUhgp5mIg="
# In two parts, of which S3 wants 5 MiB or more for all but the last.
LONG = bytes(range(256)) * (21 << 10)


@pytest.fixture(scope="module")
def plain(local_aws: LocalAws) -> Any:
    """A client that sends a checksum only where it is told to."""
    client = local_aws.client(
        "s3",
        Config(
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )
    client.create_bucket(Bucket=BUCKET)
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    return client


def checksums(client: Any, key: str, **version: str) -> dict[str, str]:
    head = client.head_object(Bucket=BUCKET, Key=key, ChecksumMode="ENABLED", **version)
    return {name: value for name, value in head.items() if name.startswith("Checksum")}


def upload_in_parts(client: Any, key: str, **algorithm: str) -> None:
    upload = {"Bucket": BUCKET, "Key": key}
    upload["UploadId"] = client.create_multipart_upload(**upload, **algorithm)["UploadId"]
    if algorithm.get("ChecksumAlgorithm") == "CRC64NVME":
        algorithm = {}  # which boto3 cannot compute without more packages
    parts = []
    for number, start in ((1, 0), (2, 5 << 20)):
        body = LONG[start : start + (5 << 20)]
        part = client.upload_part(**upload, PartNumber=number, Body=body, **algorithm)
        part_checksums = {name: part[name] for name in part if name.startswith("Checksum")}
        parts.append({"ETag": part["ETag"], "PartNumber": number, **part_checksums})
    client.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})


def test_an_object_without_a_checksum_has_one_on_request(plain: Any) -> None:
    version = plain.put_object(Bucket=BUCKET, Key="digits", Body=DIGITS)["VersionId"]
    expected = {"ChecksumCRC64NVME": CHECK, "ChecksumType": "FULL_OBJECT"}
    assert checksums(plain, "digits") == expected
    plain.put_object(Bucket=BUCKET, Key="digits", Body=b"other")
    assert checksums(plain, "digits") != expected
    assert checksums(plain, "digits", VersionId=version) == expected
    assert not any("Checksum" in name for name in plain.head_object(Bucket=BUCKET, Key="digits"))


def test_a_clients_own_checksum_stays(local_aws: LocalAws, plain: Any) -> None:
    local_aws.client("s3").put_object(Bucket=BUCKET, Key="own", Body=DIGITS)
    assert checksums(plain, "own") == {"ChecksumCRC32": "y/Q5Jg==", "ChecksumType": "FULL_OBJECT"}
    upload_in_parts(plain, "composite", ChecksumAlgorithm="CRC32")
    assert checksums(plain, "composite")["ChecksumCRC32"].endswith("-2")


@pytest.mark.parametrize("algorithm", [{}, {"ChecksumAlgorithm": "CRC64NVME"}])
def test_the_default_of_an_upload_in_parts_is_of_the_full_object(
    plain: Any, algorithm: dict[str, str]
) -> None:
    plain.put_object(Bucket=BUCKET, Key="whole", Body=LONG)
    upload_in_parts(plain, "parts", **algorithm)
    assert checksums(plain, "parts") == checksums(plain, "whole")


def test_the_commands_upload_in_parts_has_the_checksum_of_the_full_object(
    local_aws: LocalAws, plain: Any, tmp_path: Path
) -> None:
    path = tmp_path / "train.csv"
    path.write_bytes(LONG * (1 + TRANSFER.multipart_threshold // len(LONG)))
    client = local_aws.client("s3")
    client.upload_file(str(path), BUCKET, "dropped", Config=TRANSFER, ExtraArgs=WITH_CHECKSUM)
    client.put_object(Bucket=BUCKET, Key="put", Body=path.read_bytes())
    assert checksums(plain, "dropped") == checksums(plain, "put")
    assert "-" in plain.head_object(Bucket=BUCKET, Key="dropped")["ETag"]  # uploaded in parts


def test_a_copys_checksum_is_of_the_full_object(plain: Any) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html"""
    upload_in_parts(plain, "source", ChecksumAlgorithm="SHA256")
    plain.put_object(Bucket=BUCKET, Key="sha", Body=LONG, ChecksumAlgorithm="SHA256")
    source = {"Bucket": BUCKET, "Key": "source"}
    plain.copy_object(Bucket=BUCKET, Key="copy", CopySource=source)
    assert checksums(plain, "copy") == checksums(plain, "sha")
