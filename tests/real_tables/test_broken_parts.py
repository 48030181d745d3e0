"""Broken files of every other kind: parts that disagree, disguises of Parquet, odd lines.

As in `test_broken_files`, each ends in a message with which a stranger can mend the dataset.
"""

from __future__ import annotations

import base64
import gzip
import io
from collections.abc import Callable

import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe
import pytest

from tests.real_tables.test_broken_files import GOOD, HEADER, ROWS, csv, text
from tests.support.real_tables.runs import PLANNED, REFUSED, Outcome, run_table
from tests.support.real_tables.writing import Files

WORDS = [row.split(",") for row in ROWS]
TABLE = pa.table(
    {
        "size": [float(row[0]) for row in WORDS],
        "colour": [row[1] for row in WORDS],
        "count": [int(row[2]) for row in WORDS],
        "bought": [row[3] for row in WORDS],
    }
)


def parquet(table: pa.Table = TABLE) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    return buffer.getvalue()


class Keys(pe.KmsClient):  # type: ignore[misc]
    """Wraps keys in nothing."""

    def __init__(self, _: object) -> None:
        super().__init__()

    def wrap_key(self, key_bytes: bytes, master_key_identifier: str) -> bytes:
        return base64.b64encode(key_bytes)

    def unwrap_key(self, wrapped_key: str, master_key_identifier: str) -> bytes:
        return base64.b64decode(wrapped_key)


def encrypted(*, plaintext_footer: bool) -> bytes:
    properties = pe.CryptoFactory(Keys).file_encryption_properties(
        pe.KmsConnectionConfig(),
        pe.EncryptionConfiguration(
            footer_key="a", column_keys={"b": ["count"]}, plaintext_footer=plaintext_footer
        ),
    )
    buffer = io.BytesIO()
    with pq.ParquetWriter(buffer, TABLE.schema, encryption_properties=properties) as writer:
        writer.write_table(TABLE)
    return buffer.getvalue()


def parts(*bodies: bytes, suffix: str = "csv") -> Files:
    return {f"part-{number}.{suffix}": body for number, body in enumerate(bodies)}


def other(position: int, values: list[object]) -> bytes:
    return parquet(TABLE.set_column(position, TABLE.column_names[position], pa.array(values)))


TWO_TARGETS = "size,y,count,y"

