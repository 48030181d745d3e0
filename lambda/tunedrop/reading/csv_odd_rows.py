"""What a text table has and nobody should learn from: lines of units, totals, odd quotation marks.

All of it can be read, so that it would be learnt from without a word. It is refused.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence

from tunedrop.errors import DatasetError
from tunedrop.reading.columns import profile_text
from tunedrop.reading.csv_header import is_number
from tunedrop_common.missing_words import MISSING

Rows = Sequence[Sequence[str]]

_LOOKED_AT = 1_000
_FEWEST_ROWS = 5
_SHOWN = 60
_TOTAL = re.compile(
    r"(grand |sub)?totals?|sum|summe|gesamt(summe)?|insgesamt|somme|suma|totale|average|mean|"
    r"durchschnitt|mittelwert|moyenne|media|promedio",
    re.I,
)
_TYPES_OF_ORANGE = frozenset(["c", "d", "s", "t", "continuous", "discrete", "string", "time"])
_ROLES_OF_ORANGE = frozenset(["class", "meta", "ignore", "weight"])
_DASHES = re.compile(r"-{2,}|={2,}")
_FORMULA = '="'
_CLOSE = 1e-3  # totals are rounded

_PAIRS = ("“”", "„“", "„”", "«»", "»«", "‘’", "‚‘", "''", "``")  # noqa: RUF001 - as people write


def refuse_lines_of_orange(rows: Rows, where: str, line: Callable[[], int]) -> None:
    """Refuse the two lines below the header by which Orange tells types and roles of columns."""
    if len(rows) <= _FEWEST_ROWS:
        return
    types, flags = ([value.strip() for value in row] for row in rows[:2])
    if _are_types_and_roles(set(types) - {""}, set(" ".join(flags).split())):
        raise DatasetError(
            "There are two lines of types and roles below the header, as Orange writes them",
            where=f"{where}, line {line()}",
            found=repr(", ".join(types)[:_SHOWN]),
            expected="one line of names, then the values",
            to_do="Remove these two lines.",
        )


def _are_types_and_roles(types: set[str], flags: set[str]) -> bool:
    roles = {flag for flag in flags if flag != "i" and "=" not in flag}  # ignored; image=png
    if not flags:
        return len(types) > 1 and types <= _TYPES_OF_ORANGE
    return bool(roles) and roles <= _ROLES_OF_ORANGE and bool(types & _TYPES_OF_ORANGE)


def refuse_second_header(
    names: Sequence[str], rows: Rows, where: str, line: Callable[[], int]
) -> None:
    """Refuse words above all columns of numbers that do not come again: names or units."""
    first, *below = rows[:_LOOKED_AT]
    if len(below) < _FEWEST_ROWS:
        return
    if _are_dashes(first) and not any(map(_are_dashes, below)):
        raise DatasetError(
            "There is a line of dashes below the header",
            where=f"{where}, line {line()}",
            found=repr(", ".join(first)[:_SHOWN]),
            expected="one line of names, then the values",
            to_do="Remove this line.",
        )
    words = []
    for name, value, *rest in zip(names, first, *below, strict=True):
        value, known = value.strip(), [each.strip() for each in rest]
        if all(map(is_number, known)) and any(each not in MISSING for each in known):
            if value in MISSING:
                continue
            if is_number(value):
                return
            words.append((name, value))
        elif value not in MISSING and value in known:
            return
    if words:
        name, word = words[0]
        raise DatasetError(
            "There is a second line of names or units below the header",
            where=f"{where}, line {line()}",
            found=f"{word[:_SHOWN]!r} above the numbers of column {name[:_SHOWN]!r}",
            expected="one line of names, then the values",
            to_do="Remove this line, or the one above it. If it is data, correct its words.",
        )


def _are_dashes(fields: Sequence[str]) -> bool:
    """Tell whether a line only underlines the names, as databases' command lines print it."""
    filled = [field.strip() for field in fields if field.strip()]
    return any(map(_DASHES.fullmatch, filled)) and all(not each.strip("-=+") for each in filled)


