"""What is told of the target's classes is about classes that there are."""

import pytest

from tunedrop.errors import TuningConfigError
from tunedrop.planning.estimators.selection import choose_estimators
from tunedrop.planning.tuning_config.file import read_tuning_config
from tunedrop.reading.columns import ColumnProfile, profile_flags, profile_numbers, profile_words
from tunedrop_common.plan import Metric

WORDS = profile_words("kind", ["pear", "plum", "apple"] * 10, 0)
CODES = profile_words("zip", ["007", "010"] * 10, 0)
NUMBERS = profile_numbers("grade", [1.0, 2.0, 3.0] * 10, 0)
FLAGS = profile_flags("paid", [True, False] * 10, 0)


def choose(details: str, target: ColumnProfile, *, complete: bool = True) -> dict[str, str]:
    config = read_tuning_config(f"estimators: {{{details}}}".encode())
    (found,), _ = choose_estimators(
        config, "classification", target, Metric(objective="accuracy"), 0, complete=complete
    )
    return found.fixed


@pytest.mark.parametrize(
    ("given", "target", "text"),
    [
        ("{pear: 1, plum: 2.5}", WORDS, "{'pear': 1, 'plum': 2.5}"),
        ("{1: 1, 2: 5}", NUMBERS, "{1: 1, 2: 5}"),
        ("{true: 3}", FLAGS, "{True: 3}"),
        ("{007: 3}", CODES, "{'007': 3}"),
        ("balanced", WORDS, "balanced"),
    ],
)
def test_weights_of_classes_keep_their_names(given: str, target: ColumnProfile, text: str) -> None:
    fixed = choose(f"linear: {{fixed: {{class_weight: {given}}}}}", target)
    assert fixed["class_weight"] == text


@pytest.mark.parametrize(
    ("details", "message"),
    [
        (
            "linear: {fixed: {class_weight: {cherry: 1}}}",
            "Found 'cherry'; expected 'apple', 'pear', 'plum'",
        ),
        ("linear: {ranges: {class_weight: [null, {pear: 2, Plum: 1}]}}", "Found 'Plum'"),
        ("linear: {fixed: {class_weight: {pear: much}}}", "not a number from 0 on"),
        ("linear: {fixed: {class_weight: {pear: -1}}}", "not a number from 0 on"),
        ("linear: {fixed: {class_weight: [{pear: 1}]}}", "a mapping, or one of 'balanced'"),
    ],
)
def test_what_is_no_class_is_refused_at_its_place(details: str, message: str) -> None:
    with pytest.raises(TuningConfigError, match=message) as refused:
        choose(details, WORDS)
    assert "tuning.yaml, line 1, key estimators." in refused.value.where


def test_where_not_every_row_was_seen_any_name_may_be_a_class() -> None:
    details = "linear: {fixed: {class_weight: {cherry: 1}}}"
    assert choose(details, WORDS, complete=False)["class_weight"] == "{'cherry': 1}"