REFUSALS: dict[str, tuple[Files, str]] = {
    "Parquet with encrypted columns": (
        {"train.parquet": encrypted(plaintext_footer=True)},
        "Found encrypted columns",
    ),
    "Parquet that is encrypted as a whole": (
        {"train.parquet": encrypted(plaintext_footer=False)},
        "Found encrypted columns",
    ),
    "Parquet without its end": (
        {"train.parquet": parquet()[:-40]},
        "Found a file that is cut off: its end is missing",
    ),
    "CSV called Parquet": ({"train.parquet": GOOD}, "Found text that begins with 'size,colour"),
    "Parquet packed once more": ({"train.parquet": gzip.compress(parquet())}, "Unpack it"),
    "Parquet parts of which one lacks a column": (
        parts(parquet(), parquet(TABLE.drop_columns("colour")), suffix="parquet"),
        "(part-1.parquet). Found no column 'colour'",
    ),
    "Parquet parts of which one has a column more": (
        parts(parquet(TABLE.drop_columns("colour")), parquet(), suffix="parquet"),
        "Found 'colour', which is not in part-0.parquet",
    ),
    "Parquet parts with numbers and words": (
        parts(parquet(), other(2, ["many"] * 60), suffix="parquet"),
        "column 'count' (part-1.parquet). Found string, and int64 in part-0.parquet",
    ),
    "Parquet parts with numbers and lists": (
        parts(parquet(), other(2, [[1]] * 60), suffix="parquet"),
        "Found list<element: int64>, and int64 in part-0.parquet",
    ),
    "a part in UTF-16": (
        parts(GOOD, GOOD.decode().encode("utf-16")),
        "Found UTF-16 in part-1.csv, and not in part-0.csv",
    ),
    "all parts but one in UTF-16": (
        parts(GOOD.decode().encode("utf-16-le"), GOOD),
        "Found UTF-16 in part-0.csv, and not in part-1.csv",
    ),
    "parts without a header, as Spark writes them": (
        parts(text(*ROWS[:30]), text(*ROWS[30:])),
        'in Spark: `.option("header", True)`',
    ),
    "a header in the first part only": (
        parts(text(HEADER, *ROWS[:30]), text(*ROWS[30:])),
        "part-1.csv, line 1). Found a first line",
    ),
    "parts in another order": (
        parts(GOOD, text(",".join(HEADER.split(",")[::-1]), *(",".join(w[::-1]) for w in WORDS))),
        "Found the same names in another order, 'bought, count, colour, size'",
    ),
    "parts with another delimiter": (
        parts(GOOD, GOOD.replace(b",", b";")),
        "Found the delimiter ';', and ',' in part-0.csv",
    ),
    "a part without a column": (
        parts(GOOD, text("size,colour,bought", *(",".join(w[:2] + w[3:]) for w in WORDS))),
        "Found no column 'count'",
    ),
    "files joined with their headers and marks of UTF-8": (
        {"train.csv": GOOD + b"\xef\xbb\xbf" + GOOD},
        "header comes again among the rows (train.csv, line 62)",
    ),
    "a line of dashes, as databases print it": (
        csv(HEADER, "----,------,-----,------", *ROWS),
        "line of dashes below the header (train.csv, line 2)",
    ),
    "two columns called y": (csv(TWO_TARGETS, *ROWS), "'y', 'y.1' could all be the target"),
    "whole lines in quotation marks": (
        csv(*(f'"{line}"' for line in (HEADER, *ROWS))),
        "Quotation marks stand around whole lines",
    ),
    "spaces before quotation marks": (
        csv("size, name", *(f'{i}.5, "Smith, J."' for i in range(40))),
        "Remove the spaces between the delimiters and the quotation marks",
    ),
    "Excel's formulas around values": (
        csv("code,size", *(f'="0{i}",{i}.5' for i in range(40))),
        """column 'code' are written as formulas of Excel (train.csv). Found ="00\"""",
    ),
    "a table of HTML": (csv('<table border="1">', "<tr><td>1</td></tr>"), "not a table"),
    "half of a character of UTF-16": (
        {"train.csv": GOOD.decode().encode("utf-16") + b"1"},
        "The text ends within a character (train.csv)",
    ),
    "a target in the names of folders": (
        {
            f"class={word}/part-0.parquet": parquet(TABLE.drop_columns("bought"))
            for word in ("yes", "no")
        },
        "The column 'class' stands in the names of folders only (class=no/part-0.parquet)",
    ),
    "a class that counts as missing": (
        csv("size,y", *(f"{i}.5,{('None', 'some')[i % 2]}" for i in range(40))),
        "('None' counts as missing: write another word if it is a class). Expected another one of "
        "'size'.",
    ),
    "a test file with a word among the targets": (
        {
            "train.csv": text("a,y", *(f"{i},{i * 0.37}" for i in range(60))),
            "test.csv": text("a,y", *(f"{i},{i * 0.37}" for i in range(19)), "3,none given"),
        },
        "(datasets/table/test.csv). Found 'none given'; expected rows",
    ),
    "a test file of Parquet with a list for a number": (
        {
            "train.parquet": parquet(),
            "test.parquet": other(2, [[1]] * 60),
        },
        "The column 'count' of the test file holds list values (datasets/table/test.parquet)",
    ),
    "a test file with flags for numbers": (
        {
            "train.csv": text("a,y", *(f"{i}.5,{i % 2}" for i in range(60))),
            "test.csv": text("a,y", *(f"{i}.5,{i % 2 == 1}" for i in range(20))),
        },
        "Found 'false', 'true'; expected 0.0, 1.0. Write the classes alike",
    ),
    "a test file with numbers for words": (
        {
            "train.csv": text("a,y", *(f"{i}.5,{('no', 'yes')[i % 2]}" for i in range(60))),
            "test.csv": text("a,y", *(f"{i}.5,{i % 2}" for i in range(20))),
        },
        "Found 0.0, 1.0; expected 'no', 'yes'. Write the classes alike",
    ),
    "a test file with words for flags": (
        {
            "train.csv": text("a,y", *(f"{i}.5,{i % 2 == 1}" for i in range(60))),
            "test.csv": text("a,y", *(f"{i}.5,{i % 2}" for i in range(20))),
        },
        "Found 0.0, 1.0; expected 'false', 'true'. Write the classes alike",
    ),
    "Parquet under another name": ({"train.parq": parquet()}, "Rename it to train.parquet if"),
    "Parquet packed once more, and called so": (
        {"train.parquet.gz": gzip.compress(parquet())},
        "Unpack it: Parquet is compressed inside",
    ),
    "an open quote in the last line": (
        csv(HEADER, *ROWS, '1,"red,2,yes'),
        "A quotation mark opens in line 62 and is never closed",
    ),
    "only spaces": (csv("  ", "   ", " "), "no lines of data"),
    "something behind a gzip": (
        {"train.csv.gz": gzip.compress(GOOD) + b"\0" * 512},
        "is broken: something else follows its end",
    ),
}

