"""Reads a dataset's table for a plan, whole or as a sample, by the container's reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from sklearn_trainer.data.tables import Table, inspect_table
from tunedrop.datasets.file_names import Format
from tunedrop.objects import DataFile
from tunedrop.planning.parquet_sample import fetch_parquet
from tunedrop.planning.text_sample import fetch_text
from tunedrop.storage import Bucket
from tunedrop_common.plan import Kind


def sample_table(
    bucket: Bucket,
    files: Sequence[DataFile],
    file_format: Format,
    kinds: Mapping[str, Kind],
    max_bytes: int,
) -> Table:
    """Read a table as far as PlanRun can.

    Parameters
    ----------
    kinds
        The kinds of columns that tuning.yaml names.
    max_bytes
        The limit of the deployment.

    Raises
    ------
    DatasetError
        If the files are no table.
    LimitError
        If the table has more than `max_bytes` in memory.
    """
    with TemporaryDirectory() as folder:
        if file_format == "csv":
            files_here = fetch_text(bucket, files, Path(folder))
        else:
            files_here = fetch_parquet(bucket, files, Path(folder), max_bytes)
        table = inspect_table(
            files_here.paths,
            file_format,
            kinds=kinds,
            is_complete=files_here.is_complete,
        )
    dialect = table.dialect
    if dialect is not None and files_here.encoding:
        dialect = dialect.model_copy(update={"encoding": files_here.encoding})
    return replace(table, rows=round(table.rows * files_here.rows_ratio), dialect=dialect)
