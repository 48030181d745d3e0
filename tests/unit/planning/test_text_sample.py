import csv
import hashlib
import io
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


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (TABLE.encode(), "utf-8"),
        (TABLE.replace("word", "wört").encode(), "utf-8"),
        (b"\xef\xbb\xbf" + TABLE.encode(), "utf-8-sig"),
        (TABLE.encode("utf-16"), "utf-16"),
        (b"\xfe\xff" + TABLE.encode("utf-16-be"), "utf-16"),
        (TABLE.replace("word", "wört").encode("cp1252"), "cp1252"),
        (TABLE.replace("word0", "é", 1).encode("cp1252"), "cp1252"),
        (TABLE.replace("word", "w\x81").encode("latin-1"), "latin-1"),
    ],
)
def test_encodings_are_found(text: bytes, encoding: str) -> None:
    table = look(text)
    assert table.dialect is not None
    assert table.dialect.encoding == encoding
    assert table.names == ["a", "b", "c"]
    assert table.rows == 40


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_delimiters_and_newlines_are_found(delimiter: str, newline: str) -> None:
    table = look(TABLE.replace(",", delimiter).replace("\n", newline))
    assert table.dialect == CsvDialect(delimiter=delimiter)
    assert table.rows == 40


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


def test_quoted_delimiters_newlines_and_quotes_stay_in_their_fields() -> None:
    text = 'a,b\n"x, ""y""\nz",1\n' * 1 + '"x, ""y""\nz",2\n' * 30
    table = look(text)
    assert table.names == ["a", "b"]
    assert table.rows == 31
    assert table.columns[0].distinct == 1


def test_empty_lines_are_no_rows() -> None:
    assert look("a,b\n\n1,x\n\n2,y\n\n\n").rows == 2


def test_odd_names_are_told_apart() -> None:
    table = look("a,a, a ,,,<b>\n" + "1,2,3,4,5,6\n" * 3)
    assert table.names == ["a", "a.1", "a.2", "", ".1", "<b>"]


@pytest.mark.parametrize("packed", [gzipped(TABLE), gzipped("a,b,c\n") + gzipped(ROWS)])
def test_gzip_is_undone(packed: bytes) -> None:
    table = look(packed, name="train.csv.gz")
    assert (table.rows, table.is_complete) == (40, True)


