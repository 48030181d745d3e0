"""The permissions that a request to S3 needs.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

Query = Mapping[str, list[str]]
Asked = tuple[str, str]

_ARN = "arn:aws:s3:::"
_BUCKET_READS = {
    "versions": "s3:ListBucketVersions",
    "uploads": "s3:ListBucketMultipartUploads",
    "location": "s3:GetBucketLocation",
    "versioning": "s3:GetBucketVersioning",
    "notification": "s3:GetBucketNotification",
    "lifecycle": "s3:GetLifecycleConfiguration",
}


def of_request(
    method: str, path: str, query: Query, headers: Mapping[str, str], body: bytes
) -> Iterator[Asked]:
    """List actions with their resources; what is not known here is an action that no policy has."""
    bucket, _, key = path.lstrip("/").partition("/")
    resource = f"{_ARN}{bucket}/{key}"
    if not key:
        yield from _of_bucket(method, bucket, query, body)
    elif method in ("GET", "HEAD"):
        version = "Version" if "versionId" in query else ""
        tagging = "Tagging" if "tagging" in query else ""
        yield f"s3:GetObject{version}{tagging}", resource
    elif method == "DELETE":
        if "uploadId" in query:
            yield "s3:AbortMultipartUpload", resource
        else:
            yield f"s3:DeleteObject{'Version' if 'versionId' in query else ''}", resource
    elif method in ("PUT", "POST"):
        yield from _of_write(resource, query, headers)
    else:
        yield f"s3:{method}", resource


def _of_bucket(method: str, bucket: str, query: Query, body: bytes) -> Iterator[Asked]:
    if method in ("GET", "HEAD"):
        special = next((_BUCKET_READS[name] for name in _BUCKET_READS if name in query), None)
        yield special or ("s3:ListBucket" if bucket else "s3:ListAllMyBuckets"), f"{_ARN}{bucket}"
    elif method == "POST" and "delete" in query:
        for key in re.findall(rb"<Key>(.*?)</Key>", body):
            yield "s3:DeleteObject", f"{_ARN}{bucket}/{key.decode()}"
    else:
        yield f"s3:{method}Bucket", f"{_ARN}{bucket}"


def _of_write(resource: str, query: Query, headers: Mapping[str, str]) -> Iterator[Asked]:
    if "tagging" in query:
        yield "s3:PutObjectTagging", resource
        return
    yield "s3:PutObject", resource
    if "x-amz-tagging" in headers:
        yield "s3:PutObjectTagging", resource
    source = headers.get("x-amz-copy-source")
    if source:
        name, _, version = unquote(source).lstrip("/").partition("?versionId=")
        yield f"s3:GetObject{'Version' if version else ''}", f"{_ARN}{name}"
