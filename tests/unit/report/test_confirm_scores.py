"""Reading Confirm's scores out of an archive that may hold anything."""

from __future__ import annotations

import gzip
import io
import json
import math
import random
import tarfile
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.report.synthetic_results import archive, confirm_json, contender
from tunedrop.errors import ConfirmFailed
from tunedrop.report import confirm_scores
from tunedrop.report.confirm_scores import ConfirmScores, read_archive

WHERE = "s3://tunedrop-data/output.tar.gz"


def read(content: bytes) -> ConfirmScores:
    return read_archive(io.BytesIO(content), where=WHERE)


def packed(*members: tuple[tarfile.TarInfo, bytes], level: int = 9) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=level) as tar:
        for member, body in members:
            member.size = len(body)
            tar.addfile(member, io.BytesIO(body))
    return buffer.getvalue()


def as_json(**changes: Any) -> bytes:
    return archive(json.dumps(confirm_json(**changes)).encode())


@pytest.mark.parametrize("name", ["confirm.json", "./confirm.json"])
def test_the_member_is_found_after_others(name: str) -> None:
    body = json.dumps(confirm_json()).encode()
    content = packed((tarfile.TarInfo("tune.json"), b"{}"), (tarfile.TarInfo(name), body))
    assert read(content).verdict == "promoted"


@pytest.mark.parametrize("name", ["../confirm.json", "/confirm.json", "a/confirm.json"])
def test_a_member_of_another_path_is_not_taken_for_it(name: str) -> None:
    with pytest.raises(ConfirmFailed, match=r"has no confirm\.json"):
        read(archive(name=name))


def test_predictions_of_50_mb_before_it_are_passed_over_and_not_held() -> None:
    body = json.dumps(confirm_json()).encode()
    predictions = random.Random(1).randbytes(50_000_000)  # noqa: S311  (as good as unpackable)
    content = packed(
        (tarfile.TarInfo("predictions.parquet"), predictions),
        (tarfile.TarInfo("confirm.json"), body),
        level=0,
    )
    assert len(content) < confirm_scores.MAX_ARCHIVE_BYTES
    del predictions
    stream = io.BytesIO(content)
    tracemalloc.start()
    try:
        assert read_archive(stream, where=WHERE).verdict == "promoted"
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_a_link_of_the_right_name_is_refused() -> None:
    member = tarfile.TarInfo("confirm.json")
    member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
    with pytest.raises(ConfirmFailed, match="not a regular file"):
        read(packed((member, b"")))


@pytest.mark.parametrize(
    ("limit", "value", "content", "words"),
    [
        (
            (confirm_scores, "MAX_UNPACKED_BYTES"),
            100_000,
            packed((tarfile.TarInfo("zeros"), bytes(10_000_000)), (tarfile.TarInfo("b"), b"")),
            "more than 100,000 bytes when unpacked",
        ),
        ((confirm_scores, "MAX_MEMBER_BYTES"), 1000, archive(b" " * 2000), "over 1,000"),
        (
            (confirm_scores, "MAX_MEMBERS"),
            3,
            packed(*((tarfile.TarInfo(str(i)), b"") for i in range(5))),
            "more than 3 members",
        ),
    ],
    ids=["a bomb", "a large member", "many members"],
)
def test_what_is_too_much_is_refused_before_it_is_unpacked(
    monkeypatch: pytest.MonkeyPatch, limit: tuple[Any, str], value: int, content: bytes, words: str
) -> None:
    monkeypatch.setattr(*limit, value)
    with pytest.raises(ConfirmFailed, match=words):
        read(content)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not an archive",
        archive()[:60],
        gzip.compress(b"x" * 2000),
        archive()[:-20] + b"0" * 20,
    ],
    ids=["empty", "text", "cut", "no tar inside", "wrong checksum"],
)
def test_what_is_no_archive_is_refused_by_its_place(content: bytes) -> None:
    with pytest.raises(ConfirmFailed, match=r"output\.tar\.gz"):
        read(content)


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_else(content: bytes) -> None:
    for body in (content, gzip.compress(content), archive(content)):
        with pytest.raises(ConfirmFailed):
            read(body)


def test_a_wrong_value_is_named_by_its_place_and_not_quoted() -> None:
    with pytest.raises(ConfirmFailed, match=r"rows\.train") as caught:
        read(as_json(rows={"train": "SECRET"}))
    assert "SECRET" not in str(caught.value)


def test_a_selected_contender_that_did_not_take_part_is_refused() -> None:
    with pytest.raises(ConfirmFailed, match="none of its contenders"):
        read(as_json(selected="nobody"))


def test_numbers_that_are_not_finite_become_null() -> None:
    contenders = [contender("tuned:boosting") | {"mean": math.nan, "interval": [-math.inf, 1.0]}]
    scores = read(as_json(contenders=contenders))
    assert scores.selected_contender.mean is None
    assert scores.selected_contender.interval == (None, 1.0)


def test_a_newer_container_may_say_more() -> None:
    assert read(as_json(novelty={"a": 1})).verdict == "promoted"
