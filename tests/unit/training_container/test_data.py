from __future__ import annotations

import gzip
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.model_selection import train_test_split

from sklearn_trainer.data.dataset import Dataset, load
from sklearn_trainer.errors import DatasetError, PlanError
from sklearn_trainer.job_warnings import JobWarnings
from tests.support.training.jobs import Job, column, part, plan

X, KIND = column("x"), column("y", "categorical", "target")
AMOUNT = column("y", "numeric", "target")
LABELS = "abababab"


def loaded(
    base: Path,
    columns: list[dict[str, Any]],
    content: bytes | str,
    *,
    name: str = "train.csv",
    data: dict[str, Any] | None = None,
    files: dict[str, bytes | str] | None = None,
    **changes: Any,
) -> tuple[Dataset, list[str]]:
    if data:
        changes["data"] = data
    job = Job(
        base / "ml",
        plan(columns, file=name, **changes),
        files={f"train/{name}": content, **(files or {})},
    ).write()
    job_warnings = JobWarnings()
    return load(job.read_plan(), job.folders, job_warnings), job_warnings.sentences


def lines(header: str, *rows: str) -> str:
    return "\n".join([header, *rows]) + "\n"


def table(values: Sequence[str], labels: Sequence[str] = LABELS) -> str:
    return lines("x,y", *(f"{x},{y}" for x, y in zip(values, labels, strict=True)))


NUMBERS = [str(i / 2) for i in range(8)]
PACKED = gzip.compress(table([str(i**3) for i in range(2000)], "ab" * 1000).encode())


@pytest.mark.parametrize("size", [3 * 2**20, 12 * 2**20])
def test_a_record_of_many_megabytes_is_read(size: int, tmp_path: Path) -> None:
    rows = [f"{i},{'long' if i == 5 else 'short'},{label}" for i, label in enumerate(LABELS)]
    text = lines("x,words,y", *rows).replace("long", '"' + "word\n" * (size // 5) + '"')
    dataset, _ = loaded(tmp_path, [X, column("words", "categorical"), KIND], text)
    assert dataset.train.X["x"].tolist() == [float(i) for i in range(8)]


def test_empty_lines_above_the_header_are_no_records(tmp_path: Path) -> None:
    dataset, _ = loaded(tmp_path / "1", [X, KIND], "\r\n\r\n" + table(NUMBERS))
    assert dataset.train.X["x"].tolist() == [float(x) for x in NUMBERS]
    dataset, _ = loaded(tmp_path / "2", [column("x\nz"), KIND], '\n"x\nz",y\n' + table(NUMBERS)[4:])
    assert dataset.train.X["x\nz"].tolist() == [float(x) for x in NUMBERS]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("packed", [False, True])
def test_lines_above_the_header_are_skipped_and_row_names_are_told_apart(
    packed: bool, newline: str, tmp_path: Path
) -> None:
    rows = [f'"r{i}",{x},{y}' for i, (x, y) in enumerate(zip(NUMBERS, LABELS, strict=True))]
    content = lines('# ours, "of 2026', "", "# x", "x,y", *rows).replace("\n", newline).encode()
    dataset, _ = loaded(
        tmp_path,
        [column("", "categorical"), X, KIND],
        gzip.compress(content) if packed else content,
        data={"csv": {"lines_above_header": 3, "unnamed_column": "first"}},
    )
    assert dataset.train.X["x"].tolist() == [float(x) for x in NUMBERS]
    assert dataset.train.X[""].tolist() == [f"r{i}" for i in range(8)]


def test_a_broken_line_has_the_number_that_an_editor_shows(tmp_path: Path) -> None:
    content = lines("# ours", "# too", "x,y", *(f"{x},a," for x in NUMBERS), "1,2,3,4")
    dialect = {"lines_above_header": 2, "unnamed_column": "last"}
    with pytest.raises(DatasetError, match=r"line 12\)\. Found 4 fields; expected 3"):
        loaded(tmp_path, [X, KIND], content, data={"csv": dialect})


def test_the_plans_files_are_read_in_its_order_whatever_the_order_of_their_columns(
    tmp_path: Path,
) -> None:
    swapped = lines("y,x", *(f"{y},{x}" for x, y in zip(NUMBERS, LABELS, strict=True)))
    dataset, _ = loaded(
        tmp_path,
        [X, KIND],
        table(NUMBERS[4:], "abab"),
        name="b.csv",
        data={"train": part("b.csv", "part/a.csv")},
        files={"train/part/a.csv": swapped, "train/_SUCCESS": "", "train/c.csv": "not,a\ntable"},
    )
    assert dataset.train.X["x"].tolist() == [float(x) for x in NUMBERS[4:] + NUMBERS]


def test_missing_values_may_have_spaces_around_them(tmp_path: Path) -> None:
    rows = ["1, a, x", "?, ?, x", " NA ,b , y", "2, NA, y", "3, a, x", " 4,b, y", "5, b, ?"]
    columns = [column("n"), column("c", "categorical"), KIND]
    dataset, job_warnings = loaded(tmp_path, columns, lines("n, c, y", *rows))
    assert dataset.train.X["n"].tolist() == pytest.approx([1, np.nan, np.nan, 2, 3, 4], nan_ok=True)
    assert dataset.train.X["c"].fillna("-").tolist() == ["a", "-", "b", "-", "a", "b"]
    assert dataset.train.classes == ["x", "y"]
    assert job_warnings == ["Excluded rows without a target: 1."]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("numeric", ["1", "2", "low", "2", "1", "2", "low", ""]),
        ("datetime", ["2026-01-01", "2026-02-01", "soon", "2026-01-01"] * 2),
        ("boolean", ["true", "false", "perhaps", "true"] * 2),
        ("duration", ["12:30", "7:05", "later", "1:00"] * 2),
    ],
)
def test_too_many_values_of_another_kind_than_the_plans_name_the_cure(
    kind: str, values: list[str], tmp_path: Path
) -> None:
    with pytest.raises(DatasetError) as raised:
        loaded(tmp_path, [column("x", kind), KIND], table(values))
    assert raised.value.to_do.endswith('`column_kinds: {"x": categorical}`.')
    assert raised.value.found == repr(values[2])