def test_part_files_are_one_table() -> None:
    assert look(TABLE, TABLE, TABLE).rows == 120


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("5.1,3.5,setosa\n4.9,3.0,setosa\n", "no header"),
        ("red,small\nblue,big\nred,big\nred,small\n", "no header"),
        ("4,5,6\n1,2,3\n", "no header"),
        (",,\n1,2,3\n", "no names"),
        ("a,b\n", "no rows"),
        (",".join(map("c{}".format, range(20_001))) + "\n" + "1," * 20_000 + "1\n", "too many"),
        ("a\n1\n2\n", "only one column"),
        ("  \n \n", "no lines of data"),
        ("dat\n" + "0,25\n-1,5\n" * 9, "only one column"),
        ("a,b\n1,2\n1,2,3\n1,2\n", r"line 3\)\. Found 3 fields; expected 2"),
        (
            "a,b\n1,2\n1\n",
            r"line 3\)\. Found 1 field; expected 2\. Write these lines with the delimiter \',\'",
        ),
        (
            "a,b\n" + "".join(f"{i}.5,{i},{i}\n" for i in range(5)),
            "5 lines have .* Found 3 fields; expected 2",
        ),
        ('a,b\n1,"x\n' + "2,y\n" * 1200000, "never closed"),
        (TABLE + "390.0,,20\n", "The last row sums up the others"),
        ("x;y\n" + "".join(f"{i},5;{i % 7}\n" for i in range(60)) + "1800;174\n", "sums up"),
        (b"PK\x03\x04" + b"\0" * 50, "Excel"),
        (b"PAR1" + b"\0" * 50, "Parquet"),
        (pickle.dumps([{"a": 1}]), "not text but binary data"),
        (gzipped(gzipped(TABLE)), "not text but binary data"),
        (gzipped(TABLE) + b"\0" * 512, "is broken"),
        (hashlib.shake_128(b"noise").digest(5000), "not text|only one|read as"),
        ("<!DOCTYPE html><html>,</html>\n,\n", "web page"),
        ('{"a": 1, "b": 2}\n', "web page"),
        ('[{"a": 1, "b": 2},\n{"a": 1, "b": 2}]\n', "web page"),
        (gzipped(TABLE)[:-12], "broken"),
        (b"\x1f\x8b" + b"nonsense" * 10, "broken"),
    ],
)
def test_a_broken_file_is_refused_with_a_message(body: bytes | str, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        look(body)


@pytest.mark.parametrize(
    "row",
    [
        "Total,7,3\n",  # a name, whose numbers are no sums
        "n7,624,1\n",  # the sum in one column only
    ],
)
def test_a_last_row_that_sums_nothing_up_is_data(row: str) -> None:
    rows = "".join(f"n{i % 9},{i if i % 5 else ''},{i % 2}\n" for i in range(40))
    assert look("name,size,c\n" + rows + row).rows == 41


def test_a_last_row_of_columns_that_hardly_vary_is_data() -> None:
    rows = "".join(f"2020,29{i % 3}.1,101{i % 4}.0\n" for i in range(40)) + "2020,291.1,1012.0\n"
    assert look("year,kelvin,pressure\n" + rows).rows == 41


def test_names_and_values_may_begin_as_comments_do() -> None:
    table = look("#,Name,HP\n1,Bulbasaur,45\n2,Ivysaur,60\n" + "3,Venusaur,80\n" * 9)
    assert table.names == ["#", "Name", "HP"]
    colours = "".join(f"#{i:06},red,{i}\n" for i in range(9))
    table = look("#code,kind,n\n" + colours + "none,blue,3\n" * 9)
    assert (table.names, table.rows) == (["#code", "kind", "n"], 18)


def test_parts_with_other_headers_are_refused() -> None:
    with pytest.raises(DatasetError, match=r"differs from that of part-0.*line 1.*'a', 'b', 'd'"):
        look(TABLE, TABLE.replace("a,b,c", "a,b,d"))


@pytest.mark.parametrize("header", ["0,1,2", "1,2,3", "name,2019,2020", "name,2020,2019"])
def test_counts_and_years_can_be_names(header: str) -> None:
    assert look(f"{header}\n" + "x,1.5,2.5\n" * 5).names == header.split(",")


def test_numbers_above_nothing_but_words_can_be_names() -> None:
    rows = "s1,TRUE,FALSE\ns2,TRUE,NA\ns3,FALSE,TRUE\n" * 5
    assert look("sample,100047,10011\n" + rows).names == ["sample", "100047", "10011"]
    with pytest.raises(DatasetError, match="no header"):
        look("sample,100047,10011\n" + rows + "s4,TRUE,7\n")


def test_a_column_may_have_the_name_of_its_commonest_value() -> None:
    text = "weeks,premie,sex\n" + "40,full term,male\n30,premie,female\n" * 20
    assert look(text).names == ["weeks", "premie", "sex"]
    assert look("a,b,low\n" + "x,y,low\nz,y,high\nx,w,low\n" * 9).names == ["a", "b", "low"]


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


def test_of_a_large_compressed_table_the_head_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = gzipped(large_table(20_000))
    sample(monkeypatch, len(packed) // 2, len(packed) // 2)
    table = look(packed, name="train.csv.gz")
    assert not table.is_complete
    assert table.rows == pytest.approx(20_000, rel=0.2)


def test_a_gzip_bomb_is_unpacked_as_far_as_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    sample(monkeypatch, 100_000, 100_000)
    bomb = gzipped(b"a,b\n" + b"1,2\n" * 1_000_000)
    table = look(bomb, name="train.csv.gz")
    assert not table.is_complete
    assert table.rows > 500_000


words = st.text(
    st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cs", "Cc"]),
    min_size=1,
    max_size=8,
)


@given(
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.lists(st.tuples(words, words), min_size=2, max_size=20),
)
def test_what_is_written_is_found(
    delimiter: str, encoding: str, rows: list[tuple[str, str]]
) -> None:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(("first name", "second name", "third"))
    writer.writerows((*row, 1) for row in rows)
    table = look(buffer.getvalue().encode(encoding))
    assert table.dialect is not None
    assert table.dialect.delimiter == delimiter
    assert table.names == ["first name", "second name", "third"]
    assert table.rows == len(rows)


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
        ("SEP=,,,\n", 1),
        ("# by us\n", 1),
        ("# by us, on a day\n#\n\n% and more\n", 4),
        ("# x,y,z\n", 1),
        ("Sales of 2026\n", 1),
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


@pytest.mark.parametrize("head", ["#a,b,c\n", "# by us\n#a,b,c\n"])
def test_the_last_comment_may_be_the_header(head: str) -> None:
    assert look(head + ROWS).names == ["#a", "b", "c"]
    assert look("#kind,name\ndog,Rex\ncat,Mia\n").names == ["#kind", "name"]
    of_r = "".join(f"{i},{row}\n" for i, row in enumerate(ROWS.splitlines()))
    assert look("#a,b,c\n" + of_r).names == ["", "#a", "b", "c"]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("".join(f"{i + 1},{row}\n" for i, row in enumerate(ROWS.splitlines())), "first"),
        ("".join(f'"r{i}",{row}\n' for i, row in enumerate(ROWS.splitlines())), "first"),
        ("".join(f"{row},\n" for row in ROWS.splitlines()), "last"),
    ],
)
def test_a_header_may_lack_the_name_of_the_row_names_or_of_nothing(text: str, rows: str) -> None:
    header = '"a","b","c"\n' if '"' in text else "a,b,c\n"
    table = look(header + text)
    assert table.dialect is not None
    assert table.dialect.unnamed_column == rows
    named = {"a": "numeric", "b": "categorical", "c": "numeric"}
    assert {name: kind for name, kind in kinds(table).items() if name} == named
    assert [c.identifier for c in table.columns if not c.name] == [
        "the names of the rows" if rows == "first" else ""
    ]
    assert len(table.parsing_decisions) == (rows == "first")


ROW_OF = TABLE.splitlines()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Pets\n\nname,kind\n" + "Rex,dog\nMia,cat\n" * 9, "Found 'Pets'; .* remove titles above"),
        ("a;b;c\n" + ROWS, r"lines 2, 3, 4 and 37 more\)\. Found 1 field; expected 3"),
        (TABLE + "Source: us\n", r"line 42\)\. Found 1 field; .* or remove them"),
        ("\n".join([*ROW_OF, *ROW_OF]), r"header comes again .*data row 41\).*Remove these lines"),
        (TABLE.replace("\n10.0,", "\n10.0,more,"), r"line 22\)\. Found 4 fields; expected 3"),
        (TABLE.replace("word1", '"word1', 1), r"opens in line 3 and is never closed"),
        (TABLE.replace("word2", 'wo"rd', 1) + '20,x,"1\n2,x,1\n', "never closed"),
        (TABLE + '20,x,"1\n2,x,1\n', r"never closed .*line 42\).*to the end .* line 43"),
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
