"""Which training jobs can be members, from archives that may hold anything."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sklearn_trainer.contract import Folders
from sklearn_trainer.data.dataset import Dataset, load
from sklearn_trainer.data.folds import make_folds
from sklearn_trainer.ensembling import predictions_file
from sklearn_trainer.ensembling.candidates import Candidate, NoEnsemble, read_candidates
from sklearn_trainer.ensembling.predictions_file import Entries, pack, target_checksum, unpack
from sklearn_trainer.notes import Notes
from tests.support.training import searches
from tests.support.training.jobs import Job, column, estimator, plan

RIDGE = estimator("ridge", "sklearn.linear_model.Ridge")
NAMES = [f"td-1-00{number}-0a1b2c3d" for number in range(1, 4)]
COLUMNS = [
    *searches.COLUMNS,
    column("day", "datetime", "ignored"),
    column("importance", "numeric", "ignored"),
    column("y", "numeric", "target"),
]
Members = dict[str, bytes]


class Search:
    """The channels of a Confirm job whose search had three training jobs."""

    def __init__(self, base: Path) -> None:
        made = plan(COLUMNS, task="regression", estimators=[RIDGE], confirm={"ensemble": True})
        files: dict[str, bytes | str] = {"train/train.csv": searches.table(60)}
        job = Job(base, made, job="confirm", files=files).write()
        self.plan, self.folders = job.read_plan(), Folders(base)
        self.dataset: Dataset = load(self.plan, self.folders, Notes())
        splits = self.dataset.train.splits(self.plan)
        self.folds = make_folds(splits, self.plan.cross_validation, Notes())
        self.entries = Entries.of(self.folds)
        self.listed = [
            {
                "training_job": name,
                "estimator": "ridge",
                "hyperparameters": {"alpha": str(number), "_tuning_objective_metric": "r2"},
                "objective": 0.5,
            }
            for number, name in enumerate(NAMES)
        ]
        for number, name in enumerate(NAMES):
            self.put(name, self.members(number))
        self.put_list(self.listed)

    def values(self, number: int) -> np.ndarray[Any, np.dtype[np.float32]]:
        return np.full((60, 1), number, dtype=np.float32)

    def members(self, number: int, **changes: Any) -> Members:
        tune = {
            "estimator": "ridge",
            "hyperparameters": {"alpha": str(number)},
            "metrics": {"r2": [0.5, 0.5, 0.5]},
            "fit_seconds": [9.0, 0.25, 0.25],
            "score_seconds": [1.0, 0.25, 0.25],
            "predictions": {"bytes": 1, "target_sha256": target_checksum(self.dataset.y)},
            **changes,
        }
        content = pack(self.entries, self.values(number))
        assert content
        return {"tune.json": json.dumps(tune).encode(), "predictions.parquet": content}

    def put(self, name: str, members: Members | bytes) -> None:
        path = self.folders.channel("predictions") / searches.RUN / name / "output"
        path.mkdir(parents=True, exist_ok=True)
        content = members if isinstance(members, bytes) else searches.packed(members)
        (path / "output.tar.gz").write_bytes(content)

    def put_list(self, listed: list[dict[str, Any]], version: int = 1) -> None:
        folder = self.folders.channel("candidates")
        folder.mkdir(parents=True, exist_ok=True)
        content = {"version": version, "candidates": listed}
        (folder / "candidates.json").write_text(json.dumps(content))

    def read(self) -> list[Candidate]:
        return read_candidates(self.plan, self.folders, self.dataset, self.folds)


@pytest.fixture
def search(tmp_path: Path) -> Search:
    return Search(tmp_path / "ml")


def test_candidates_come_in_the_order_of_the_list(search: Search) -> None:
    found = search.read()
    assert [each.training_job for each in found] == NAMES
    assert [each.hyperparameters for each in found] == [{"alpha": str(n)} for n in range(3)]
    assert [each.seconds for each in found] == [0.5] * 3
    for number, each in enumerate(found):
        assert each.values.tolist() == search.values(number).tolist()


def parquet(search: Search, **changes: Any) -> bytes:
    columns = {
        "row": pa.array(search.entries.rows),
        "fold": pa.array(search.entries.folds),
        "value_0": pa.array(np.ones(60, dtype=np.float32)),
        **changes,
    }
    buffer = pa.BufferOutputStream()
    pq.write_table(pa.table({name: each for name, each in columns.items()}), buffer)
    return bytes(buffer.getvalue().to_pybytes())


def other(member: str, content: Callable[[Search], bytes]) -> Callable[[Search], Members]:
    return lambda search: {**search.members(2), member: content(search)}


def link(search: Search) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        about = tarfile.TarInfo("tune.json")
        about.type, about.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(about)
    return buffer.getvalue()


UNREADABLE = "has predictions that cannot be read"
NO_OUTPUT = "has output that cannot be read"


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (lambda _: b"no archive", NO_OUTPUT),
        (lambda search: searches.packed(search.members(2))[:-40], NO_OUTPUT),
        (link, NO_OUTPUT),
        (lambda search: {**search.members(2), "tune.json": b"[" * 100_000}, NO_OUTPUT),
        (lambda search: {"tune.json": search.members(2)["tune.json"]}, "left no predictions"),
        (other("tune.json", lambda _: b"{}"), NO_OUTPUT),
        (other("tune.json", lambda _: b" " * 2**21), NO_OUTPUT),
        (other("predictions.parquet", lambda _: bytes(5 * 2**20)), NO_OUTPUT),
        (other("predictions.parquet", lambda _: b"PAR1 and nothing else PAR1"), UNREADABLE),
        (
            lambda search: search.members(2, metrics={"r2": [0.5, 0.5]}),
            "did not score all folds",
        ),
        (lambda search: search.members(2, metrics={}), "did not score all folds"),
        (lambda search: search.members(1), "had other hyperparameters than the list says"),
        (
            lambda search: search.members(2, predictions={"target_sha256": "0" * 64}),
            "saw other rows than Confirm",
        ),
        (
            other(
                "predictions.parquet",
                lambda search: parquet(search, row=pa.array(search.entries.rows[::-1])),
            ),
            UNREADABLE,
        ),
        (
            other("predictions.parquet", lambda search: parquet(search, more=pa.array([1] * 60))),
            UNREADABLE,
        ),
        (
            other(
                "predictions.parquet",
                lambda search: parquet(search, value_0=pa.array(["1"] * 60)),
            ),
            UNREADABLE,
        ),
        (
            other(
                "predictions.parquet",
                lambda search: parquet(
                    search, value_0=pa.array(np.full(60, np.nan, dtype=np.float32))
                ),
            ),
            UNREADABLE,
        ),
    ],
)
def test_what_is_not_as_expected_is_skipped_and_counted(
    search: Search, made: Callable[[Search], Any], reason: str
) -> None:
    search.put(NAMES[2], made(search))
    assert [each.training_job for each in search.read()] == NAMES[:2]
    search.put(NAMES[1], b"")
    with pytest.raises(NoEnsemble, match=reason):
        search.read()


def test_an_output_that_has_expired_is_skipped(search: Search) -> None:
    search.put_list([{**search.listed[0], "training_job": "td-1-009-gone"}, *search.listed[1:]])
    assert [each.training_job for each in search.read()] == NAMES[1:]


@pytest.mark.parametrize(
    "listed",
    [
        [{"training_job": "../../etc", "estimator": "ridge", "hyperparameters": {}}],
        [{"training_job": "*", "estimator": "ridge", "hyperparameters": {}}],
        [{"training_job": f"t{i}", "estimator": "x", "hyperparameters": {}} for i in range(21)],
        [{"training_job": "a"}],
    ],
    ids=["a path", "a pattern", "too many", "fields that are missing"],
)
def test_a_list_of_another_form_is_not_followed(search: Search, listed: Any) -> None:
    search.put_list(listed)
    with pytest.raises(NoEnsemble, match="is not what this image reads"):
        search.read()


def test_without_a_list_predictions_are_no_longer_there(search: Search) -> None:
    (search.folders.channel("candidates") / "candidates.json").unlink()
    with pytest.raises(NoEnsemble, match="Fewer than two"):
        search.read()


def test_an_estimator_that_the_plan_does_not_have_is_no_member(search: Search) -> None:
    search.listed[2]["estimator"] = "gone"
    search.put_list(search.listed)
    search.put(NAMES[2], search.members(2, estimator="gone"))
    assert [each.training_job for each in search.read()] == NAMES[:2]


def test_a_file_of_more_than_four_megabytes_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = np.random.default_rng(1)
    values = draw.random((40_000, 3), dtype=np.float32)
    entries = Entries(np.arange(40_000, dtype=np.int32), np.zeros(40_000, dtype=np.int32))
    content = pack(entries, values)
    assert content is not None
    np.testing.assert_array_equal(unpack(content, entries, 3), values)
    monkeypatch.setattr(predictions_file, "MOST_BYTES", len(content) - 1)
    assert pack(entries, values) is None
    monkeypatch.setattr(predictions_file, "MOST_UNPACKED_BYTES", values.nbytes - 1)
    assert pack(entries, values) is None


def test_a_file_about_other_rows_or_that_unpacks_to_more_than_they_need_is_not_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entries = Entries(np.arange(10, dtype=np.int32), np.zeros(10, dtype=np.int32))
    content = pack(entries, np.ones((10, 1), dtype=np.float32))
    assert content
    with pytest.raises(ValueError, match="another number of rows"):
        unpack(content, Entries(entries.rows[:9], entries.folds[:9]), 1)
    with pytest.raises(ValueError, match="other columns"):
        unpack(content, entries, 2)
    monkeypatch.setattr(predictions_file, "_OVERHEAD_BYTES", -200)
    with pytest.raises(ValueError, match="unpacks to too many bytes"):
        unpack(content, entries, 1)
