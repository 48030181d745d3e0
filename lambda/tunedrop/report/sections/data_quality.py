"""Data quality: what each finding of the checks means, and what to do about it.

`describe_finding` also words the warnings of a plan, whose checks saw a sample of the rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tunedrop import wording
from tunedrop.report.results import Results
from tunedrop.report.sections.section_text import (
    LONGEST_LABEL,
    STEPS,
    format_estimate,
    format_score,
    join_names,
    join_words,
)
from tunedrop_common.data_findings import DataCheck, DataFinding
from tunedrop_common.data_text import quote_in_yaml
from tunedrop_common.estimates import IntervalEstimate
from tunedrop_common.explanation import Duplicates, Explanation, ExplanationStep, LeakyColumn, Shift


@dataclass(frozen=True)
class DataIssue:
    """A problem of the data.

    Parameters
    ----------
    action
        What to do about it; empty if there is nothing.
    setting
        The line of tuning.yaml that does it; empty if none does.
    """

    title: str
    sentences: tuple[str, ...]
    action: str = ""
    setting: str = ""

    @property
    def text(self) -> str:
        """Everything but the title on one line."""
        return " ".join(filter(None, (*self.sentences, self._cure)))

    @property
    def recommendation(self) -> str:
        """The title and the action on one line; empty without an action."""
        return f"{self.title}. {self._cure}" if self._cure else ""

    @property
    def _cure(self) -> str:
        setting = f"In tuning.yaml: {self.setting}" if self.setting else ""
        return " ".join(filter(None, (self.action, setting)))


_EXCLUDE = "ignore_columns: [{column}]"
_EXCLUDE_LEAK = "If {name} is unavailable at prediction time, exclude it."
_COPY = "Each value of {name} goes with one value of the target, and the other way round."
# Of each check: a title, a sentence, an action, and a line of tuning.yaml.
_TEXTS: dict[DataCheck, tuple[str, str, str, str]] = {
    "target copy": ("{name} may be a copy of the target", _COPY, _EXCLUDE_LEAK, _EXCLUDE),
    "group": (
        "Rows with the same {name} belong together",
        "{name} has {count} values that occur in a few rows each, and rows with the same value are "
        "alike. The folds separate such rows, so scores for new values may be optimistic.",
        "Keep rows with the same value together.",
        "group_column: {column}",
    ),
    "time": (
        "The order of the rows may matter",
        "{name} is a point in time, but the folds are shuffled: scores for later rows may be "
        "optimistic.",
        "To predict later rows from earlier ones, name the column.",
        "time_column: {column}",
    ),
    "identifier": (
        "{name} may be an identifier",
        "{name} has the name of an identifier and a different value in every row.",
        "If it only identifies the rows, exclude it.",
        _EXCLUDE,
    ),
    "duplicate rows": (
        "Duplicate rows",
        "Training rows that repeat an earlier one, target included: {count}. Models are scored on "
        "rows that they have learned from.",
        "Remove the duplicates.",
        "",
    ),
    "conflicting targets": (
        "Conflicting targets",
        "Training rows with the features of others but another target: {count}. No model can "
        "predict all of them correctly.",
        "",
        "",
    ),
    "test rows in training": (
        "Test rows in the training data",
        "Test rows with the features of training rows: {count}. The test score may be optimistic.",
        "",
        "",
    ),
}  # fmt: skip


def describe_finding(finding: DataFinding) -> DataIssue:
    """Return what a finding of the checks means, and what to do about it."""
    title, sentence, action, setting = (
        text.format(
            name=wording.quoted(finding.column),
            column=quote_in_yaml(finding.column),
            count=f"{finding.count:,}",
        )
        for text in _TEXTS[finding.check]
    )
    return DataIssue(title, (sentence,), action, setting)


def data_quality_section(results: Results) -> dict[str, Any]:
    """Return the section's issues, or one sentence that says what was checked."""
    explanation, issues = results.confirm.explanation, tuple(data_issues(results))
    return dict(
        issues=issues,
        checked="" if issues else _clear(explanation),
    )


