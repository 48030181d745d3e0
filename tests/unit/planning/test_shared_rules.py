"""PlanRun and the training container never import one another; here what both must agree on."""

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_trainer.data import column_names, missing_words, number_text
from tunedrop.planning.estimators.preprocessing import PREFIX, PREPROCESSING
from tunedrop.reading import number_text as planned_number_text
from tunedrop.reading.columns import MANY_CATEGORIES, MISSING, STRAY_SHARE
from tunedrop.reading.table import unique_names


def test_both_take_the_same_words_for_missing() -> None:
    assert frozenset(missing_words.MISSING) == MISSING


def test_both_tell_text_from_categories_at_the_same_number() -> None:
    from sklearn_trainer.data import column_kinds, features

    assert features.MANY_CATEGORIES == MANY_CATEGORIES
    assert column_kinds.STRAY_SHARE == STRAY_SHARE


def test_both_take_the_same_numbers_for_a_target() -> None:
    from sklearn_trainer.data import target as ours
    from tunedrop.planning import target_numbers as planned

    assert ours.GREATEST == planned.GREATEST
    assert ours.LEAST_SPREAD == planned.LEAST_SPREAD
    assert ours.LEAST_RELATIVE_SPREAD == planned.LEAST_RELATIVE_SPREAD


def test_both_know_the_same_choices_of_the_preprocessing() -> None:
    from sklearn_trainer.model.preprocessing_choices import CHOICES, NUMBERS

    words = {name: ({"options": list(options)},) for name, options in CHOICES.items()}
    numbers = {
        name: ({"type": "int", "low": low, "high": high, "closed": "both" if high else "left"},)
        for name, (low, high) in NUMBERS.items()
    }
    ours = {f"{PREFIX}{name}": takes for name, takes in {**words, **numbers}.items()}
    assert ours == PREPROCESSING


def test_both_take_the_same_words_among_numbers_for_missing() -> None:
    assert frozenset(missing_words.MARKS) == planned_number_text.MISSING_MARKS


PIECES = st.sampled_from(
    ["1", "12", "123", "1,234", "1.234", "1'234", "1 234", "0", ".5", ",5", ".", "-", "\u2212",
     "\u2013", "+", "$", "€", "EUR", "%", " ", "(", ")", "e3", "x"]
)  # fmt: skip
WRITTEN = st.lists(st.lists(PIECES, min_size=1, max_size=4).map("".join), min_size=1, max_size=3)


@settings(max_examples=500)
@given(WRITTEN, st.sampled_from([".", ","]))
def test_both_read_the_same_numbers(texts: list[str], decimal: str) -> None:
    trimmed = [text.strip() for text in texts]
    ours = planned_number_text.written_numbers(trimmed, decimal)
    column = number_text.written_numbers(pa.chunked_array([trimmed], pa.string()), decimal)
    assert ours == (None if column is None else column.to_pylist())


@given(st.lists(st.text("a. \t1", max_size=4), max_size=8))
def test_both_give_columns_the_same_names(names: list[str]) -> None:
    assert unique_names(names) == column_names.unique_names(names)
