"""Files that go by the name of a text table and are something else: told by how they begin."""

from __future__ import annotations

import re

from tunedrop.errors import DatasetError

_MAGIC = (
    (b"PK\x03\x04", "a zip archive or an Excel workbook"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"PAR1", "Parquet"),
    (b"ARROW1", "a Feather file"),
    (b"FEA1", "a Feather file"),
    (b"ORC", "an ORC file"),
    (b"Obj\x01", "an Avro file"),
    (b"\x1f\x8b", "packed with gzip once more"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ", "xz"),
    (b"\x28\xb5\x2f\xfd", "Zstandard"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"%PDF", "a PDF"),
    (b"\x89HDF", "HDF5"),
    (b"SQLite", "an SQLite database"),
    (b"\x93NUMPY", "an array of NumPy"),
    (b"\x80\x04\x95", "a pickle of Python"),
    (b"\x80\x05\x95", "a pickle of Python"),
    (b"RDX", "data of R"),
    (b"X\n\0", "data of R"),
    (b"\0\0\0\0\0\0\0\0\0\0\0\0\xc2\xea\x81\x60", "a SAS table"),
    (b"HEADER RECORD*******", "a SAS transport file"),
    (b"<stata_dta>", "a Stata table"),
    (b"$FL", "an SPSS table"),
)
_TAR, _TAR_AT = b"ustar", 257
_CONTROL = re.compile(rb"[\0-\x08\x0e-\x1f]")
_LONG = 10  # a shorter mark may be a column's name, where no control character follows

_CONVERT = "Open it in an editor: it is probably a web page, XML or JSON. Save it as CSV."
_FORMS = (
    (r"<!doctype|<html|<head|<body|<table|<div|<\?xml|<svg|\{\s*\"|\[\s*[\[{]", _CONVERT),
    (
        r"(?:%[^\n]*\s+)*@relation",
        "It is an ARFF file: save the lines below @data, with a first line of the names that stand "
        "behind @attribute.",
    ),
    (
        r"(?:--[^\n]*\s+|/\*.*?\*/\s*)*(?:insert\s+into|create\s+table|drop\s+table)\b",
        "It has SQL statements: export the table as CSV from the database.",
    ),
    (
        r"version https://git-lfs\.github\.com",
        "It is a pointer of Git LFS, not the file: run `git lfs pull`, then drop the file.",
    ),
    (r"\\(?:begin|documentclass)\b", "It is LaTeX: save the table itself as CSV."),
    (
        r"[^\n]+\n[ \t]*[|+]?[ :]*-{3,}[-|+: ]*[|+][-|+: ]*(?=\r?\n)",
        "The table is drawn with lines, as in Markdown or on a terminal: save it as CSV.",
    ),
    (
        r"[-+.\d]+(?:[ \t]+\d+:[-+.\deE]+)+[ \t]*(?=\r?\n)",
        "It is in the LIBSVM format: read it with sklearn.datasets.load_svmlight_file, and save "
        "the table as CSV with a line of names.",
    ),
)
_NOT_A_TABLE = re.compile(
    r"\s*(?:" + "|".join(f"(?P<form{i}>{form})" for i, (form, _) in enumerate(_FORMS)) + ")",
    re.I | re.S,
)
_LOOKED_AT = 65_536
_SHOWN = 40


def refuse_what_is_no_text(head: bytes, where: str) -> None:
    """Refuse archives and binary formats that have a mark at their beginning."""
    binary = _CONTROL.search(head) is not None
    for magic, name in _MAGIC:
        if head.startswith(magic) and (binary or len(magic) >= _LONG):
            raise not_text(where, name)
    if head[_TAR_AT : _TAR_AT + len(_TAR)] == _TAR:
        raise not_text(where, "a tar archive")


def refuse_what_is_no_table(text: str, where: str) -> None:
    """Refuse web pages, JSON, SQL and their like."""
    match = _NOT_A_TABLE.match(text[:_LOOKED_AT])
    if match:
        form = int((match.lastgroup or "form0").removeprefix("form"))
        raise DatasetError(
            "The file is not a table",
            where=where,
            found=repr(match[0].strip()[:_SHOWN]),
            expected="lines of values with a header",
            to_do=_FORMS[form][1],
        )


def not_text(where: str, found: str) -> DatasetError:
    """Return the error for a file that is no text."""
    return DatasetError(
        f"The file's content is not text but {found}",
        where=where,
        expected="a text table, plain or compressed with gzip; or Parquet in a file .parquet",
        to_do="Save the table as CSV (in Excel: Save As, CSV UTF-8) or Parquet, with the "
        "suffix that fits.",
    )
