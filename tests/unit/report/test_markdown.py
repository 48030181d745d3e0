"""report.md: snapshots of two whole reports, and text that stays text."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.report.synthetic_explanations import (
    COLUMNS,
    explained,
    of_classes,
    of_numbers,
    scored_by,
)
from tests.support.report.synthetic_plan import HOSTILE
from tests.support.report.synthetic_results import ensemble_json, make_errors, make_results
from tunedrop.report.markdown import escape, report_md
from tunedrop.report.results import Results

SNAPSHOTS = Path(__file__).with_name("snapshots")
UPDATE = "UPDATE_SNAPSHOT=1 pytest tests/unit/report/test_markdown.py"


def plain(text: str) -> str:
    """Return Markdown without the characters that escape."""
    return text.replace("\\", "").replace("`", "")


def hostile_report() -> str:
    explanation = of_classes(columns=[name + HOSTILE for name in COLUMNS], end=HOSTILE)
    results = explained(make_results(20, hostile=True), explanation)
    return report_md(results.model_copy(update={"dataset": HOSTILE}))


@pytest.mark.parametrize(
    ("name", "results"),
    [
        (
            "report.md",
            explained(
                make_results(20),
                of_classes(["no", "yes"]),
                contenders=scored_by("f1", "neg_log_loss"),
            ),
        ),
        ("regression.md", explained(make_errors(20), of_numbers(unit=1000.0))),
    ],
)
def test_the_whole_report_is_that_of_the_snapshot(name: str, results: Results) -> None:
    text = report_md(results)
    if "UPDATE_SNAPSHOT" in os.environ:
        (SNAPSHOTS / name).write_text(text, encoding="utf-8")
    snapshot = (SNAPSHOTS / name).read_text(encoding="utf-8")
    assert text == snapshot, f"If it is intended, run: {UPDATE}"


def test_an_ensemble_shows_each_members_hyperparameters() -> None:
    text = plain(report_md(make_results(20, confirm=ensemble_json())))
    assert "Ensemble of the tuned models, fitted on all 120" in text
    assert "2. linear: C | 0.5 | 0.001 to 100" in text
    assert "1. boosting: learning_rate | 0.1 |" in text
    assert "1. boosting: max_iter | 50 | not tuned" in text


def test_every_table_row_has_as_many_cells_as_its_head() -> None:
    rows = [line for line in hostile_report().splitlines() if line.startswith("|")]
    assert len(rows) > 20
    counts = [len(re.findall(r"(?<!\\)\|", row)) for row in rows]
    for row, count, following in zip(rows, counts, counts[1:], strict=False):
        if "---" in row:
            assert count == following


def test_hostile_names_make_no_markup() -> None:
    code = r"(?ms)^(`{3,})\w*\n.*?^\1$|(?<!\\)(`+) ?[^\n]*?(?<!`)\2(?!`)"
    outside = re.sub(code, "", hostile_report())
    assert not re.search(r"(?<!\\)<", outside)
    assert "@all" not in outside
    assert not re.search(r"(?<!\\)\]\(|https?://", outside)


@given(st.text(max_size=80))
def test_escaped_text_is_one_line_without_active_characters(text: str) -> None:
    escaped = escape(text)
    assert "\n" not in escaped
    assert not re.search(r"(?<!\\)[`*|<>\[\]]", re.sub(r"\\\\", "", escaped))


def test_it_fits_into_a_comment_on_github() -> None:
    names = [f"a column with a name of some length, number {number}" for number in range(300)]
    labels = [f"a class with a name of some length, number {number}" for number in range(40)]
    everything = explained(make_results(750), of_classes(labels, names))
    assert len(report_md(everything)) < 65_536
