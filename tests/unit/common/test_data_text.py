"""Names and values out of people's data, inside messages."""

from __future__ import annotations

import ast

import yaml
from hypothesis import given
from hypothesis import strategies as st

from tunedrop.errors import DatasetError
from tunedrop.wording import without_quotes
from tunedrop_common.data_text import escape, quote, quote_in_yaml

LETTERS = st.characters(codec=None)  # surrogates too
NAMES = st.text(LETTERS, max_size=30) | st.text(LETTERS, min_size=81, max_size=300)
VALUES = NAMES | st.floats() | st.lists(NAMES, max_size=5) | st.dictionaries(NAMES, NAMES)


@given(NAMES)
def test_a_name_in_a_table_is_short_printable_and_itself_where_it_can_be(name: str) -> None:
    shown = escape(name, 80)
    assert shown.isprintable()
    assert len(shown) <= 80
    assert shown == name or not name.isprintable() or len(name) > 80


@given(VALUES)
def test_no_value_breaks_a_message_or_outlives_its_quotes(value: object) -> None:
    quoted = quote(value)
    assert quoted.isprintable()
    assert len(quoted) <= 80 * len(r"\U0010ffff") + 2
    if isinstance(value, str):
        start = ast.literal_eval(quoted)
        assert start == value or value.startswith(start.removesuffix("…"))
        assert without_quotes(f"The column {quoted} is empty") == "The column '...' is empty"


@given(NAMES.filter(lambda name: len(name) <= 80))
def test_tuning_yaml_reads_a_name_as_it_is_suggested(name: str) -> None:
    if name.encode(errors="ignore").decode() == name:
        assert yaml.safe_load(f"- {quote_in_yaml(name)}") == [name]


@given(NAMES, NAMES)
def test_an_error_is_one_line_whatever_it_names(name: str, place: str) -> None:
    error = DatasetError(f"No column {name}", where=place, found=name, expected=name, to_do=place)
    assert str(error).isprintable()
    assert error.for_log.isprintable()
    assert all(part.isprintable() for part in (error.what, error.where, error.found, error.to_do))