@pytest.mark.parametrize(
    ("kind", "read"),
    [("numeric", [0.0, 0.5]), ("categorical", ["0.0", "0.5"]), ("text", ["0.0", "0.5"])],
)
def test_the_plans_schema_is_applied_and_nothing_is_inferred(
    kind: str, read: list[Any], tmp_path: Path
) -> None:
    dataset, _ = loaded(tmp_path, [column("x", kind), KIND], table(NUMBERS))
    assert dataset.train.X["x"].tolist()[:2] == read


def test_stray_words_change_nothing_about_how_the_numbers_are_read(tmp_path: Path) -> None:
    values = [f'"{1000 + i:,}"' for i in range(96)] + ["\u20137", "-", "<5", "broken"]
    dataset, job_warnings = loaded(tmp_path, [X, KIND], table(values, "ab" * 50))
    np.testing.assert_array_equal(
        dataset.train.X["x"].to_numpy(), [*range(1000, 1096), -7.0, *[float("nan")] * 3]
    )
    assert "cannot be read as numbers, and count as missing: 2 of" in " ".join(job_warnings)


def test_numbers_that_estimators_cannot_compute_with_count_as_missing(tmp_path: Path) -> None:
    dataset, job_warnings = loaded(tmp_path / "1", [X, KIND], table([*NUMBERS[:6], "1e300", "inf"]))
    assert dataset.train.X["x"].isna().sum() == 2
    assert job_warnings[0].startswith("Numbers of column 'x' beyond 1e+37")


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        ("01010101", [0, 1]),
        ("abababab", ["a", "b"]),
        (["1.5", "2.5"] * 4, ["1.5", "2.5"]),
        (["true", "false"] * 4, [False, True]),
        (["1", "x"] * 4, ["1", "x"]),
    ],
)
def test_labels_are_whole_numbers_words_or_booleans(
    labels: Any, classes: list[Any], tmp_path: Path
) -> None:
    kind = "numeric" if labels[0][0].isdigit() else "categorical"
    content = table(NUMBERS, labels)
    dataset, _ = loaded(tmp_path, [X, column("y", kind, "target")], content)
    assert dataset.train.classes == classes


