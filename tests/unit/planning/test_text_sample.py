import pickle

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.fakes import FakeS3
from tests.support.tables import gzipped, kinds, look
from tunedrop.errors import DatasetError
from tunedrop.planning import fetched_files, text_sample
from tunedrop_common.plan import CsvDialect

ROWS = "".join(f"{i * 0.5},word{i % 3},{i % 2}\n" for i in range(40))
TABLE = "a,b,c\n" + ROWS
ROW_OF = TABLE.splitlines()


@pytest.mark.parametrize(
    ("number", "decimal"),
    [
        ("29,5", ","),
        ("18,5 %", ","),
        ("8\u202f149,12 €", ","),
        ("(1.234,5)", ","),
        ("$1,234.50", "."),
        ("12.5%", "."),
        ("$1,234", "."),  # may be either
        ("1.234 €", "."),
    ],
)
def test_a_decimal_sign_is_found(number: str, decimal: str) -> None:
    table = look("x;y\n" + f"{number};a\n7;b\n" * 20)
    assert table.dialect == CsvDialect(delimiter=";", decimal=decimal)


@pytest.mark.parametrize("packed", [gzipped(TABLE), gzipped("a,b,c\n") + gzipped(ROWS)])
def test_gzip_is_undone(packed: bytes) -> None:
    table = look(packed, name="train.csv.gz")
    assert (table.rows, table.is_complete) == (40, True)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("red,small\nblue,big\nred,big\nred,small\n", "no header"),
        ("4,5,6\n1,2,3\n", "no header"),
        (",,\n1,2,3\n", "no header"),
        ("a,b\n", "no rows"),
        (",".join(map("c{}".format, range(20_001))) + "\n" + "1," * 20_000 + "1\n", "too many"),
        ("a\n1\n2\n", "only one column"),
        ("dat\n" + "0,25\n-1,5\n" * 9, "only one column"),
        (
            "a,b\n1,2\n1\n",
            r"line 3\)\. Found 1 field; expected 2\. Write these lines with the delimiter \',\'",
        ),
        (
            "a,b\n" + "".join(f"{i}.5,{i},{i}\n" for i in range(5)),
            "5 lines have .* Found 3 fields; expected 2",
        ),
        (TABLE + "390.0,,20\n", "The last row sums up the others"),
        ("x;y\n" + "".join(f"{i},5;{i % 7}\n" for i in range(60)) + "1800;174\n", "sums up"),
        (b"PK\x03\x04" + b"\0" * 50, "in Excel"),
        (pickle.dumps([{"a": 1}]), "not text but binary data"),
        (gzipped(gzipped(TABLE)), "not text but binary data"),
        (gzipped(TABLE) + b"\0" * 512, "is broken"),
        ("<!DOCTYPE html><html>,</html>\n,\n", "web page"),
        ('[{"a": 1, "b": 2},\n{"a": 1, "b": 2}]\n', "web page"),
        (gzipped(TABLE)[:-12], "broken"),
    ],
)
def test_a_broken_file_is_refused_with_a_message(body: bytes | str, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        look(body)


@pytest.mark.parametrize(
    ("text", "names", "rows"),
    [
        ("a,a, a ,,,<b>\n\n" + "1,2,3,4,5,6\n\n1,2,3,4,5,7\n" * 5, "a|a.1|a.2||.1|<b>", 10),
        ("#,Name,HP\n" + "3,Venusaur,80\n" * 9, "#|Name|HP", 9),
        ("#code,kind,n\n" + "#000001,red,1\nnone,blue,3\n" * 9, "#code|kind|n", 18),
        (f"#a,b,c\n{ROWS}", "#a|b|c", 40),
        (f"# by us\n#a,b,c\n{ROWS}", "#a|b|c", 40),
        ("name,2020,2019\n" + "x,1.5,2.5\n" * 5, "name|2020|2019", 5),
        ("sample,100047,10011\n" + "s1,TRUE,FALSE\ns2,TRUE,NA\n" * 5, "sample|100047|10011", 10),
        ("a,b,low\n" + "x,y,low\nz,y,high\nx,w,low\n" * 9, "a|b|low", 27),
        (f"{TABLE}Total,7,3\n", "a|b|c", 41),  # sums up nothing
    ],
)
def test_headers_and_rows_are_told_apart(text: str, names: str, rows: int) -> None:
    table = look(text)
    assert ("|".join(table.names), table.rows) == (names, rows)


@pytest.mark.parametrize(("header", "column"), [("a,b,d", "c"), ("a,b,c,d", "d")])
def test_parts_with_other_headers_are_refused(header: str, column: str) -> None:
    with pytest.raises(DatasetError, match=rf"part-1-train.csv, column '{column}'.*'b'"):
        look(TABLE, header + "\n" + ROWS)


def large_table(rows: int) -> str:
    return "id,value,text\n" + "".join(f"{i},{i * 0.25},word {i % 7}\n" for i in range(rows))


def sample(monkeypatch: pytest.MonkeyPatch, whole_bytes: int, sample_bytes: int) -> None:
    """Set up to how many bytes files are read whole, and how much is read of larger ones."""
    monkeypatch.setattr(text_sample, "WHOLE_BYTES", whole_bytes)
    monkeypatch.setattr(text_sample, "SAMPLE_BYTES", sample_bytes)


def test_of_a_large_table_only_pieces_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    sample(monkeypatch, 800_000, 400_000)
    s3 = FakeS3()
    text = large_table(42_000)
    assert len(text) > 800_000
    table = look(text, s3=s3)
    assert s3.bytes_read <= 500_000
    assert not table.is_complete
    assert table.rows == pytest.approx(42_000, rel=0.1)
    assert table.columns[0].identifier == "consecutive integers"
    assert table.columns[1].maximum is not None
    assert table.columns[1].maximum > 10_400  # the tail was read


def test_of_many_large_files_some_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    sample(monkeypatch, 30 * len(TABLE), 10 * len(TABLE))
    s3 = FakeS3(page_size=100)
    table = look(*[TABLE] * 40, s3=s3)
    assert table.rows == pytest.approx(1600, rel=0.1)
    assert not table.is_complete
    assert len(s3.calls_of("GetObject")) <= 3 * fetched_files.SAMPLED_FILES


@pytest.mark.parametrize(
    ("text", "rows", "whole_bytes"),
    [(large_table(20_000), 20_000, 30_000), ("a,b\n" + "1,2\n" * 1_000_000, 1_000_000, 100_000)],
    ids=["large when packed", "a bomb"],
)
def test_of_a_large_compressed_table_the_head_is_read(
    text: str, rows: int, whole_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample(monkeypatch, whole_bytes, whole_bytes)
    table = look(gzipped(text), name="train.csv.gz")
    assert not table.is_complete
    assert table.rows == pytest.approx(rows, rel=0.2)


@example(b"\t\xc2")
@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_no_file_brings_it_down(body: bytes) -> None:
    try:
        table = look(body or b"\n")
    except DatasetError:
        return
    assert table.rows >= 1
    assert len(table.names) == len(set(table.names)) >= 2


@pytest.mark.parametrize(
    ("above", "count"),
    [
        ("sep=,\n", 1),
        ('"sep=,"\r\n', 1),
        ("# by us, on a day\n#\n\n% and more\n", 4),
        ("# x,y,z\n", 1),
        ("Sales of 2026\n\n", 2),
        ("Sales of 2026,,\n,,\nof 2020,,\n\n", 4),
        ("a note; with marks | of all\tkinds, in it\n", 1),
    ],
)
def test_lines_above_the_header_are_skipped_where_it_is_plain(above: str, count: int) -> None:
    table = look(above + TABLE)
    assert table.dialect == CsvDialect(lines_above_header=count)
    assert (table.names, table.rows) == (["a", "b", "c"], 40)
    assert kinds(table) == {"a": "numeric", "b": "categorical", "c": "numeric"}
    assert "above the header" in table.parsing_decisions[0]


@pytest.mark.parametrize(
    ("lines", "place"),
    [
        ([f"{i},{row}" for i, row in enumerate(ROW_OF[1:], start=1)], "first"),
        ([f"{row}," for row in ROW_OF[1:]], "last"),
    ],
)
def test_a_header_may_lack_the_name_of_the_row_names_or_of_nothing(
    lines: list[str], place: str
) -> None:
    table = look("\n".join(["a,b,c", *lines, ""]))
    assert table.dialect is not None
    assert table.dialect.unnamed_column == place
    (unnamed,) = (column for column in table.columns if not column.name)
    assert unnamed.identifier == ("the names of the rows" if place == "first" else "")
    assert len(table.parsing_decisions) == (place == "first")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Pets\n\nname,kind\n" + "Rex,dog\nMia,cat\n" * 9, "Found 'Pets'; .* remove titles above"),
        ("a;b;c\n" + ROWS, r"lines 2, 3, 4 and 37 more\)\. Found 1 field; expected 3"),
        (TABLE + "Source: us\n", r"line 42\)\. Found 1 field; .* or remove them"),
        ("\n".join([*ROW_OF, *ROW_OF]), r"header comes again .*data row 41\).*Remove these lines"),
        (TABLE.replace("\n10.0,", "\n10.0,more,"), r"line 22\)\. Found 4 fields; expected 3"),
        (TABLE.replace("word1", '"word1', 1), r"never closed .*line 3\)"),
        (TABLE + '20,x,"1\n2,x,1\n', r"never closed .*line 42\).*to the end"),
        (TABLE.replace("word1", "wo\rrd1"), r"26 lines have .*lines 3, 4, .* newline"),
        (TABLE.replace("word1", "wo\0rd"), r"NUL characters .*line 3\)"),
        (TABLE + "\0" * 5000, r"NUL characters .*line 42\)"),
    ],
)
def test_a_broken_line_is_named_with_what_to_do(text: str, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        look(text)


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_pieces_of_utf_16_are_read_in_either_order(
    codec: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample(monkeypatch, 20_000, 20_000)
    text = large_table(5000).replace("word", "слово")
    table = look(f"\ufeff{text}".encode(codec))
    assert table.columns[1].maximum is not None
    assert table.columns[1].maximum > 1_200  # the tail was seen
    assert table.columns[0].identifier


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_cut_in_the_middle_of_a_record_is_no_broken_line(
    end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample(monkeypatch, 3_000, 12_000)
    rows = (f'{i},"a text{end}of lines, of {i}{end}",x' for i in range(2000))
    table = look(end.join(["id,text,y", *rows]))
    assert kinds(table)["text"] == "text"
    assert table.rows == pytest.approx(2000, rel=0.2)
