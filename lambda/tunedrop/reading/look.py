"""A bounded look at a table, whatever its format."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from tunedrop.objects import DataFile
from tunedrop.reading.columns import Table
from tunedrop.storage import Bucket


def look_at(
    bucket: Bucket,
    files: Sequence[DataFile],
    file_format: Literal["csv", "parquet"],
    look_first: Sequence[str] = (),
) -> Table:
    """Look at bounded pieces of a table's files, above all at the columns of some names."""
    if file_format == "csv":
        from tunedrop.reading.csv_sample import read_csv_table
        from tunedrop.reading.sampling import sample_text

        return read_csv_table(sample_text(bucket, files))
    from tunedrop.reading.parquet_sample import read_parquet_table

    return read_parquet_table(bucket, files, look_first)