READ: dict[str, Files] = {
    "Parquet with a remark of pandas that is none": {
        "train.parquet": parquet(TABLE.replace_schema_metadata({b"pandas": b"\xb6"}))
    },
    "Parquet with a remark of pandas that is no object": {
        "train.parquet": parquet(TABLE.replace_schema_metadata({b"pandas": b"[1]"}))
    },
    "flags in the test file for words": {
        "train.csv": text("a,y", *(f"{i}.5,{('True', 'False', '?!')[i % 3]}" for i in range(60))),
        "test.csv": text("a,y", *(f"{i}.5,{i % 2 == 1}" for i in range(20))),
    },
    "numbers in the test file for words": {
        "train.csv": text("a,y", *(f"{i}.5,{(1, 2, 'more')[i % 3]}" for i in range(60))),
        "test.csv": text("a,y", *(f"{i}.5,{i % 2 + 1}" for i in range(20))),
    },
    "a line end in the name of a file": {"tra\nin.csv": GOOD},
    "a first part with nothing but a header": parts(text(HEADER), GOOD),
    "Parquet parts with their columns in another order": parts(
        parquet(), parquet(TABLE.select(TABLE.column_names[::-1])), suffix="parquet"
    ),
    "dollars here and euros there": csv(
        "price,bought", *(f"{'$€'[i % 2]}{i},{'yes' if i % 3 else 'no'}" for i in range(60))
    ),
    "percent signs here and there": csv(
        "share,bought", *(f"{i}{'%' * (i % 2)},{'yes' if i % 3 else 'no'}" for i in range(60))
    ),
}


@pytest.mark.parametrize(("files", "words"), REFUSALS.values(), ids=REFUSALS)
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
    assert not [warning for warning in outcome.warnings if "large dataset" in warning]


def warnings_of(files: Files) -> list[str]:
    outcome = run_table(Outcome("odd"), files, None)
    assert outcome.ending == PLANNED, outcome.message
    return outcome.warnings


@pytest.mark.parametrize(
    ("written", "example"),
    [
        (lambda i: f"{i}.5 kg", "9.9 kg"),
        (lambda i: f"{i}.5-" if i % 3 else f"{i}.5", "9.9-"),
        (lambda i: f'"{i},5"' if i % 3 else f"{i}.5", "9,9"),
        (lambda i: f"'{i}.5", "'9.9"),
        (lambda i: "<0.01" if i % 5 == 0 else f"{i}.5", "<9.99"),
        (lambda i: f"${i}.5M" if i % 2 else f"{i}k", "9k"),
    ],
)
def test_text_that_looks_like_numbers_is_named(written: Callable[[int], str], example: str) -> None:
    rows = [f"{written(i)},{row}" for i, row in enumerate(ROWS)]
    (warning,) = warnings_of(csv(f"price,{HEADER}", *rows))
    assert warning.startswith("Column 'price' is learnt from as text, though its values look like")
    assert f"in a form such as {example!r}. Write plain numbers" in warning


@pytest.mark.parametrize(
    "written",
    [lambda i: f"{i:05}", lambda i: f"10.0.{i % 3}.{i}", lambda i: f"N{i}", lambda i: f"{i}:30"],
    ids=["codes", "addresses", "numbers of planes", "clocks"],
)
def test_codes_are_not_taken_for_almost_numbers(written: Callable[[int], str]) -> None:
    rows = [f"{written(i)},{row}" for i, row in enumerate(ROWS)]
    assert warnings_of(csv(f"code,{HEADER}", *rows)) == []


