"""Puts tables into a fake bucket and looks at them as PlanRun does."""

from __future__ import annotations

import gzip
import io

import pandas as pd

from sklearn_trainer.data.tables import Table
from tests.support.fakes import FakeS3
from tunedrop.datasets.layout import lay_out, list_objects
from tunedrop.planning.table_sample import sample_table
from tunedrop.storage import Bucket

MAX_BYTES = 10 * 2**30  # of `max_dataset_bytes`


def look(*files: bytes | str, name: str = "train.csv", s3: FakeS3 | None = None) -> Table:
    """Read a sample of one file of this name, or of several part files with its suffix."""
    s3 = s3 or FakeS3()
    names = [name] if len(files) == 1 else [f"part-{i}-{name}" for i in range(len(files))]
    for file_name, body in zip(names, files, strict=True):
        s3.put(f"datasets/iris/{file_name}", body)
    bucket = Bucket(s3, "bucket")  # type: ignore[arg-type]
    layout = lay_out(list_objects(bucket, "iris"), "iris")
    return sample_table(bucket, layout.train, layout.format, {}, MAX_BYTES)


def parquet(frame: pd.DataFrame, **options: object) -> bytes:
    """Write a frame as Parquet."""
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False, **options)  # type: ignore[call-overload]
    return buffer.getvalue()


def gzipped(text: str | bytes) -> bytes:
    """Compress as `gzip` does."""
    return gzip.compress(text.encode() if isinstance(text, str) else text, mtime=0)


def kinds(table: Table) -> dict[str, str | None]:
    """Return the kind of every column."""
    return {column.name: column.kind for column in table.columns}
