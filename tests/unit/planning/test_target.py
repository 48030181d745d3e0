from collections.abc import Sequence

import pytest

from sklearn_trainer.data.tables import Table
from tests.support.tables import look
from tunedrop.errors import DatasetError
from tunedrop.planning.target import check_rows, choose_target, choose_task
from tunedrop_common.plan import Task


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


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ("a,target,b", "target"),
        ("a,Label,b", "Label"),
        ("y,a,label", "label"),
        ("a,Class,y", "Class"),
        ("Y,a,b", "Y"),
        ("a,b,y", "y"),
        (",y,a", "y"),
        ("y,a,", "y"),
        ("x,y,z,churn", "churn"),  # y in the middle is a coordinate
        ("x,y,y,churn", "churn"),
    ],
)
def test_a_column_with_the_name_of_a_target_is_taken_else_the_last(
    header: str, target: str
) -> None:
    column, why = choose_target(of_numbers(header), None)
    assert column.name == target
    assert ("the last column" if target == "churn" else "by its name") in why


def test_a_last_column_that_is_only_a_trailing_delimiter_is_no_target() -> None:
    trailing = look("x,colour,\n" + "".join(f"{x},{c},\n" for x, c in zip(X, CLASSES, strict=True)))
    assert choose_target(trailing, None)[0].name == "colour"


@pytest.mark.parametrize("header", ["target,a,label", "a,class,Target", "label,a,label", "a,y,y"])
def test_two_columns_with_names_of_targets_are_refused(header: str) -> None:
    with pytest.raises(DatasetError, match="are candidates"):
        choose_target(of_numbers(header), None)


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
LATE = [1900 + number for number in NUMBERS]
DATES = [20140502 + number for number in NUMBERS]
CASES = [f"2:{i % 101}:1" for i in range(303)]


@pytest.mark.parametrize(
    ("name", "values", "reason"),
    [
        ("id", NUMBERS, "name of an identifier and 31 distinct values"),
        ("tvmaze_id", NUMBERS, "name of an identifier"),
        ("patientId", NUMBERS, "name of an identifier"),
        ("case.id", NUMBERS, "name of an identifier"),
        ("Fiscal Year", LATE, "holds years"),
        ("firstYear", LATE, "holds years"),
        ("timestamp", DATES, "holds dates"),
        ("sale_date", DATES, "holds dates"),
        ("case", CASES, "101 distinct words"),
        ("", X, "has no name"),
        ("covid", NUMBERS, ""),
        ("species_id", [1, 2] * 20, ""),
        ("midyear", NUMBERS, ""),
        ("candidate", NUMBERS, ""),
        ("case", CASES[:100] * 3, ""),
    ],
)
def test_a_last_column_is_a_target_by_its_name_and_values_or_when_it_is_told(
    name: str, values: Sequence[object], reason: str
) -> None:
    last = table(x=[i * 0.37 for i in range(len(values))], **{name: values})
    if reason:
        with pytest.raises(DatasetError, match=reason):
            choose_target(last, None)
    assert choose_target(last, name if reason else None)[0].name == name


@pytest.mark.parametrize("values", [DAYS, SAME, IDS])
def test_a_told_target_that_cannot_be_one_is_refused(values: Sequence[object]) -> None:
    with pytest.raises(DatasetError, match="cannot be the target"):
        choose_target(table(x=X, z=values, colour=CLASSES), "z")


@pytest.mark.parametrize(
    ("values", "task"),
    [
        (CLASSES, "classification"),
        (["True", "False"] * 20, "classification"),
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


def test_whole_numbers_that_hardly_come_back_are_no_classes() -> None:
    target = table(x=X[:20], z=[i % 15 for i in range(20)]).columns[1]
    assert choose_task(target, None)[0] == "regression"
    with pytest.raises(DatasetError, match="Write `task: regression`"):
        choose_task(target, "classification")


@pytest.mark.parametrize(
    ("values", "task", "message"),
    [
        (CLASSES, "regression", "needs numbers"),
        (X, "classification", "has fractions"),
        (SENTENCES, None, "Nearly every row"),
        ([*X[:39], "none given"], None, r"text among its numbers\. Found 'none given'"),
    ],
)
def test_a_target_that_the_task_cannot_have_is_refused(
    values: Sequence[object], task: Task | None, message: str
) -> None:
    with pytest.raises(DatasetError, match=message):
        choose_task(table(x=X, z=values).columns[1], task)


def test_very_few_rows_are_refused_even_before_the_target_is_known() -> None:
    short = table(x=X[:9], z=CLASSES[:9])
    for target in (None, short.columns[1]):
        with pytest.raises(DatasetError, match=r"9 rows.*at least 10"):
            check_rows(short, target)
