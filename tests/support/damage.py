"""State that is damaged, and its restoration by nothing but the words of the error."""

from __future__ import annotations

import shlex

import pytest

from tests.support.fakes import FakeS3

BODIES = {
    "empty": b"",
    "cut off": b'{"version": 1, "since": "2026-11-2',
    "no UTF-8": b'{"dataset": "\xff"}',
    "nested deeply": b"[" * 100_000,
    "a list": b"[]",
    "another object's": b'{"version": "x", "runs": 7, "paused": [1]}',
}
damages = pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)


def commands(words: str, key: str) -> list[dict[str, str]]:
    """Return the options of the two commands in what people are told of a damaged object."""
    assert f"{key} cannot be read" in words
    lines = [line.split() for line in words.splitlines() if line.startswith("  aws s3api ")]
    assert [line[2] for line in lines] == ["list-object-versions", "copy-object"]
    parsed = (shlex.split(" ".join(line[3:])) for line in lines)
    return [dict(zip(pairs[::2], pairs[1::2], strict=True)) for pairs in parsed]


def restore(s3: FakeS3, words: str, key: str) -> None:
    """Do with a bucket what people are told to do about the damage of an object."""
    listing, copy = commands(words, key)
    pages = s3.get_paginator("list_object_versions").paginate(
        Bucket=listing["--bucket"], Prefix=listing["--prefix"]
    )
    _, before = [version["VersionId"] for page in pages for version in page["Versions"]][:2]
    bucket, _, source = copy["--copy-source"].partition("/")
    name, _, placeholder = source.partition("?versionId=")
    assert (copy["--key"], placeholder) == (key, "VERSION_ID")
    s3.copy_object(
        Bucket=copy["--bucket"],
        Key=copy["--key"],
        CopySource={"Bucket": bucket, "Key": name, "VersionId": before},
    )