def refuse_totals(rows: Rows, where: str, *, complete: bool) -> None:
    """Refuse a last row that sums the others up.

    It says so itself, or all its numbers are sums, which only the complete rows show.
    """
    *above, last = rows
    if len(above) < _FEWEST_ROWS:
        return
    label = next((value.strip() for value in last if value.strip() not in MISSING), "")
    says_so = _TOTAL.fullmatch(label.rstrip(":")) is not None
    sums = _sums(above, last, or_means=says_so) if complete else iter(())
    if says_so:
        position = [value.strip() for value in last].index(label)
        once = all(row[position].strip() != label for row in above[-_LOOKED_AT:])
        summed = once and (_leaves_out(above, last) or any(sums))
    else:
        first, second = next(sums, False), next(sums, False)
        summed = first and second and all(sums) and _leaves_out(above, last, or_is_all_numbers=True)
    if summed:
        raise DatasetError(
            "The last row sums up the others",
            where=where,
            found=repr(", ".join(value.strip() for value in last)[:_SHOWN]),
            expected="rows of data only",
            to_do="Remove totals and averages. If the row is data, write its words otherwise.",
        )


def _leaves_out(above: Rows, last: Sequence[str], *, or_is_all_numbers: bool = False) -> bool:
    """Tell whether the last row has nothing where all others have something."""
    left_out = [position for position, value in enumerate(last) if value.strip() in MISSING]
    if not left_out:
        return or_is_all_numbers and all(is_number(value.strip()) for value in last)
    known = (
        all(row[position].strip() not in MISSING for row in above[-_LOOKED_AT:])
        for position in left_out
    )
    return any(known)


def _sums(above: Rows, last: Sequence[str], *, or_means: bool) -> Iterator[bool]:
    """Tell of each number of the last row whether it is the sum, or the mean, of its column.

    A mean alone says little: of columns that hardly vary, every row is one.
    """
    for position, value in enumerate(last):
        try:
            number = _number(value)
            numbers = [
                _number(row[position]) for row in above if row[position].strip() not in MISSING
            ]
        except ValueError:
            continue
        total = math.fsum(numbers)
        yield number != 0 and any(
            math.isclose(number, each, rel_tol=_CLOSE)
            for each in (total, *([total / max(len(numbers), 1)] if or_means else []))
        )


def _number(text: str) -> float:
    return float(text.strip().replace(",", "."))


def refuse_odd_quotes(names: Sequence[str], rows: Rows, decimal: str, where: str) -> None:
    """Refuse typographic or single quotation marks around all names, or around numbers."""
    if len(names) > 1 and all(_quoted(name) for name in names):
        raise _odd_quotes(names[0], where)
    for position, name in enumerate(names):
        first = rows[0][position].strip()
        if not _quoted(first) and not first.startswith(_FORMULA):
            continue
        values = [row[position].strip() for row in rows[:_LOOKED_AT] if row[position].strip()]
        if first.startswith(_FORMULA) and all(value.startswith(_FORMULA) for value in values):
            raise _formulas(name, first, where)
        if all(map(_quoted, values)):
            inside = [value.strip()[1:-1] for value in values]
            if profile_text(name, inside, decimal).minimum is not None:
                raise _odd_quotes(first, where)


def _formulas(name: str, found: str, where: str) -> DatasetError:
    return DatasetError(
        f"The values of the column {name[:_SHOWN]!r} are written as formulas of Excel",
        where=where,
        found=found[:_SHOWN],
        expected="the values alone",
        to_do=f"Remove {_FORMULA} in front of them, and the quotation mark behind.",
    )


def _quoted(text: str) -> bool:
    text = text.strip()
    return len(text) > 1 and text[0] + text[-1] in _PAIRS


def _odd_quotes(found: str, where: str) -> DatasetError:
    return DatasetError(
        "The fields are quoted with other marks than those of CSV",
        where=where,
        found=found.strip()[:_SHOWN],
        expected='plain double quotation marks ("), or none',
        to_do=PLAIN_QUOTES,
    )


PLAIN_QUOTES = 'Replace the quotation marks around the fields by plain double ones (").'


def advice_about_quotes(fields: Sequence[str], delimiter: str) -> str:
    """Say what to do about a broken line whose field was quoted otherwise; "" when none was."""
    line = delimiter.join(fields)
    if re.search(f'{re.escape(delimiter)} +"[^"]*{re.escape(delimiter)}[^"]*"', line):
        return "Remove the spaces between the delimiters and the quotation marks."
    if '\\"' in line:
        return 'Double the quotation marks inside of fields ("") instead of writing \\".'
    if any(
        re.search(f"(^|{re.escape(delimiter)}) ?{pair[0]}[^{pair[1]}]*{re.escape(delimiter)}", line)
        and pair[1] in line[1:]
        for pair in _PAIRS
    ):
        return PLAIN_QUOTES
    return ""
