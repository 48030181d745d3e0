"""Whether the data can be trusted: what is odd about it, and the line that answers it."""

from __future__ import annotations

from dataclasses import dataclass

from tunedrop import wording
from tunedrop.report.data_issues import EXCLUDE, DataIssue, describe_finding, unmeasured_findings
from tunedrop.report.results import Results
from tunedrop.report.sections.section_text import (
    LONGEST_LABEL,
    STEPS,
    digits,
    format_ci,
    format_score,
    join_names,
    join_words,
    not_available,
)
from tunedrop_common.data_text import quote_in_yaml
from tunedrop_common.estimates import IntervalEstimate
from tunedrop_common.explanation import (
    Duplicates,
    Explanation,
    ExplanationStep,
    Shift,
    Suspect,
)


@dataclass(frozen=True)
class DataQualitySection:
    """The section's findings, or one sentence that says what was looked at."""

    findings: tuple[DataIssue, ...]
    clear: str
    not_available: tuple[str, ...]


def data_quality_section(results: Results) -> DataQualitySection:
    """Return what the section says."""
    explanation = results.confirm.explanation
    trust = explanation.trust
    several = len(trust.suspects) > 1
    found = [_suspect(each, results.metric_words, several=several) for each in trust.suspects]
    if trust.duplicates:
        found += _duplicates(trust.duplicates, results.metric_words)
    if trust.shift and trust.shift.is_significant:
        found.append(_shift(trust.shift))
    found += [describe_finding(each) for each in unmeasured_findings(trust)]
    return DataQualitySection(
        findings=tuple(found),
        clear="" if found else _clear(explanation),
        not_available=not_available(explanation, "data quality"),
    )


def _suspect(suspect: Suspect, metric: str, *, several: bool) -> DataIssue:
    name = wording.quoted(suspect.column, LONGEST_LABEL)
    said = []
    if suspect.renaming:
        said.append(
            f"Each value of {name} goes with one value of the target, and the other way round: it "
            "may be the target by another name."
        )
    said.append(
        f"A small tree on {name} alone reaches a {metric} of {format_score(suspect.alone)}; the "
        f"selected model, {wording.score(suspect.of_model)}."
    )
    without = suspect.without
    if without is not None and without.mean is not None:
        worth = format_score(IntervalEstimate(value=without.mean, interval=without.interval))
        it = "all such columns" if several else "it"
        said.append(f"Without {it}, the {metric} is {worth}.")
    said.append(
        "If it is not known yet when the model is asked, leave it out, by this line of tuning.yaml:"
    )
    return DataIssue(
        f"{name} seems to give the answer away",
        tuple(said),
        EXCLUDE.format(column=quote_in_yaml(suspect.column)),
    )


def _duplicates(duplicates: Duplicates, metric: str) -> list[DataIssue]:
    said = []
    if duplicates.rows:
        said.append(
            f"{wording.count(duplicates.rows, 'training row repeats', 'training rows repeat')} an "
            "earlier one, target included."
        )
    if duplicates.conflicting:
        several = wording.count(duplicates.conflicting, "row has", "rows have")
        said.append(
            f"{several} the same features as others, but another target: no model can be right on "
            "all of them."
        )
    if duplicates.score_without and duplicates.score_without.value is not None:
        without = duplicates.score_without
        said.append(
            f"On rows without a duplicate in training, the {metric} is {format_score(without)}."
        )
    if duplicates.test_rows_in_training:
        rows = duplicates.test_rows_in_training
        said.append(
            f"{wording.count(rows, 'test row has', 'test rows have')} the features of training "
            "rows; the test score may be optimistic."
        )
    if duplicates.test_score_without is not None:
        said.append(
            f"Without them the test score is {wording.score(duplicates.test_score_without)}."
        )
    return [DataIssue("Rows that are there more than once", tuple(said))] if said else []


def _shift(shift: Shift) -> DataIssue:
    auc = f"{digits(shift.auc.value)}{format_ci(shift.auc.interval, digits)}"
    said = [
        "A classifier tells test rows from training rows: its ROC AUC is "
        f"{auc}, where 0.5 is chance and 1 always right.",
    ]
    if shift.columns:
        said.append(f"It does so by {join_names(shift.columns)}.")
    said.append(
        "If the test rows are like those to come, trust their score more than that on folds; if "
        "not, look at how the test file was made."
    )
    return DataIssue("The test rows are unlike the training rows", tuple(said))


def _clear(explanation: Explanation) -> str:
    """Say what was looked at, of what could be."""
    trust, missing = explanation.trust, {each.step for each in explanation.skipped}
    there: dict[ExplanationStep, bool] = {
        "suspects": True, "data checks": True, "duplicates": bool(trust.duplicates),
        "shift": bool(trust.shift),
    }  # fmt: skip
    words = STEPS["data quality"]
    checked = [words[step] for step, is_there in there.items() if is_there and step not in missing]
    return f"No data problem detected. Checked: {join_words(checked)}." if checked else ""
