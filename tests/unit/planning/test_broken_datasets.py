"""Each broken dataset ends, before it costs anything, in a message with which to correct it."""

from __future__ import annotations

import base64
import io
import random

import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe
import pytest

from tests.support.real_tables.runs import PLANNED, REFUSED, Outcome, run_table
from tests.support.real_tables.writing import Files

HEADER = "size,colour,count,bought"
_RANDOM = random.Random(1)  # noqa: S311 - not for secrets
WORDS = [
    [
        f"{_RANDOM.random():.3f}",
        _RANDOM.choice(["red", "blue"]),
        str(_RANDOM.randint(0, 99)),
        _RANDOM.choice(["yes", "no"]),
    ]
    for _ in range(60)
]
ROWS = [",".join(row) for row in WORDS]
TABLE = pa.table(
    {
        "size": [float(row[0]) for row in WORDS],
        "colour": [row[1] for row in WORDS],
        "count": [int(row[2]) for row in WORDS],
        "bought": [row[3] for row in WORDS],
    }
)


def text(*lines: str) -> bytes:
    return "\n".join([*lines, ""]).encode()


GOOD = text(HEADER, *ROWS)
NESTED = b'{"index_columns": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"


def csv(*lines: str) -> Files:
    return {"train.csv": text(*lines)}


def parts(*bodies: bytes, suffix: str = "csv") -> Files:
    return {f"part-{number}.{suffix}": body for number, body in enumerate(bodies)}


def parquet(table: pa.Table = TABLE) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    return buffer.getvalue()


class Keys(pe.KmsClient):  # type: ignore[misc]
    """Wraps keys in nothing."""

    def wrap_key(self, key_bytes: bytes, master_key_identifier: str) -> bytes:
        return base64.b64encode(key_bytes)


def encrypted() -> bytes:
    properties = pe.CryptoFactory(lambda _: Keys()).file_encryption_properties(
        pe.KmsConnectionConfig(),
        pe.EncryptionConfiguration(
            footer_key="a", column_keys={"b": ["count"]}, plaintext_footer=True
        ),
    )
    buffer = io.BytesIO()
    pq.write_table(TABLE, buffer, encryption_properties=properties)
    return buffer.getvalue()


REJECTIONS: dict[str, tuple[Files, str]] = {
    "parts without a header": (
        parts(text(*ROWS[:30]), text(*ROWS[30:])),
        'in Spark: `.option("header", True)`',
    ),
    "a part in UTF-16": (parts(GOOD, GOOD.decode().encode("utf-16")), "NUL characters in it (part"),
    "Parquet with encrypted columns": (
        {"train.parquet": encrypted()},
        "Found encrypted columns",
    ),
    "a class that counts as missing": (
        csv("size,y", *(f"{i}.5,{('None', 'some')[i % 2]}" for i in range(40))),
        "('None' counts as missing: write another word if it is a class). Expected another one of "
        "'size'.",
    ),
    "units in the cells of a target": (
        csv("a,y", *(f"{i},{i * 1.5} kg" for i in range(60))),
        "60 distinct values in 60 rows; expected classes with several rows each",
    ),
    "targets without a variance": (
        csv("a,y", *(f"{i},{10**9 + i / 10**6}" for i in range(60))),
        "hardly differ",
    ),
    "a test file without a column": (
        {"train.csv": GOOD, "test.csv": GOOD.replace(b"count", b"number")},
        "has no column 'count'",
    ),
}

NUMBERED = [f"{i},{row}" for i, row in enumerate(ROWS, start=1)]

READ: dict[str, Files] = {
    "row names of R in the test file, too": {
        "train.csv": text(HEADER, *NUMBERED),
        "test.csv": text(HEADER, *NUMBERED[:20]),
    },
    "comments in all parts": parts(*(text("# ours", HEADER, *ROWS[part::2]) for part in (0, 1))),
    "a first part with nothing but a header": parts(text(HEADER), GOOD),
    "empty columns of Excel beside": csv(f"{HEADER},,", *(f"{row},," for row in ROWS)),
    "parts with their columns in another order": parts(
        GOOD, text("bought,count,colour,size", *(",".join(row[::-1]) for row in WORDS))
    ),
    "line ends of two systems": {"train.csv": GOOD.replace(b"\n", b"\r\n", 30)},
    "a mark of UTF-8 in the middle": {
        "train.csv": text(HEADER, *ROWS[:30]) + b"\xef\xbb\xbf" + text(*ROWS[30:])
    },
    "a line end in the name of a file": {"tra\nin.csv": GOOD},
    "plain text under the name of gzip": {"train.csv.gz": GOOD},
    "dashes for minus and for nothing": csv(
        HEADER, *(f"\u2013{row}" for row in ROWS), "\u2014,red,2,yes"
    ),
    "huge numbers among the features": csv(HEADER, "1e300,red,inf,yes", *ROWS),
    "an infinite target": csv("a,y", *(f"{i},{'inf' if i % 2 else i * 0.37}" for i in range(60))),
    "targets at the border": csv("a,y", *(f"{i},{i * 1.5}e35" for i in range(60))),
    "Parquet with a remark of pandas that is none": {
        "train.parquet": parquet(TABLE.replace_schema_metadata({b"pandas": b"\xb6"}))
    },
    "Parquet with a remark of pandas that is nested deeply": {
        "train.parquet": parquet(TABLE.replace_schema_metadata({b"pandas": NESTED}))
    },
    "Parquet parts with their columns in another order": parts(
        parquet(), parquet(TABLE.select(TABLE.column_names[::-1])), suffix="parquet"
    ),
}


@pytest.mark.parametrize(("files", "words"), REJECTIONS.values(), ids=REJECTIONS)
def test_it_is_refused_before_it_costs_anything(files: Files, words: str) -> None:
    outcome = run_table(Outcome("broken"), files, None)
    assert outcome.ending == REFUSED, outcome.message
    assert words in outcome.message
    assert outcome.to_do
    assert outcome.message.endswith(outcome.to_do)


@pytest.mark.parametrize("files", READ.values(), ids=READ)
def test_what_is_odd_and_plain_is_planned(files: Files) -> None:
    outcome = run_table(Outcome("odd"), files, None)
    assert outcome.ending == PLANNED, outcome.message
    assert outcome.target in ("bought", "y")
    assert not [warning for warning in outcome.warnings if "large dataset" in warning]


def test_a_class_that_counts_as_missing_is_named() -> None:
    rows = [f"{row},{('NA', 'EU', 'AS')[i % 3]}" for i, row in enumerate(ROWS)]
    outcome = run_table(Outcome("odd"), csv(f"{HEADER},class", *rows), None)
    assert outcome.ending == PLANNED, outcome.message
    assert outcome.warnings == (
        "The target is missing in 33.3% of the rows read ('NA' counts as missing). These rows "
        "are excluded.",
    )
