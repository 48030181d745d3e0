from collections.abc import Sequence

import pytest

from sklearn_trainer.data.tables import Table
from tests.support.tables import look
from tunedrop.errors import DatasetError
from tunedrop.planning.target import check_rows, choose_target, choose_task, column_named


def table(**columns: Sequence[object]) -> Table:
    rows = zip(*columns.values(), strict=True)
    lines = [",".join(columns), *(",".join(map(str, row)) for row in rows)]
    return look("\n".join(lines))


def of_numbers(header: str) -> Table:
    """A table of fractions with this header."""
    width = header.count(",") + 1
    rows = (",".join(f"{(i * 7 + j * 3) % 31}.5" for j in range(width)) for i in range(40))
    return look("\n".join([header, *rows]))


X = [i * 0.37 for i in range(40)]
CLASSES = ["red", "blue"] * 20
SENTENCES = [f"sentence {i}" for i in range(40)]
DAYS = [f"2026-01-{i % 28 + 1:02}" for i in range(40)]
SAME = [7] * 40
IDS = list(range(1, 41))


def test_the_target_that_was_told_is_taken() -> None:
    assert choose_target(table(x=X, y=X, colour=CLASSES), "colour")[0].name == "colour"
    assert choose_target(table(x=X, Colour=CLASSES, z=X), "colour")[0].name == "Colour"


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ("a,target,b", "target"),
        ("a,Label,b", "Label"),
        ("CLASS,a,b", "CLASS"),
        ("x,y,z,target", "target"),
        ("y,a,label", "label"),
        ("a,Class,y", "Class"),
        ("Y,a,b", "Y"),
        ("a,b,y", "y"),
        (",y,a", "y"),
        ("y,a,", "y"),
    ],
)
def test_a_column_with_the_name_of_a_target_is_taken(header: str, target: str) -> None:
    column, why = choose_target(of_numbers(header), None)
    assert column.name == target
    assert "by its name" in why


def test_y_in_the_middle_is_a_coordinate() -> None:
    assert choose_target(of_numbers("x,y,z,churn"), None)[0].name == "churn"
    assert choose_target(of_numbers("x,y,y,churn"), None)[0].name == "churn"


@pytest.mark.parametrize("header", ["target,a,label", "a,class,Target", "label,a,label", "a,y,y"])
def test_two_columns_with_names_of_targets_are_refused(header: str) -> None:
    with pytest.raises(DatasetError, match="are candidates"):
        choose_target(of_numbers(header), None)


def test_else_the_last_column_is_taken() -> None:
    column, why = choose_target(table(x=X, colour=CLASSES), None)
    assert column.name == "colour"
    assert "last column" in why


@pytest.mark.parametrize(
    ("last", "reason"),
    [
        (SENTENCES, "free text"),
        (DAYS, "dates"),
        (SAME, "same value"),
        (IDS, "identifies the rows"),
        ([""] * 40, "no values"),
        (["yes", ""] * 20, "only one value beside missing ones"),
    ],
)
def test_a_last_column_that_cannot_be_the_target_is_refused_with_the_columns(
    last: Sequence[object], reason: str
) -> None:
    with pytest.raises(DatasetError, match=reason) as raised:
        choose_target(table(x=X, colour=CLASSES, last=last), None)
    assert "'x', 'colour', 'last'" in str(raised.value)
    assert "tuning.yaml" in raised.value.to_do


NUMBERS = [i * 7 % 31 for i in range(40)]
CASES = [f"2:{i % 101}:1" for i in range(303)]


@pytest.mark.parametrize(
    "name", ["id", "ID", "tvmaze_id", "patientId", "Row ID", "case.id", "uuid"]
)
def test_numbers_with_the_name_of_an_identifier_are_no_target_until_told(name: str) -> None:
    numbered = table(x=X, colour=CLASSES, **{name: NUMBERS})
    with pytest.raises(DatasetError, match="name of an identifier and 31 distinct values"):
        choose_target(numbered, None)
    assert choose_target(numbered, name)[0].name == name


@pytest.mark.parametrize(
    ("name", "values"),
    [("acid", NUMBERS), ("covid", NUMBERS), ("Void", NUMBERS), ("species_id", [1, 2] * 20)],
)
def test_other_names_and_few_classes_may_be_the_target(name: str, values: Sequence[object]) -> None:
    assert choose_target(table(x=X, **{name: values}), None)[0].name == name


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("year", [2007 + i % 3 for i in range(40)]),
        ("Fiscal Year", [1900 + i * 7 % 31 for i in range(40)]),
        ("firstYear", [1900 + i * 7 % 31 for i in range(40)]),
        ("timestamp", [1_400_000_000 + i * i for i in range(40)]),
        ("sale_date", [20140502 + i * 7 % 27 for i in range(40)]),
    ],
)
def test_numbers_that_are_years_or_dates_by_name_are_no_target_until_told(
    name: str, values: Sequence[object]
) -> None:
    dated = table(x=X, **{name: values})
    with pytest.raises(DatasetError, match=r"holds (years|dates)"):
        choose_target(dated, None)
    assert choose_target(dated, name)[0].name == name


