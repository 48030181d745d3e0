"""Tables in formats that are not read, by the names of their files, and how to convert each."""

from __future__ import annotations

import re

_PANDAS = 'With pandas: `pandas.{reader}.to_csv("train.csv", index=False)`.'
_UNPACK = "Unpack it, and drop the table inside. Packed tables are read as .csv.gz only."

_ADVICE = {
    r"\.(xlsx|xlsm|xlsb|xls|ods|numbers)": "Open it, and save the sheet with the table as CSV (in "
    "Excel: Save As, CSV UTF-8).",
    r"\.json": _PANDAS.format(reader='read_json("{name}")'),
    r"\.(jsonl|ndjson)": _PANDAS.format(reader='read_json("{name}", lines=True)'),
    r"\.arff": "Save the lines below @data as train.csv, with a first line of the names that stand "
    "behind @attribute.",
    r"\.(sas7bdat|xpt)": _PANDAS.format(reader='read_sas("{name}", encoding="latin-1")'),
    r"\.(sav|zsav)": _PANDAS.format(reader='read_spss("{name}")'),
    r"\.dta": _PANDAS.format(reader='read_stata("{name}")'),
    r"\.rds": 'In R: `write.csv(readRDS("{name}"), "train.csv", row.names = FALSE)`.',
    r"\.(rda|rdata)": 'In R: `load("{name}")`, then `write.csv` of the table that it makes.',
    r"\.(feather|arrow)": _PANDAS.format(reader='read_feather("{name}")'),
    r"\.orc": _PANDAS.format(reader='read_orc("{name}")'),
    r"\.(pkl|pickle)": "Nothing is unpickled here. "
    + _PANDAS.format(reader='read_pickle("{name}")'),
    r"\.(h5|hdf|hdf5)": _PANDAS.format(reader='read_hdf("{name}")'),
    r"\.(npy|npz|mat)": "Write the arrays as one table with a name for each column, as train.csv.",
    r"\.avro": "Write its records as Parquet or CSV.",
    r"\.(db|sqlite|sqlite3|sql|mdb|accdb)": "Export the table or the query as CSV.",
    r"\.(tar|tgz|zip|7z|rar|bz2|xz|zst|lz4|z)|\.tar\.\w+": _UNPACK,
    r"\.(xml|yaml|yml)": "Write its records as CSV, one line each.",
    r"\.(txt|dat|asc|prn|fwf|text)|": "If comma, semicolon, tab or | stand between its columns, "
    "rename it to train.csv. If spaces do, convert it. "
    + _PANDAS.format(reader='read_fwf("{name}")'),
    r"\.(parq|parquet2)": "Rename it to train.parquet if it is Parquet.",
    r"\.(parquet|pq)\.\w+": "Unpack it: Parquet is compressed inside, and is not packed again.",
    r"\.gz": "If it is a packed CSV, rename it to train.csv.gz.",
}
_SUFFIX = re.compile(r".*?(?P<suffix>\.(tar|parquet|pq)\.\w+|\.\w+)", re.I)
_MAY_BE_SOMETHING_ELSE = ("", ".txt", ".text", ".yaml", ".yml", ".sql", ".xml")


def how_to_convert(path: str) -> str:
    """Say how a file becomes one that is read; "" where nothing is known about its suffix."""
    name = path.rpartition("/")[2]
    suffix = _suffix(name)
    for pattern, advice in _ADVICE.items():
        if re.fullmatch(pattern, suffix, re.I):
            return advice.replace("{name}", name[:80])
    return ""


def is_a_table(path: str) -> bool:
    """Tell whether a suffix is that of tables and archives, and hardly of anything else."""
    return bool(how_to_convert(path)) and _suffix(path).lower() not in _MAY_BE_SOMETHING_ELSE


def _suffix(path: str) -> str:
    match = _SUFFIX.fullmatch(path.rpartition("/")[2])
    return match["suffix"] if match else ""