def test_a_class_with_one_row_is_excluded_with_a_note(tmp_path: Path) -> None:
    dataset, job_warnings = loaded(tmp_path, [X, KIND], table(NUMBERS, "abababac"))
    assert dataset.train.classes == ["a", "b"]
    assert "classes of the target with a single training row" in job_warnings[-1]


def with_test(base: Path, train: list[str], test: list[str]) -> tuple[Dataset, list[str]]:
    kind = "numeric" if train[0].isdigit() else "categorical"
    return loaded(
        base,
        [X, column("y", kind, "target")],
        table(NUMBERS, train),
        data={"test": part("test.csv")},
        files={"test/test.csv": table(NUMBERS[: len(test)], test)},
        final_test={"kind": "file"},
    )


def test_test_rows_of_a_class_that_cannot_be_learnt_are_excluded(tmp_path: Path) -> None:
    dataset, job_warnings = with_test(tmp_path, ["true", "b"] * 4, ["true", "c", "b", "c"])
    assert dataset.test is not None
    assert dataset.test.y.tolist() == ["true", "b"]
    assert dataset.rows["test"] == 2
    assert job_warnings == ["Excluded test rows whose class of the target no training row has: 2."]


@pytest.mark.parametrize(
    ("train", "test", "words"),
    [
        (["a", "b"] * 4, ["c", "d"], "No test row has a class"),
        (["1", "2"] * 4, ["1", "two"], "classes of another type than the training rows"),
    ],
)
def test_a_test_file_with_other_classes_is_rejected_in_words(
    train: list[str], test: list[str], words: str, tmp_path: Path
) -> None:
    with pytest.raises(DatasetError, match=words):
        with_test(tmp_path, train, test)


@pytest.mark.parametrize("stratified", [True, False])
def test_the_final_tests_rows_are_in_no_fold_and_split_by_class_only_as_planned(
    stratified: bool, tmp_path: Path
) -> None:
    rows, labels = np.arange(100), np.array(list("ab" * 50))
    dataset, _ = loaded(
        tmp_path,
        [X, KIND],
        table([str(row) for row in rows], "ab" * 50),
        final_test={"kind": "fraction", "fraction": 0.2},
        cross_validation={"stratified": stratified},
    )
    _, expected = train_test_split(
        rows, test_size=0.2, random_state=11, stratify=labels if stratified else None
    )
    assert dataset.test is not None
    assert sorted(dataset.test.X["x"]) == sorted(expected)
    assert sorted([*dataset.train.X["x"], *dataset.test.X["x"]]) == rows.tolist()
    assert (sorted(dataset.test.y) == ["a"] * 10 + ["b"] * 10) == stratified


