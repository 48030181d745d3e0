"""What the findings of the data checks mean for people, in the plan and in the report."""

from __future__ import annotations

from dataclasses import dataclass

from tunedrop import wording
from tunedrop_common.data_findings import DataCheck, DataFinding
from tunedrop_common.data_text import quote_in_yaml
from tunedrop_common.explanation import Trust

EXCLUDE = "ignore_columns: [{column}]"


@dataclass(frozen=True)
class DataIssue:
    """A problem of the data, with the line of tuning.yaml that answers it, if one does."""

    title: str
    sentences: tuple[str, ...]
    setting: str = ""

    @property
    def text(self) -> str:
        """The sentences and the setting on one line."""
        setting = f"In tuning.yaml: {self.setting}" if self.setting else ""
        return " ".join(filter(None, (*self.sentences, setting)))


# Of each check: a title, a sentence, and a line of tuning.yaml.
_TEXTS: dict[DataCheck, tuple[str, str, str]] = {
    "target copy": (
        "{name} may be a copy of the target",
        "Each value of {name} goes with one value of the target, and the other way round: if it is "
        "unavailable at prediction time, exclude it.",
        EXCLUDE,
    ),
    "group": (
        "Rows with the same {name} belong together",
        "{name} has {count} values that come back in few rows each, and rows with the same one are "
        "alike. The folds separate such rows, so scores for new values may be optimistic.",
        "group_column: {column}",
    ),
    "time": (
        "The order of the rows may matter",
        "{name} says when, but the folds are shuffled: scores for later rows may be optimistic.",
        "time_column: {column}",
    ),
    "identifier": (
        "{name} may only identify the rows",
        "{name} has the name of an identifier and a value of its own in every row: if it only "
        "names the rows, exclude it.",
        EXCLUDE,
    ),
    "duplicate rows": (
        "Duplicate rows",
        "{count} of the training rows repeat an earlier one, target included, so models are scored "
        "on rows that they have learnt from: remove the duplicates.",
        "",
    ),
    "conflicting targets": (
        "Conflicting targets",
        "{count} of the training rows have the features of others, but another target: no model "
        "can be right on all of them.",
        "",
    ),
    "test rows in training": (
        "Test rows in the training data",
        "{count} of the test rows have the features of training rows: the test score may be "
        "optimistic.",
        "",
    ),
}


def unmeasured_findings(trust: Trust) -> list[DataFinding]:
    """Return the findings of which Confirm has no scores: suspects and duplicates have theirs."""
    measured = {suspect.column for suspect in trust.suspects}
    if trust.duplicates:
        measured.add("")
    return [finding for finding in trust.findings if finding.column not in measured]


def describe_finding(finding: DataFinding) -> DataIssue:
    """Return what a finding means, and what to do about it."""
    title, sentence, setting = (
        text.format(
            name=wording.quoted(finding.column),
            column=quote_in_yaml(finding.column),
            count=f"{finding.count:,}",
        )
        for text in _TEXTS[finding.check]
    )
    return DataIssue(title, (sentence,), setting)
