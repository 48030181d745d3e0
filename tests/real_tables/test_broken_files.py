"""Each deliberately broken dataset ends in a message with which a stranger can mend the file.

Most are found before anything costs money; what PlanRun's samples cannot show, by the first job.
"""

from __future__ import annotations

import gzip
import io
import json
import pickle
import random
import tarfile
import zipfile

import pandas as pd
import pytest

from tests.support.real_tables.runs import MODEL, PLANNED, REFUSED, Outcome, run_table
from tests.support.real_tables.writing import Files
from tests.support.training.forks import ForkServer

HEADER = "size,colour,count,bought"
_RANDOM = random.Random(1)  # noqa: S311 - not for secrets
ROWS = [
    f"{_RANDOM.random():.3f},{_RANDOM.choice(['red', 'blue'])},{_RANDOM.randint(0, 99)},"
    f"{_RANDOM.choice(['yes', 'no'])}"
    for _ in range(60)
]


def text(*lines: str) -> bytes:
    return "\n".join([*lines, ""]).encode()


GOOD = text(HEADER, *ROWS)
COUNT = sum(int(row.split(",")[2]) for row in ROWS)
RECORDS = [dict(zip(HEADER.split(","), row.split(","), strict=True)) for row in ROWS]


def csv(*lines: str) -> Files:
    return {"train.csv": text(*lines)}


