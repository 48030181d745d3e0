from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_aws.drop import Drop, prepare, upload
from local_aws.errors import UsageError


class FakeS3:
    """Keeps what was done to one bucket, in order."""

    def __init__(self, *keys: str) -> None:
        self.keys = list(keys)
        self.calls: list[tuple[str, str]] = []

    def get_paginator(self, _name: str) -> FakeS3:
        return self

    def paginate(self, *, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:
        yield {"Contents": [{"Key": key} for key in self.keys if key.startswith(Prefix)]}
        yield {}

    def delete_object(self, *, Bucket: str, Key: str) -> None:
        self.calls.append(("delete", Key))

    def upload_file(self, _path: str, _bucket: str, key: str) -> None:
        self.calls.append(("upload", key))

    def head_object(self, *, Bucket: str, Key: str) -> dict[str, str]:
        return {"VersionId": f"version of {Key}"}


def write(folder: Path, **sizes: int) -> Path:
    for name, size in sizes.items():
        path = folder / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * size)
    return folder


@pytest.mark.parametrize(
    ("file", "dataset"),
    [("iris.csv", "iris"), ("iris.csv.gz", "iris"), ("my data.parquet", "my data"), ("a_b", "a_b")],
)
def test_a_file_names_its_dataset(tmp_path: Path, file: str, dataset: str) -> None:
    (tmp_path / file).write_text("a,b\n")
    drop = prepare(tmp_path / file, name=None, config=None)
    assert drop == Drop(dataset, {file: tmp_path / file})


def test_a_folder_brings_all_but_its_hidden_files(tmp_path: Path) -> None:
    folder = tmp_path / "iris"
    write(folder, train_dot_csv=1, part__a_dot_csv=1, _dot_DS_Store=1, _dot_git__config=1)
    drop = prepare(folder, name=None, config=None)
    assert drop.dataset == "iris"
    assert set(drop.files) == {"train.csv", "part/a.csv"}


def test_a_folder_is_named_by_its_real_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(write(tmp_path / "penguins", train_dot_csv=1))
    assert prepare(Path(), name=None, config=None).dataset == "penguins"


def test_config_takes_the_place_of_the_folders_own(tmp_path: Path) -> None:
    folder = write(tmp_path / "iris", train_dot_csv=1, tuning_dot_yaml=1)
    other = tmp_path / "other.yaml"
    other.write_text("target: x\n")
    drop = prepare(folder, name="mine", config=other)
    assert drop.dataset == "mine"
    assert drop.files["tuning.yaml"] == other


def test_what_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "iris.csv").write_text("")
    with pytest.raises(UsageError, match="no such file or folder"):
        prepare(tmp_path / "missing", name=None, config=None)
    with pytest.raises(UsageError, match=r"--config .*missing\.yaml: there is no such file"):
        prepare(tmp_path / "iris.csv", name=None, config=tmp_path / "missing.yaml")


def test_an_empty_folder_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no files"):
        prepare(tmp_path, name=None, config=None)


@given(st.text(max_size=120))
def test_no_name_reaches_another_place_in_the_bucket(
    tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    file = tmp_path_factory.mktemp("drop") / "x.csv"
    file.write_text("")
    allowed = bool(re.fullmatch(r"[^\W_]([\w .-]{0,98}[\w.-])?", name))
    if allowed:
        assert prepare(file, name=name, config=None).dataset == name
    else:
        with pytest.raises(UsageError, match="--name"):
            prepare(file, name=name, config=None)


def test_the_bucket_holds_exactly_what_was_dropped_largest_first(tmp_path: Path) -> None:
    folder = write(tmp_path, tuning_dot_yaml=5, train_dot_csv=500, test_dot_csv=50)
    s3 = FakeS3(
        "datasets/iris/train.csv",
        "datasets/iris/old.csv",
        "datasets/iris.csv",
        "datasets/iris.extended/train.csv",
        "datasets/iris2/train.csv",
    )
    drop = prepare(folder, name="iris", config=None)
    versions = upload(drop, s3, "bucket")  # type: ignore[arg-type]
    assert s3.calls == [
        ("delete", "datasets/iris/old.csv"),
        ("delete", "datasets/iris.csv"),
        ("upload", "datasets/iris/train.csv"),
        ("upload", "datasets/iris/test.csv"),
        ("upload", "datasets/iris/tuning.yaml"),
    ]
    assert versions["datasets/iris/test.csv"] == "version of datasets/iris/test.csv"