def test_classes_that_look_alike_are_named() -> None:
    words = ["Yes", "yes", "no", "no  idea", "No idea", "other"]
    rows = [f"{row},{words[i % 6]}" for i, row in enumerate(ROWS)]
    assert warnings_of(csv(f"{HEADER},class", *rows)) == [
        "The classes 'No idea' and 'no  idea' of the target look alike, and count as 2 classes. "
        "Write them in one way if they are one.",
        "The classes 'Yes' and 'yes' of the target look alike, and count as 2 classes. Write them "
        "in one way if they are one.",
    ]


@pytest.mark.parametrize("other", ["cafe\u0301", "caf\u00e9\u200b", "caf\u00e9.", "Caf\u00e9"])
def test_classes_that_nobody_can_tell_apart_are_named(other: str) -> None:
    words = ["caf\u00e9", other, "bar"]
    rows = [f"{row},{words[i % 3]}" for i, row in enumerate(ROWS)]
    (warning,) = warnings_of(csv(f"{HEADER},class", *rows))
    assert (ascii(other) if "\u0301" in other else repr(other)) in warning
    assert "look alike, and count as 2 classes" in warning


@pytest.mark.parametrize("told", ["caf\u00e9", "CAFE\u0301", " caf\u00e9 "])
def test_a_column_is_found_however_its_letters_are_written(told: str) -> None:
    table = csv(HEADER.replace("colour", "cafe\u0301"), *ROWS)
    outcome = run_table(
        Outcome("told"), {**table, "tuning.yaml": f"target: '{told}'\n".encode()}, None
    )
    assert outcome.target == "cafe\u0301", outcome.message


def test_a_class_that_counts_as_missing_is_named() -> None:
    rows = [f"{row},{('NA', 'EU', 'AS')[i % 3]}" for i, row in enumerate(ROWS)]
    assert warnings_of(csv(f"{HEADER},class", *rows)) == [
        "The target is missing in 33.3% of the rows looked at ('NA' counts as missing): they are "
        "left out."
    ]


@pytest.mark.parametrize(
    ("word", "encoding"), [("синий", "cp1251"), ("赤い花だ", "shift-jis"), ("温度", "gbk")]
)
def test_words_of_another_encoding_are_doubted(word: str, encoding: str) -> None:
    line = next(n for n, row in enumerate(ROWS, start=2) if "blue" in row)
    body = GOOD.replace(b"blue", word.encode(encoding))
    (warning,) = warnings_of({"train.csv": body})
    assert "train.csv is not UTF-8, and is read as Windows Latin-1, though train.csv" in warning
    assert f"(line {line} is the first)" in warning


def test_a_text_of_two_encodings_is_doubted() -> None:
    body = GOOD.replace(b"red", "grün".encode()).replace(b"blue", "grün".encode("cp1252"), 3)
    (warning,) = warnings_of({"train.csv": body})
    assert "Save it as UTF-8 if they are wrong in the report." in warning


def test_parts_of_two_encodings_are_doubted() -> None:
    words = [GOOD.replace(b"red", "grün".encode(each)) for each in ("utf-8", "cp1252")]
    (warning,) = warnings_of(parts(*words))
    assert warning.startswith(
        "part-1.csv is not UTF-8, and is read as Windows Latin-1 as all files are, though "
        "part-0.csv has words that are unlikely in that"
    )


def test_latin_1_is_not_doubted() -> None:
    words = ("grün", "Größe", "naïve", "café", "Ærø", "«L’œuvre»")  # noqa: RUF001 - as written
    lines = [f"{row},{words[i % 6]}" for i, row in enumerate(ROWS)]
    body = "\n".join([f"{HEADER},Straße", *lines, ""]).encode("cp1252")
    assert warnings_of({"train.csv": body}) == []


def delta(commits: int) -> Files:
    log = {f"_delta_log/{number:020}.json": b"{}" for number in range(commits)}
    return {"part-0.snappy.parquet": parquet(), **log}


def test_a_table_of_delta_lake_is_read_while_all_of_its_files_are_in_use() -> None:
    assert warnings_of(delta(1)) == []


def test_a_table_of_delta_lake_that_was_changed_is_refused() -> None:
    outcome = run_table(Outcome("delta"), delta(2), None)
    assert outcome.ending == REFUSED
    assert "Found 2 commits in _delta_log/; expected files of which all are in use" in str(
        outcome.message
    )