WIDTHS = "than the header (train.csv, lines 6, 7). Found 3 fields; expected 2."


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (table(NUMBERS, "aaaaaaaa"), "same value in every row"),
        (lines("x,y", "1,a"), "too few rows"),
        (table(NUMBERS, "        "), "No row has a target"),
        (lines("z,y", "1,a"), "not in every file of the dataset (train.csv, column 'x')"),
        (lines("x,y", "", "1,a", '"1\n2",b', "1,2,3", "1"), WIDTHS),
        (lines("x,y", "1,a", '"2,b', "3,c", "4,d"), "mark is never closed (train.csv, line 3)"),
        (lines("x,y", "1,a", '2,"b', "3,c"), "mark is never closed (train.csv, line 3)"),
        ("", "is not in every file"),
        (PACKED[:4000], "The compressed file is broken (train.csv)"),
        (PACKED[:30] + b"\xff" * 9 + PACKED[39:], "The compressed file is broken (train.csv)"),
        (gzip.compress(table(NUMBERS).encode()) + b"\0" * 99, "is broken"),
        (
            table(NUMBERS) + '9,"' + "long" * 2**23 + '"\n1,a\n' + table(NUMBERS),
            "A line is longer than a line of a table can be",
        ),
        (table(NUMBERS).encode("utf-16"), "train.csv"),
        (
            table(NUMBERS) + "7;a\n",
            "line 10). Found 1 field; expected 2. Write these lines with the delimiter ','",
        ),
        (
            table(NUMBERS) + "\ufeff" + table(NUMBERS),
            "header comes again among the rows (data row 9)",
        ),
    ],
)
def test_what_cannot_be_learnt_from_is_rejected_in_words(
    content: bytes | str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(DatasetError) as caught:
        loaded(tmp_path, [X, KIND], content)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("amounts", "words"),
    [
        ([*"1234567", "x"], "data row 8). Found 'x'"),
        ([f"{i}e200" for i in range(8)], "squared"),
        ([f"{i}e-99" for i in range(8)], "hardly"),
    ],
)
def test_a_target_that_no_regression_can_learn_is_rejected_in_words(
    amounts: list[str], words: str, tmp_path: Path
) -> None:
    with pytest.raises(DatasetError) as caught:
        loaded(tmp_path, [X, AMOUNT], table(NUMBERS, amounts), task="regression")
    assert words in str(caught.value)


def test_a_row_with_an_infinite_target_is_not_left_out_twice(tmp_path: Path) -> None:
    body = lines("x,y", *(f"{i},{i * 0.7}" for i in range(20)), "3,inf", "4,")
    dataset, job_warnings = loaded(tmp_path, [X, AMOUNT], body, task="regression")
    assert len(dataset.train.y) == 20
    assert job_warnings == [
        "Infinite targets, which count as no target: 1.",
        "Excluded rows without a target: 2.",
    ]


