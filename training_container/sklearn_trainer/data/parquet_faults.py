"""What is wrong with a Parquet file that cannot be read, in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from sklearn_trainer.errors import DatasetError


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what Arrow says about a file into the error for people."""
    try:
        yield
    except (pa.ArrowInvalid, OSError) as error:
        raise DatasetError(
            "The file cannot be read as Parquet",
            where=path.name,
            found=str(error).rstrip(".")[:300],
            to_do="Write it without encryption of its own."
            if "decrypt" in str(error)
            else "Write the file again; a broken upload is the usual cause.",
        ) from error
