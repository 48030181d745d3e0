"""A broken tuning.yaml beside a good table: each message says what to write instead."""

from __future__ import annotations

import pytest

from tests.support.real_tables.runs import PLANNED, REFUSED, Outcome, run_table

HEADER = "size,colour,count,bought"
ROWS = [
    f"{i * 37 % 60 / 60:.3f},{('red', 'blue')[i % 7 % 2]},{i * 41 % 99},{('yes', 'no')[i % 2]}"
    for i in range(60)
]
GOOD = "\n".join([HEADER, *ROWS, ""]).encode()
RANGE = "estimators:\n  linear:\n    ranges:\n      C: "

CONFIGS: dict[str, tuple[str, str]] = {
    "an empty name": ("target: ''", "is empty (tuning.yaml, line 1, key target). Expected a name"),
    "a number as a name": ("target: 2026", "expected text. Write it in quotation marks"),
    "a flag as a name": ("target: true", "expected text. Write it in quotation marks"),
    "no estimator": ("estimators: []", "Expected at least one entry. Write one, or remove the key"),
    "a whole number as text": ("folds: '5'", "Write 5 without quotation marks"),
    "a whole number with a point": ("folds: 5.0", "Write 5."),
    "a range of text": (RANGE + "{min: '0.1', max: 5}", "expected a number. Write 0.1 without"),
    "a range of words": (RANGE + "{min: low, max: 5}", "Found 'low'; expected a number"),
    "a percentage": ("test_fraction: 20%", "expected a number. Write 0.2"),
    "early stopping that is true": ("early_stopping: true", "Write 'auto' instead"),
    "early stopping that is on": ("early_stopping: on", "Write 'auto' instead"),
    "a warm start that is not wanted": ("warm_start: no", "Write 'off' instead"),
    "a range from high to low": (RANGE + "{min: 5, max: 1}", "Exchange the two"),
    "a range of one number": (RANGE + "{min: 1, max: 1}", "Raise max, or move it to `fixed`"),
    "a logarithm of zero": (RANGE + "{min: 0, max: 1, scaling: log}", "Raise min, or write"),
    "details in a list": (
        "estimators:\n  - linear: {fixed: {C: 1}}",
        "and one is {'linear': {'fixed': {'C': 1}}} (tuning.yaml, line 1, key estimators). Write "
        "details in a mapping, without dashes",
    ),
    "too many ranges": (
        "estimators:\n  mlp:\n    ranges:\n" + "".join(f"      p{i}: [1, 2]\n" for i in range(31)),
        "Found 31; expected at most 30. Take out 1 of them.",
    ),
    "too many metrics": (
        "additional_metrics: [" + ", ".join(f"m{i}" for i in range(18)) + "]",
        "Found 18; expected at most 16. Take out 2 of them.",
    ),
    "a list of one value": (RANGE + "[1]", "Nothing is left to tune of linear"),
    "a range without end": (
        "estimators:\n  mlp:\n    ranges:\n      max_iter: {min: 1, max: 99999999999999999}",
        "beyond what is tried (tuning.yaml, line 4, key estimators.mlp.ranges.max_iter)",
    ),
    "a duration of two units": ("max_runtime: 1h30m", "Write one number with one unit"),
    "groups and time": (
        "group_column: colour\ntime_column: size",
        "group_column and time_column cannot be combined: rows are kept together in groups or in "
        "the order of time (tuning.yaml, line 1). Remove one of the two.",
    ),
    "two documents": ("folds: 5\n---\nfolds: 3", "Remove this line of dashes"),
    "a tab": ("folds:\t5", "Write spaces instead of tabs"),
    "a value that begins with @": ("target: @bought", "Put the value in quotation marks"),
    "a value with a colon": ("target: bought: yes", "Put a value with a colon in quotation marks"),
    "a tag of a list": ("target: !!python/object/apply:os.system [ls]", "Tags are not allowed"),
    "spaces that do not break": (
        "estimators:\n\u00a0\u00a0linear:",
        "Replace the odd spaces in front of it by plain ones",
    ),
}


@pytest.mark.parametrize(("config", "words"), CONFIGS.values(), ids=CONFIGS)
def test_the_message_says_what_to_write_instead(config: str, words: str) -> None:
    files = {"train.csv": GOOD, "tuning.yaml": f"{config}\n".encode()}
    outcome = run_table(Outcome("config"), files, None)
    assert outcome.ending == REFUSED, outcome.message
    assert words in outcome.message
    assert outcome.message.endswith(outcome.to_do)


@pytest.mark.parametrize(
    ("config", "values", "words"),
    [
        ("weight_column: w", ["1.5", "2", "heavy"], "is categorical"),
        ("time_column: w", ["2026-01-02", "2026-01-03"], "has 2 different times"),
        ("time_column: w", ["2026-01-02", "soon"], "is categorical"),
    ],
)
def test_a_column_that_is_no_weight_or_time_is_refused(
    config: str, values: list[str], words: str
) -> None:
    lines = [f"{values[i % len(values)]},{row}" for i, row in enumerate(ROWS)]
    table = "\n".join([f"w,{HEADER}", *lines, ""]).encode()
    files = {"train.csv": table, "tuning.yaml": f"target: bought\n{config}\n".encode()}
    outcome = run_table(Outcome("column"), files, None)
    assert outcome.ending == REFUSED, outcome.message
    assert words in outcome.message


@pytest.mark.parametrize("name", ["tuning.yml", "Tuning.Yaml"])
def test_a_configuration_of_another_name_is_not_left_out(name: str) -> None:
    outcome = run_table(Outcome("name"), {"train.csv": GOOD, name: b"{}"}, None)
    assert outcome.ending == REFUSED, outcome.message
    assert f"Found {name!r}; expected tuning.yaml. Rename it" in outcome.message


def test_a_grid_of_one_value_and_one_value_beside_a_range_are_planned() -> None:
    for config in (f"strategy: grid\n{RANGE}[1]\n", f"{RANGE}[1]\n      tol: {{min: 1, max: 2}}\n"):
        files = {"train.csv": GOOD, "tuning.yaml": config.encode()}
        outcome = run_table(Outcome("one"), files, None)
        assert outcome.ending == PLANNED, outcome.message
        assert outcome.warnings == []


def test_a_copy_of_the_configuration_does_no_harm() -> None:
    files = {"train.csv": GOOD, "tuning.yaml": b"folds: 3\n", "tuning.yaml.bak": b"folds: 4\n"}
    outcome = run_table(Outcome("copy"), files, None)
    assert outcome.warnings == [
        "tuning.yaml.bak is neither training data nor test data: not used."
    ], outcome.message