@pytest.mark.parametrize(
    ("second", "words"),
    [
        ("x;y\n1;a\n", "Found the columns 'x;y'; expected 'x', 'y'. Write every file with"),
        ("1.5,a\n2.5,b\n", "column 'x'). Found the columns '1.5', 'a'; expected"),
        ("\n", "Found no names of columns; expected"),
        ("x,y\n1,a\n".encode("utf-16"), "Write every file with the same header, delimiter and enc"),
        (b"PK\x03\x04\x14\0" + bytes(range(256)), "A column is not in every file"),
        ('x,z,y\n1,2,a\n3,"b\n', "never closed (second.csv, line 3)"),
    ],
)
def test_a_part_that_no_sample_showed_is_rejected_by_what_it_is(
    second: bytes | str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(DatasetError, match=r"second\.csv") as caught:
        loaded(
            tmp_path,
            [X, KIND],
            table(NUMBERS),
            files={"train/second.csv": second},
            data={"train": part("train.csv", "second.csv")},
        )
    assert words in str(caught.value)


def parquet_parts(base: Path, *parts: dict[str, Any]) -> Any:
    """Load part files that have these columns beside the target."""
    files: dict[str, bytes | str] = {}
    for number, columns in enumerate(parts):
        buffer = io.BytesIO()
        pq.write_table(pa.table({**columns, "y": ["a", "b"] * 4}), buffer)
        files[f"train/{number}.parquet"] = buffer.getvalue()
    kinds = {"when": "datetime", "flag": "boolean", "colour": "categorical"}
    return loaded(
        base,
        [*(column(name, kinds.get(name, "numeric")) for name in parts[0]), KIND],
        "",
        name="0.parquet",
        data={"train": part(*(name.removeprefix("train/") for name in files))},
        files=files,
    )


def test_parquet_parts_may_hold_the_same_in_other_types(tmp_path: Path) -> None:
    words = pa.array(["1.5", "-", "1,200", "NA"] * 2)
    moments = pa.array([i * 10**9 for i in range(8)], pa.timestamp("ns"))
    flags, colours = pa.array([True, False, None, True] * 2), pa.array(["red", "blue"] * 4)
    dataset, job_warnings = parquet_parts(
        tmp_path,
        {"x": words.dictionary_encode(), "when": moments, "flag": flags, "colour": colours},
        {
            "x": words,
            "when": pa.array(range(8), pa.date32()),
            "flag": flags,
            "colour": colours.dictionary_encode(),
        },
    )
    assert dataset.train.X["x"].sum() == (1.5 + 1200) * 4
    assert job_warnings == []
    assert dataset.train.X["when"].dt.day.tolist() == [1] * 8 + list(range(1, 9))
    assert dataset.train.X["flag"].sum() == 8
    assert dataset.train.X["colour"].tolist() == ["red", "blue"] * 8


def test_parquet_parts_of_other_types_are_rejected_by_file_and_column(tmp_path: Path) -> None:
    numbers = [1, 2] * 4
    with pytest.raises(DatasetError, match=r"\(2\.parquet\)\. .*Field x .*: double vs string"):
        parquet_parts(tmp_path, {"x": [1.5] * 8}, {"x": numbers}, {"x": ["many", "few"] * 4})


@pytest.mark.parametrize("promised", [18, 30])
def test_a_footer_with_another_number_of_rows_is_a_broken_file(
    promised: int, tmp_path: Path
) -> None:
    buffer = io.BytesIO()
    rows = {"x": [i / 2 for i in range(24)], "y": ["a", "b"] * 12}
    pq.write_table(pa.table(rows), buffer)
    body = buffer.getvalue()
    footer = len(body) - 8 - int.from_bytes(body[-8:-4], "little")
    # A whole number of 64 bits is 0x16 and its double; the first one counts the rows of the file.
    changed = body[footer:].replace(b"\x16\x30", bytes((0x16, 2 * promised)), 1)
    with pytest.raises(DatasetError, match=rf"Parquet \(train\.parquet\).* footer has {promised}"):
        loaded(tmp_path, [X, KIND], body[:footer] + changed, name="train.parquet")


def test_utf_16_that_ends_within_a_character_is_not_read_as_latin_1(tmp_path: Path) -> None:
    body = table(NUMBERS).encode("utf-16") + b"1"
    dialect = {"encoding": "utf-16"}
    with pytest.raises(DatasetError, match=r"cannot be decoded \(train\.csv\). Expected utf-16"):
        loaded(tmp_path, [X, KIND], body, task="regression", data={"csv": dialect})


def test_a_missing_file_and_a_way_out_of_the_channel_are_rejected(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"not in the channel .*Expected 'gone\.csv'"):
        loaded(tmp_path / "1", [X, KIND], "", data={"train": part("gone.csv")})
    with pytest.raises(PlanError, match="outside of its channel"):
        loaded(tmp_path / "2", [X, KIND], "", data={"train": part("../plan/plan.json")})


@pytest.mark.parametrize(("word", "encoding"), [("café", "cp1252"), ("caf\x81", "latin-1")])
def test_text_that_is_not_utf8_is_read_as_windows_latin_with_a_note(
    word: str, encoding: str, tmp_path: Path
) -> None:
    content = table([word, "thé"] * 4).encode(encoding)
    dataset, job_warnings = loaded(tmp_path, [column("x", "categorical"), KIND], content)
    assert set(dataset.train.X["x"]) == {word, "thé"}
    assert f"not valid utf-8; it was read as {encoding}" in job_warnings[0]