@pytest.mark.parametrize("name", ["goals_per_year", "midyear", "update", "candidate", "height"])
def test_other_numbers_may_be_the_target(name: str) -> None:
    assert choose_target(table(x=X, **{name: NUMBERS}), None)[0].name == name


def test_very_many_classes_are_no_target_until_told() -> None:
    crowded = table(x=range(303), case=CASES)
    with pytest.raises(DatasetError, match="101 distinct words"):
        choose_target(crowded, None)
    assert choose_target(crowded, "case")[0].name == "case"
    assert choose_target(table(x=range(300), case=CASES[:100] * 3), None)[0].name == "case"


def test_a_last_column_without_a_name_is_refused() -> None:
    with pytest.raises(DatasetError, match="has no name"):
        choose_target(look("x,\n" + "".join(f"{x},{x}\n" for x in X)), None)


@pytest.mark.parametrize("values", [DAYS, SAME, IDS])
def test_a_told_target_that_cannot_be_one_is_refused(values: Sequence[object]) -> None:
    with pytest.raises(DatasetError, match="cannot be the target"):
        choose_target(table(x=X, z=values, colour=CLASSES), "z")


def test_a_misspelt_target_is_corrected() -> None:
    with pytest.raises(DatasetError, match="Write 'colour' instead"):
        choose_target(table(x=X, colour=CLASSES), "color")
    with pytest.raises(DatasetError, match="'zzz'"):
        column_named(table(x=X, colour=CLASSES), "zzz", "here")


@pytest.mark.parametrize(
    ("values", "task"),
    [
        (CLASSES, "classification"),
        (["True", "False"] * 20, "classification"),
        ([i % 2 for i in range(40)], "classification"),
        ([i % 8 for i in range(40)], "classification"),
        ([i % 20 for i in range(40)], "regression"),
        ([float(i % 3) for i in range(40)], "classification"),
        ([i % 21 for i in range(42)][:40], "regression"),
        (X, "regression"),
    ],
)
def test_the_task_follows_from_the_target(values: Sequence[object], task: str) -> None:
    target = table(x=X, z=values).columns[1]
    chosen, why = choose_task(target, None)
    assert chosen == task
    assert why


def test_a_told_task_that_the_target_cannot_be_is_refused() -> None:
    words, fractions = table(z=CLASSES, x=X).columns
    with pytest.raises(DatasetError, match="needs numbers"):
        choose_task(words, "regression")
    with pytest.raises(DatasetError, match="has fractions"):
        choose_task(fractions, "classification")


def test_a_class_for_every_row_is_refused() -> None:
    with pytest.raises(DatasetError, match="Nearly every row"):
        choose_task(table(x=X[:12], z=SENTENCES[:12]).columns[1], None)


def test_very_few_rows_are_refused() -> None:
    short = table(x=X[:9], z=CLASSES[:9])
    with pytest.raises(DatasetError, match=r"9 rows.*at least 10"):
        check_rows(short, short.columns[1])


def test_rows_are_few_before_the_target_is_known() -> None:
    with pytest.raises(DatasetError, match=r"Found 1 row; expected at least 10"):
        check_rows(table(x=X[:1], z=CLASSES[:1]))


def test_whole_numbers_that_hardly_come_back_are_no_classes() -> None:
    target = table(x=X[:20], z=[i % 15 for i in range(20)]).columns[1]
    assert choose_task(target, None)[0] == "regression"
    with pytest.raises(DatasetError, match="Write `task: regression`"):
        choose_task(target, "classification")


def test_text_among_the_numbers_of_a_target_is_refused_with_an_example() -> None:
    target = table(x=X, z=[*X[:39], "none given"]).columns[1]
    with pytest.raises(DatasetError, match=r"text among its numbers\. Found 'none given'"):
        choose_task(target, None)


def test_a_last_column_that_is_only_a_trailing_delimiter_is_no_target() -> None:
    trailing = look("x,colour,\n" + "".join(f"{x},{c},\n" for x, c in zip(X, CLASSES, strict=True)))
    assert choose_target(trailing, None)[0].name == "colour"
