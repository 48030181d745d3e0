from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.run_folder import RunFolder, read_json, run_ids


class FakeS3:
    """A bucket in memory."""

    def __init__(self, **contents: bytes) -> None:
        self.contents = dict(contents)

    def get_paginator(self, _name: str) -> FakeS3:
        return self

    def paginate(
        self, *, Bucket: str, Prefix: str, Delimiter: str = ""
    ) -> Iterator[dict[str, Any]]:
        keys = [key for key in self.contents if key.startswith(Prefix)]
        if Delimiter:
            names = {key.removeprefix(Prefix).split("/")[0] for key in keys}
            yield {"CommonPrefixes": [{"Prefix": f"{Prefix}{name}/"} for name in names]}
        else:
            yield {"Contents": [{"Key": key} for key in keys]}
        yield {}

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        if Key not in self.contents:
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": ""}}, "GetObject")
        if self.contents[Key] == b"forbidden":
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": ""}}, "GetObject")
        return {"Body": io.BytesIO(self.contents[Key])}

    def download_file(self, _bucket: str, key: str, path: str) -> None:
        Path(path).write_bytes(self.contents[key])


def bucket(contents: dict[str, bytes]) -> Any:
    s3 = FakeS3()
    s3.contents = contents
    return s3


def test_the_runs_files_and_its_model_are_copied(tmp_path: Path) -> None:
    s3 = bucket(
        {
            "runs/iris/r1/report.html": b"<html>",
            "runs/iris/r1/jobs/a.request.json": b"{}",
            "runs/iris/r10/report.html": b"another run",
            "models/iris/r1/model.tar.gz": b"model",
            "models/iris/champion.json": b"{}",
        }
    )
    RunFolder(s3, "b", "iris", "r1").copy_to(tmp_path / "out")
    found = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()}
    assert found == {"out/report.html", "out/jobs/a.request.json", "out/model.tar.gz"}
    assert (tmp_path / "out/report.html").read_bytes() == b"<html>"


def test_no_key_writes_outside_of_the_folder(tmp_path: Path) -> None:
    s3 = bucket({"runs/iris/r1/../../../../evil": b"x"})
    with pytest.raises(ValueError, match="outside"):
        RunFolder(s3, "b", "iris", "r1").copy_to(tmp_path / "a" / "b")
    assert not list(tmp_path.rglob("evil"))


def test_a_file_that_is_not_there_yet_is_none() -> None:
    s3 = bucket({"runs/iris/r1/run.json": json.dumps({"a": 1}).encode(), "x": b"forbidden"})
    folder = RunFolder(s3, "b", "iris", "r1")
    assert folder.read("run.json") == {"a": 1}
    assert folder.read("plan.json") is None
    with pytest.raises(ClientError, match="AccessDenied"):
        read_json(s3, "b", "x")


def test_runs_are_listed_oldest_first() -> None:
    s3 = bucket({f"runs/iris/{name}/run.json": b"{}" for name in ("2", "1", "3")})
    assert run_ids(s3, "b", "iris") == ["1", "2", "3"]
