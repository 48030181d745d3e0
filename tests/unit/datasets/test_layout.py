from hashlib import sha256
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fakes import START, FakeS3
from tunedrop.datasets import copies
from tunedrop.datasets.layout import LONGEST_KEY, Layout, lay_out, list_objects
from tunedrop.errors import DatasetError
from tunedrop.objects import ObjectVersion
from tunedrop.storage import Bucket


def layout_of(*paths: str, empty: str = "") -> Layout:
    s3: Any = FakeS3()
    for path in paths:
        s3.put(f"datasets/{path}", "" if path == empty else "a,b\n1,2\n")
    objects = list_objects(Bucket(s3, "bucket"), "iris")
    return lay_out(objects, "iris")


@pytest.mark.parametrize(
    ("paths", "train", "test"),
    [
        (["iris/train.csv"], ["train.csv"], []),
        (["iris/anything at all.csv.gz"], ["anything at all.csv.gz"], []),
        (["iris.csv"], ["train.csv"], []),
        (["iris.parquet"], ["train.parquet"], []),
        (["iris/train.csv", "iris/test.csv"], ["train.csv"], ["test.csv"]),
        (["iris/TRAIN.TSV", "iris/Test.tsv"], ["TRAIN.TSV"], ["Test.tsv"]),
        (["iris/data.csv", "iris/test.csv"], ["data.csv"], ["test.csv"]),
        (
            ["iris/train/a.csv", "iris/train/b.csv", "iris/test/a.csv"],
            ["train/a.csv", "train/b.csv"],
            ["test/a.csv"],
        ),
        (
            ["iris/_SUCCESS", "iris/part-0.parquet", "iris/part-1.snappy.parquet"],
            ["part-0.parquet", "part-1.snappy.parquet"],
            [],
        ),
        (
            ["iris/year=2025/x.parquet", "iris/year=2026/y.parquet"],
            ["year=2025/x.parquet", "year=2026/y.parquet"],
            [],
        ),
    ],
)
def test_files_are_found_by_their_names(
    paths: list[str], train: list[str], test: list[str]
) -> None:
    layout = layout_of(*paths)
    assert [f.path for f in layout.train] == train
    assert [f.path for f in layout.test] == test


def test_neighbours_with_similar_names_are_no_part_of_a_dataset() -> None:
    layout = layout_of("iris/train.csv", "iris2/train.csv", "iris2.csv", "iris.v2.csv")
    assert [f.version.key for f in layout.train] == ["datasets/iris/train.csv"]


def test_tuning_yaml_is_found_and_other_files_are_warned_about() -> None:
    layout = layout_of("iris/train.csv", "iris/tuning.yaml", "iris/valid.csv", "iris/notes.txt")
    assert layout.tuning_config is not None
    assert [w.split()[0] for w in layout.warnings] == ["notes.txt", "valid.csv"]


def test_values_in_folder_names_are_warned_about() -> None:
    assert "year=2026" in layout_of("iris/year=2025/part-0.csv").warnings[0]


def test_empty_part_files_are_left_out() -> None:
    layout = layout_of("iris/part-0.csv", "iris/part-1.csv", empty="iris/part-0.csv")
    assert [f.path for f in layout.train] == ["part-1.csv"]


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        (["iris/tuning.yaml"], "no data file"),
        (["iris/test.csv"], "no training data .*'test.csv'.* Drop them as train.csv"),
        (["iris/train.xlsx"], r"'train.xlsx'.*\.csv, .* or \.parquet\. Save the table as CSV"),
        (["iris/a.csv", "iris/b.csv"], "training data is ambiguous"),
        (["iris/train.csv", "iris/train.parquet"], "training data is ambiguous"),
        (["iris/train.csv", "iris/train/a.csv"], "training data is ambiguous"),
        (["iris/train.csv", "iris/test.parquet"], "different formats"),
        (["iris/part-0.csv", "iris/part-0.parquet"], "different formats"),
        (["iris/train.csv", "iris.csv"], "more than one source"),
        (["iris.csv", "iris.parquet"], "more than one source"),
        (["iris/train.csv", "iris/tuning.yml"], "Rename it to tuning.yaml"),
        (["iris/train.csv", "iris/Tuning.yaml"], "Rename it to tuning.yaml"),
        (["iris/train.csv", "iris/sub/tuning.yaml"], "Rename it to tuning.yaml"),
        (["iris.txt"], "no data file"),
    ],
)
def test_what_is_unclear_is_refused(paths: list[str], message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        layout_of(*paths)


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(DatasetError, match="empty"):
        layout_of("iris/train.csv", empty="iris/train.csv")


@given(
    # Keys of S3 are Unicode text, of which one letter may have four bytes.
    name=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/"), max_size=300),
    length=st.integers(LONGEST_KEY - 3, 1024),
)
def test_a_key_is_accepted_if_and_only_if_s3_takes_that_of_its_copy(name: str, length: int) -> None:
    key = f"datasets/iris/folder/{name}"
    key = f"{key}{'a' * (length - len(key.encode()) - len('.csv'))}.csv"
    version = ObjectVersion(key, "v1", "etag", 1, START)
    folder = copies.channel_folder("iris", sha256(b"any").hexdigest(), "train")
    copy = folder + key.removeprefix("datasets/iris/")
    if len(copy.encode()) > 1024:
        with pytest.raises(DatasetError, match="too long"):
            lay_out([version], "iris")
    else:
        assert lay_out([version], "iris").train[0].version == version


def test_a_key_that_is_too_long_is_refused_in_a_short_message() -> None:
    with pytest.raises(DatasetError, match=r"too long .*Found 1024 bytes.*Shorten") as error:
        layout_of(f"iris/{'a' * 1006}.csv")
    assert len(str(error.value)) < 500


def test_a_listing_without_end_is_read_until_there_are_too_many_files() -> None:
    page_numbers = count()
    entry = {"ETag": '"e"', "Size": 1, "LastModified": START}
    pages = (
        {"Contents": [{"Key": f"datasets/iris/{page}-{n:03}.csv", **entry} for n in range(1000)]}
        for page in page_numbers
    )
    paginator = SimpleNamespace(paginate=lambda **parameters: pages)
    client: Any = SimpleNamespace(get_paginator=lambda operation: paginator)
    with pytest.raises(DatasetError, match=r"too many files.*at most 10000"):
        list_objects(Bucket(client, "bucket"), "iris")
    assert next(page_numbers) == 11


def test_deleted_files_are_gone(s3: FakeS3, bucket: Bucket) -> None:
    s3.put("datasets/iris/a.csv", "x")
    s3.put("datasets/iris/b.csv", "x")
    s3.delete_object(Bucket="b", Key="datasets/iris/a.csv")
    objects = list_objects(bucket, "iris")
    assert [o.key for o in objects] == ["datasets/iris/b.csv"]


def test_a_delta_table_is_read_until_its_files_hold_replaced_rows(
    s3: FakeS3, bucket: Bucket
) -> None:
    for name in ("part-0.parquet", "_delta_log/00000000000000000000.json"):
        s3.put(f"datasets/iris/{name}", "x")
    assert len(list_objects(bucket, "iris")) == 1
    s3.put("datasets/iris/_delta_log/00000000000000000001.json", "x")
    with pytest.raises(DatasetError, match=r"Delta Lake .*several commits.*Export its newest"):
        list_objects(bucket, "iris")
