"""Kinds of files by their names: data files and their formats, ignorable files.

`layout` decides by it which files of a dataset are what.
"""

from __future__ import annotations

import re
from typing import Literal

Format = Literal["csv", "parquet"]

# Text tables all go by the name csv; their delimiter is found by looking.
_DATA = re.compile(
    r"(?P<stem>.+?)((?P<csv>\.(csv|tsv|tab|psv|data)(\.gz)?)|\.(parquet|pq))", re.I | re.S
)
_DOCUMENTATION = re.compile(
    r"(readme|licen[cs]e|notice|changelog)(\..*)?|.*\.(md|rst|html?|pdf)", re.I
)

DATA_SUFFIXES = ".csv, .tsv, .csv.gz, .tsv.gz or .parquet"


def is_ignorable(path: str) -> bool:
    """Return whether a path below a dataset's folder is not part of the dataset.

    Those are folder markers, hidden files as tools leave them (a part of the path starts with "."
    or "_": .DS_Store, _SUCCESS, _temporary/) and documentation.
    """
    parts = path.split("/")
    if any(part.startswith((".", "_")) for part in parts) or not parts[-1]:
        return True
    return _DOCUMENTATION.fullmatch(parts[-1]) is not None


def format_of(path: str) -> Format | None:
    """Return the format of a data file, None when its name is not one of a data file."""
    match = _DATA.fullmatch(path.rpartition("/")[2])
    if match is None:
        return None
    return "csv" if match["csv"] else "parquet"


def stem_of(path: str) -> str:
    """Return a file's name without folders and suffix: "train" of "train.csv.gz"."""
    name = path.rpartition("/")[2]
    match = _DATA.fullmatch(name)
    if match:
        return match["stem"]
    stem, dot, _ = name.rpartition(".")
    return stem if dot and stem else name