def archive(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name in names:
            file.writestr(name, GOOD)
    return buffer.getvalue()


def tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as file:
        member = tarfile.TarInfo("train.csv")
        member.size = len(GOOD)
        file.addfile(member, io.BytesIO(GOOD))
    return buffer.getvalue()


def parquet() -> bytes:
    return pd.DataFrame(RECORDS).to_parquet(index=False)


REFUSALS: dict[str, tuple[Files, str]] = {
    "no byte": ({"train.csv": b""}, "The file is empty"),
    "only line ends": ({"train.csv": b"\n\n"}, "no lines of data"),
    "only a header": (csv(HEADER), "has a header but no rows"),
    "five rows": (csv(HEADER, *ROWS[:5]), "too few rows"),
    "no header": (csv(*ROWS), "The table has no header"),
    "a title above words": (
        csv("Pets", "", "name,kind", *["Rex,dog", "Mia,cat", "Lea,cat"] * 9),
        "above the header",
    ),
    "a title above row names of R": (
        csv("Sales", HEADER, *(f"{i},{r}" for i, r in enumerate(ROWS))),
        "above the header",
    ),
    "the header again": (csv(HEADER, *ROWS, HEADER, *ROWS), "The header comes again"),
    "a comma too many": (
        csv(HEADER, *ROWS, "1,red,2,yes,3"),
        "line 62). Found 5 fields; expected 4",
    ),
    "a comma too few": (csv(HEADER, *ROWS, "1,red,2"), "another number of fields"),
    "decimal commas between commas": (
        csv("name,size", *(f"n{i},{i},5" for i in range(20))),
        "quote fields that hold the delimiter",
    ),
    "an open quote": (csv(HEADER, *ROWS[:9], '1,"red,2,yes', *ROWS[9:]), "opens in line 11"),
    "an open quote at the end": (csv(HEADER, *ROWS, '1,red,2,"yes', "1,red,2,no"), "never closed"),
    "a line of units": (csv(HEADER, "cm,,pieces,", *ROWS), "line 2). Found 'cm' above"),
    "a line of types": (csv(HEADER, "float,str,int,str", *ROWS), "second line of names or units"),
    "the lines of Orange": (
        {
            "train.tab": text(
                "age\tsex\tsurvived", "d\td\td", "\t\tclass", *["adult\tmale\tyes", "a\tb\tno"] * 9
            )
        },
        "line 2). Found 'd, d, d'; expected one line of names",
    ),
    "the lines of Orange, with flags": (
        csv(
            "age,photo,survived",
            "d,string,d",
            "i,meta type=image,class",
            *["7,a,yes", "8,b,no"] * 9,
        ),
        "two lines of types and roles",
    ),
    "the lines of Orange, without roles": (
        csv("age,born,survived", "c,t,d", ",,", *["7,1999,yes", "8,1998,no"] * 9),
        "two lines of types and roles",
    ),
    "a header with one name more": (
        csv("date, price, low, high", *(f"1950:{i % 4 + 1}, {i}.5, {i}" for i in range(40))),
        "Found 4 names; expected 3, as many as the lines have fields",
    ),
    "one row": (csv("size,bought", "1.5,yes"), "too few rows"),
    "a last column without a name": (
        csv(f"{HEADER},", *(f"{row},{i % 3}" for i, row in enumerate(ROWS))),
        "the last column has no name. Expected",
    ),
    "a second header": (
        csv("# ours", "a,a,b,b", HEADER, *ROWS),
        "line 3). Found 'size' above the numbers of column 'a'",
    ),
    "pandas's columns of two levels": (
        csv(",x,x,y,y", f",{HEADER}", *(f"{i},{row}" for i, row in enumerate(ROWS))),
        "second line of names",
    ),
    "a total": (csv(HEADER, *ROWS, f",Total,{COUNT},"), "The last row sums up the others"),
    "a total of another language": (csv(HEADER, *ROWS, f",Summe:,{COUNT},"), "sums up the others"),
    "a total of one number": (
        csv(
            "colour,price",
            *(f"{'red' if i % 3 else 'blue'},{i}.5" for i in range(60)),
            "Total,1800",
        ),
        "sums up the others",
    ),
    "a total that does not say so": (
        csv("size,price,colour", *(f"{i}.5,{i % 7},red" for i in range(60)), "1800,174,"),
        "sums up the others",
    ),
    "a note below": (csv(HEADER, *ROWS, "", "Source: us"), "below the rows (train.csv, line 63)"),
    "a count below": (csv(HEADER, *ROWS, "(60 rows affected)"), "below the rows"),
    "a second table below": (csv(HEADER, *ROWS, "", "a,b", "1,2"), "notes or the second table"),
    "typographic quotation marks": (
        csv("name,size", *(f"“a, {i}”,{i}.5" for i in range(40))),
        "by plain double ones",
    ),
    "typographic quotation marks here and there": (
        csv("name,size", *(f"„a{', b' * (i % 5 == 0)}“,{i}.5" for i in range(40))),
        "by plain double ones",
    ),
    "typographic quotation marks around numbers": (
        csv("name,size", *(f"a,“{i}.5”" for i in range(40))),
        "Found “0.5”; expected plain double",
    ),
    "single quotation marks": (
        csv("'name','size'", *(f"'a','{i}.5'" for i in range(40))),
        "Found 'name'; expected plain double",
    ),
    "quotation marks with a backslash": (
        csv("name,size", *(f'"say \\"a, b\\" {i}",{i}.5' for i in range(40))),
        "Double the quotation marks inside",
    ),
    "two delimiters": (csv(HEADER.replace(",", ";"), *ROWS), "';' in the header and ',' below"),
    "columns by carets": (csv(*(r.replace(",", "^") for r in [HEADER, *ROWS])), "sep='^'"),
    "columns by Hive's 1": (csv(*(r.replace(",", "\1") for r in [HEADER, *ROWS])), "separated by"),
    "columns in fixed places": (
        {"train.csv": pd.DataFrame(RECORDS).to_string(index=False).encode()},
        r'pandas.read_csv("table.txt", sep=r"\s+")',
    ),
    "names with commas in fixed places": (
        csv("      name  size", *(f"Smith, J{i:02}  {i:4}" for i in range(40))),
        "read_fwf",
    ),
    "a title in a cell": (csv("Sales,,,", "from:,2020,to:,2021", HEADER, *ROWS), "no name in the"),
    "targets whose squares overflow": (
        csv("a,y", *(f"{i},{i * 0.37}e200" for i in range(60))),
        "too large to be squared",
    ),
    "one target too large": (
        csv("a,y", *(f"{i * 7 % 60},{i * 0.37}" for i in range(60)), "3,1e38"),
        "too large to be squared",
    ),
    "targets of the test file too large": (
        {
            "train.csv": text("a,y", *(f"{i},{i * 0.37}" for i in range(60))),
            "test.csv": text("a,y", *(f"{i},{i * 0.37}e200" for i in range(60))),
        },
        "too large to be squared (datasets/table/test.csv)",
    ),
    "targets whose squares vanish": (
        csv("a,y", *(f"{i},{i * 0.37}e-200" for i in range(60))),
        "hardly differ",
    ),
    "targets without a variance": (
        csv("a,y", *(f"{i},{10**9 + i / 10**6}" for i in range(60))),
        "hardly differ",
    ),
    "zeros at the end": ({"train.csv": GOOD + b"\0" * 999}, "NUL characters"),
    "noise": ({"train.csv": _RANDOM.randbytes(5000)}, "not text but binary data"),
    "a web page": (csv("<!DOCTYPE html><html>Access denied</html>"), "not a table"),
    "XML": (csv('<?xml version="1.0"?><Error/>'), "not a table"),
    "JSON": ({"train.csv": json.dumps(RECORDS).encode()}, "not a table"),
    "JSON lines": (csv(*map(json.dumps, RECORDS)), "not a table"),
    "a zip archive": ({"train.csv": archive("train.csv")}, "zip archive"),
    "an Excel workbook": ({"train.xlsx": archive("xl/workbook.xml")}, "save the sheet"),
    "a workbook beside the training data": (
        {"train.csv": GOOD, "test.xlsx": archive("xl/workbook.xml")},
        "The test data is in a format that is not read",
    ),
    "a JSON file": (
        {"train.json": json.dumps(RECORDS).encode()},
        '`pandas.read_json("train.json").to_csv("train.csv", index=False)`',
    ),
    "an ARFF file": ({"train.arff": b"@relation x"}, "Save the lines below @data"),
    "a SAS file": ({"train.sas7bdat": bytes(99)}, "pandas.read_sas("),
    "a text file": ({"table.txt": GOOD}, "rename it to train.csv"),
    "a file without a suffix": ({"train": GOOD}, "rename it to train.csv"),
    "a zip file": ({"train.csv.zip": archive("train.csv")}, "Unpack it"),
    "a tar file": ({"train.tar.gz": b"\x1f\x8b"}, "Unpack it"),
    "a table of columns in fixed places": ({"train.txt": GOOD}, "pandas.read_fwf("),
    "ARFF called CSV": (
        csv("% ours", "@relation x", "@attribute size numeric", "@data", *ROWS),
        "save the lines below @data",
    ),
    "SQL": (csv(*["INSERT INTO t VALUES (1,'a',3);"] * 50), "It has SQL statements"),
    "a pointer of Git LFS": (
        csv("version https://git-lfs.github.com/spec/v1", "oid sha256:4d7a", "size 12345"),
        "git lfs pull",
    ),
    "LaTeX": (csv(r"\begin{tabular}{ll}", r"a & b \\", r"1 & 2 \\"), "It is LaTeX"),
    "Markdown": (
        csv("| a | b |", "|---|---|", *(f"| {i} | {i % 2} |" for i in range(40))),
        "drawn with lines",
    ),
    "a terminal's table": (csv(" a | b ", "---+---", " 1 | 2 "), "drawn with lines"),
    "LIBSVM": (csv(*(f"{i % 2} 1:0.{i} 3:0.5" for i in range(40))), "LIBSVM format"),
    "a SAS table called CSV": (
        {"train.csv": bytes(12) + b"\xc2\xea\x81\x60" + bytes(999)},
        "not text but a SAS table",
    ),
    "a pickle called CSV": ({"train.csv": pickle.dumps(RECORDS)}, "not text but a pickle"),
    "a tar archive called gzip": ({"train.csv.gz": gzip.compress(tar())}, "not text but a tar"),
    "packed twice": (
        {"train.csv.gz": gzip.compress(gzip.compress(GOOD))},
        "packed with gzip once more",
    ),
    "a renamed workbook": ({"train.csv": archive("xl/workbook.xml")}, "Excel workbook"),
    "half of a gzip": ({"train.csv.gz": gzip.compress(GOOD)[:-40]}, "compressed file is broken"),
    "more behind a gzip": ({"train.csv.gz": gzip.compress(GOOD) + b"more"}, "file is broken"),
    "one column": (csv("bought", *["yes", "no"] * 30), "only one column"),
    "columns by spaces": (csv(*(r.replace(",", " ") for r in [HEADER, *ROWS])), "by spaces"),
    "a constant target": (
        csv(HEADER, *(r.rpartition(",")[0] + ",yes" for r in ROWS)),
        "same value",
    ),
    "no target": (csv(HEADER, *(r.rpartition(",")[0] + "," for r in ROWS)), "has no values"),
    "text in a number target": (
        csv("colour,price", *(f"red,{i * 1.37}" for i in range(60)), "red,none given"),
        "text among its numbers",
    ),
    "units in the cells of a target": (
        csv("a,y", *(f"{i},{i * 1.5} kg" for i in range(60))),
        "such as '0.0 kg'; expected classes that come back",
    ),
    "two tables": ({"a.csv": GOOD, "b.csv": GOOD}, "not clear which file"),
    "parts of unlike headers": (
        {"train/part-0.csv": GOOD, "train/part-1.csv": GOOD.replace(b"colour", b"color")},
        "differs from that of",
    ),
    "a test file without a column": (
        {"train.csv": GOOD, "test.csv": GOOD.replace(b"count", b"number")},
        "has no column 'count'",
    ),
    "a test file with other classes": (
        {"train.csv": GOOD, "test.csv": GOOD.replace(b"yes", b"ja").replace(b",no\n", b",nein\n")},
        "No row of the test file has a class",
    ),
    "a test file in another dialect": (
        {"train.csv": GOOD, "test.csv": GOOD.replace(b",", b";")},
        "written in another way",
    ),
    "half of a Parquet file": ({"train.parquet": parquet()[:-40]}, "cannot be read as Parquet"),
    "a damaged Parquet file": (
        {"train.parquet": parquet()[:50] + b"\xff" * 900 + parquet()[950:]},
        "cannot be read as Parquet",
    ),
    "CSV called Parquet": ({"train.parquet": GOOD}, "cannot be read as Parquet"),
    "Parquet called CSV": ({"train.csv": parquet()}, "not text but Parquet"),
}


NUMBERED = [f"{i},{row}" for i, row in enumerate(ROWS, start=1)]
READ: dict[str, Files] = {
    "Excel's first line": csv("sep=,", HEADER, *ROWS),
    "comments above": csv("# ours, of 2026", "#", HEADER, *ROWS),
    "a commented header": csv("# ours", f"#{HEADER}", *ROWS),
    "a title above": csv("Sales 2026", "", HEADER, *ROWS),
    "a title in a cell of Excel": csv("Sales 2026,,,", ",,,", HEADER, *ROWS),
    "keys and values above": csv("Station:,Berlin", "From:,2020", "", HEADER, *ROWS),
    "row names of R": csv(HEADER, *NUMBERED),
    "delimiters at the end": csv(HEADER, *(f"{row}," for row in ROWS)),
    "comments in all parts": {
        f"part-{part}.csv": text("# ours", HEADER, *ROWS[part::2]) for part in (0, 1)
    },
    "row names of R in the test file, too": {
        "train.csv": text(HEADER, *NUMBERED),
        "test.csv": text(HEADER, *NUMBERED[:20]),
    },
    "empty rows of Excel below": csv(HEADER, *ROWS, *[",,,"] * 20),
    "empty columns of Excel beside": csv(f"{HEADER},,", *(f"{row},," for row in ROWS)),
    "line ends of two systems": {"train.csv": text(HEADER, *ROWS).replace(b"\n", b"\r\n", 30)},
    "a mark of UTF-8 in the middle": {
        "train.csv": text(HEADER, *ROWS[:30]) + b"\xef\xbb\xbf" + text(*ROWS[30:])
    },
    "plain text under the name of gzip": {"train.csv.gz": GOOD},
    "gzip under the name of plain text": {"train.csv": gzip.compress(GOOD)},
    "dashes for minus and for nothing": csv(
        HEADER, *(f"\u2013{row}" for row in ROWS), "\u2014,red,2,yes"
    ),
    "UTF-32": {"train.csv": GOOD.decode().encode("utf-32")},
    "huge numbers among the features": csv(HEADER, "1e300,red,inf,yes", *ROWS),
    "an infinite target": csv("a,y", *(f"{i},{'inf' if i % 2 else i * 0.37}" for i in range(60))),
    "targets at the border": csv("a,y", *(f"{i},{i * 1.5}e35" for i in range(60))),
}


@pytest.mark.parametrize("files", READ.values(), ids=READ)
def test_what_is_odd_and_plain_is_planned(files: Files) -> None:
    outcome = run_table(Outcome("odd"), files, None)
    assert outcome.ending == PLANNED, outcome.message
    assert outcome.target in ("bought", "y")


@pytest.mark.slow
@pytest.mark.parametrize("files", READ.values(), ids=READ)
def test_what_is_odd_and_plain_ends_in_a_model(files: Files, server: ForkServer) -> None:
    outcome = run_table(Outcome("odd"), files, server, jobs=1, repeats=1)
    assert outcome.ending == MODEL, outcome.message


@pytest.mark.parametrize(("files", "words"), REFUSALS.values(), ids=REFUSALS)
def test_it_is_refused_before_it_costs_anything(files: Files, words: str) -> None:
    outcome = run_table(Outcome("broken"), files, None)
    assert outcome.ending == REFUSED, outcome.message
    assert words in outcome.message
    assert outcome.to_do
    assert outcome.message.endswith(outcome.to_do)


def test_the_table_that_the_broken_ones_are_made_of_is_a_good_one() -> None:
    assert run_table(Outcome("good"), {"train.csv": GOOD}, None).ending == PLANNED
