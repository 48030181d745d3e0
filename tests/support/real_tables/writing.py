"""Writes a table as somebody would, in a way that a hash of its name chooses."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import pandas as pd

Files = dict[str, bytes]
"""Paths below the dataset's folder, with their bodies."""

_ROW_NAMES = "rownames"


@dataclass(frozen=True)
class Way:
    """How a table is written: one line of `WAYS`."""

    path: str
    delimiter: str = ","
    decimal: str = "."
    encoding: str = "utf-8"
    newline: str = "\n"
    missing: str = ""
    quoting: Literal[0, 1, 2] = csv.QUOTE_MINIMAL
    parts: int = 1


WAYS = (
    Way("train.csv"),
    Way("train.csv", missing="NA", quoting=csv.QUOTE_NONNUMERIC),
    Way("train.csv.gz"),
    Way("train.csv", ";", ",", "cp1252", "\r\n"),  # Excel in Germany
    Way("train.csv", ";", ",", "utf-8-sig", "\r\n"),
    Way("train.tsv", "\t", missing="NULL"),
    Way("train.psv", "|", missing="?"),
    Way("train.tsv", "\t", ".", "utf-16", "\r\n"),  # Excel's Unicode text
    Way("train.csv", encoding="utf-8-sig"),
    Way("train.csv", encoding="latin-1"),
    Way("train.csv", quoting=csv.QUOTE_ALL, missing="N/A"),
    Way("train.csv", newline="\r", missing="-"),
    Way("train/part-{}.csv", parts=3),
    Way("part-{}.csv.gz", parts=2),
    Way("train.parquet"),
    Way("part-{}.parquet", parts=4),
    Way("train/half={}/part-0.parquet", parts=2),
)


def write(name: str, frame: pd.DataFrame) -> Files:
    """Write a table; what one file takes is cut into so many parts."""
    way = WAYS[zlib.crc32(name.encode()) % len(WAYS)]
    frame = _with_row_names_as_people_keep_them(name, frame)
    parts = min(way.parts, max(1, len(frame) // 10))
    size = -(-len(frame) // parts)
    body = _parquet if way.path.endswith("parquet") else _text(way, frame)
    return {
        way.path.format(f"{part:05}"): body(frame.iloc[part * size : (part + 1) * size])
        for part in range(parts)
    }


def _with_row_names_as_people_keep_them(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Leave R's row names as a column, under R's empty name, or out."""
    if _ROW_NAMES not in frame.columns:
        return frame
    choice = zlib.crc32(f"row names of {name}".encode()) % 3
    if choice == 0:
        return frame.drop(columns=_ROW_NAMES)
    return frame.rename(columns={_ROW_NAMES: ""}) if choice == 1 else frame


def _text(way: Way, frame: pd.DataFrame) -> Callable[[pd.DataFrame], bytes]:
    text = _as_text(way, frame)
    encoding = way.encoding
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        encoding = "utf-8"  # what an editor would do, too

    def body(part: pd.DataFrame) -> bytes:
        data = _as_text(way, part).encode(encoding)
        return gzip.compress(data, mtime=0) if way.path.endswith(".gz") else data

    return body


def _as_text(way: Way, frame: pd.DataFrame) -> str:
    buffer = io.StringIO(newline="")
    frame.to_csv(
        buffer,
        index=False,
        sep=way.delimiter,
        decimal=way.decimal,
        na_rep=way.missing,
        lineterminator=way.newline,
        quoting=way.quoting,
    )
    return buffer.getvalue()


def _parquet(frame: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    objects = frame.select_dtypes(object).columns
    mixed = [name for name in objects if frame[name].map(type).nunique() > 1]
    words = {name: frame[name].map(str, na_action="ignore") for name in mixed}
    frame.assign(**words).to_parquet(buffer, index=False)
    return buffer.getvalue()
