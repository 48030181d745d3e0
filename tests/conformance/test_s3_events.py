"""S3's events on EventBridge, as AWS documents them.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

import pytest

from tests.support.conformance.functions import eventually
from tests.support.conformance.inbox import Inbox, create_announcing_bucket
from tests.support.conformance.servers import LocalAws

BUCKET = "versioned"


@pytest.fixture(scope="module")
def s3(local_aws: LocalAws) -> Any:
    client = local_aws.client("s3")
    create_announcing_bucket(client, BUCKET)
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    return client


@pytest.fixture(scope="module")
def inbox(local_aws: LocalAws, s3: Any) -> Inbox:
    return Inbox(local_aws, "s3-events", "aws.s3")


def event_of(inbox: Inbox, key: str) -> dict[str, Any]:
    def look() -> list[dict[str, Any]]:
        return [e for e in inbox.received() if e["detail"]["object"]["key"] == key]

    return eventually(look, bool)[-1]


def test_a_put_tells_the_version_etag_and_size(s3: Any, inbox: Inbox) -> None:
    put = s3.put_object(Bucket=BUCKET, Key="datasets/a b+c.csv", Body=b"1,2")
    event = event_of(inbox, "datasets/a b+c.csv")
    assert event["detail-type"] == "Object Created"
    assert event["detail"]["reason"] == "PutObject"
    object_ = event["detail"]["object"]
    assert object_["version-id"] == put["VersionId"]
    assert object_["etag"] == put["ETag"].strip('"')
    assert object_["size"] == 3
    assert object_["sequencer"]


def test_an_upload_in_parts_is_dated_by_its_beginning(s3: Any, inbox: Inbox) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html"""
    upload = {"Bucket": BUCKET, "Key": "slow"}
    upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
    [begun] = s3.list_multipart_uploads(Bucket=BUCKET)["Uploads"]
    part = s3.upload_part(**upload, PartNumber=1, Body=b"x")
    time.sleep(1.1)
    parts = [{"PartNumber": 1, "ETag": part["ETag"]}]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    [listed] = s3.list_objects_v2(Bucket=BUCKET, Prefix="slow")["Contents"]
    [version] = s3.list_object_versions(Bucket=BUCKET, Prefix="slow")["Versions"]
    assert listed["LastModified"] == version["LastModified"] == begun["Initiated"]
    head = s3.head_object(Bucket=BUCKET, Key="slow")
    assert head["LastModified"] == begun["Initiated"].replace(microsecond=0)
    event_time = datetime.fromisoformat(event_of(inbox, "slow")["time"])
    assert event_time > begun["Initiated"]