def data_issues(results: Results) -> Iterator[DataIssue]:
    """Yield the problems of the data, those with scores first; each of them once."""
    quality = results.confirm.explanation.data_quality
    for leak in quality.leaky_columns:
        yield _describe_leak(leak, results.metric_words, is_only=len(quality.leaky_columns) == 1)
    if quality.duplicates:
        yield from _duplicates(quality.duplicates, results)
    if quality.shift and quality.shift.is_significant:
        yield _shift(quality.shift)
    scored = {leak.column for leak in quality.leaky_columns} | (
        {""} if quality.duplicates else set()
    )
    for finding in quality.findings:
        if finding.column not in scored:
            yield describe_finding(finding)


def _describe_leak(leak: LeakyColumn, metric: str, *, is_only: bool) -> DataIssue:
    name = wording.quoted(leak.column, LONGEST_LABEL)
    sentences = [_COPY.format(name=name)] if leak.is_target_copy else []
    sentences.append(
        f"A small tree on {name} alone reaches a {metric} of {format_score(leak.column_score)}; "
        f"the selected model, {wording.score(leak.of_model)}."
    )
    without = leak.without
    if without is not None and without.mean is not None:
        score = format_score(IntervalEstimate(value=without.mean, interval=without.interval))
        it = "it" if is_only else "all such columns"
        sentences.append(f"Without {it}, the selected model reaches {score}.")
    return DataIssue(
        f"Possible data leakage: {name}",
        tuple(sentences),
        _EXCLUDE_LEAK.format(name=name),
        _EXCLUDE.format(column=quote_in_yaml(leak.column)),
    )


def _duplicates(duplicates: Duplicates, results: Results) -> Iterator[DataIssue]:
    counts: dict[DataCheck, int] = {
        "duplicate rows": duplicates.rows,
        "conflicting targets": duplicates.conflicting,
        "test rows in training": duplicates.test_rows_in_training,
    }
    sentences = [
        sentence
        for check, count in counts.items()
        if count
        for sentence in describe_finding(DataFinding(check=check, count=count)).sentences
    ]
    if duplicates.score_without and duplicates.score_without.value is not None:
        score = format_score(duplicates.score_without)
        sentences.append(
            f"On rows without a duplicate in training, the {results.metric_words} is {score}."
        )
    if duplicates.test_score_without is not None:
        score = wording.score(duplicates.test_score_without)
        sentences.append(f"Without them, the test score is {score}.")
    if sentences:
        action = "Remove them. Without a test file, a group_column also keeps them together."
        has_action = duplicates.test_rows_in_training
        yield DataIssue("Duplicate rows", tuple(sentences), action if has_action else "")


def _shift(shift: Shift) -> DataIssue:
    auc = format_estimate(shift.auc)
    sentences = [
        f"A classifier separates test from training rows: ROC AUC {auc}; 0.5 means no shift."
    ]
    if shift.columns:
        sentences.append(f"They differ most in {join_names(shift.columns)}.")
    return DataIssue(
        "Distribution shift: test rows differ from training rows",
        tuple(sentences),
        "Find out which of them new data will resemble. If it is the test rows, rely on the test "
        "score; if not, check how the test rows were selected.",
    )


def _clear(explanation: Explanation) -> str:
    """Return which checks found nothing, of those that were made."""
    quality = explanation.data_quality
    steps: list[ExplanationStep] = ["leakage", "data checks"]
    steps += ["duplicates"] if quality.duplicates else []
    steps += ["shift"] if quality.shift else []
    skipped = {step.step for step in explanation.skipped}
    checks = [STEPS[step] for step in steps if step not in skipped]
    return f"No data problem detected. Checked: {join_words(checks)}." if checks else ""
