"""Whether the data can be trusted: what is odd about it, and the line that answers it."""

from __future__ import annotations

from dataclasses import dataclass

from tunedrop import wording
from tunedrop.report.results import Results
from tunedrop.report.sections.words import (
    LONGEST_LABEL,
    PARTS,
    digits,
    left_out,
    listed,
    names_listed,
    ninety_five,
    scored,
)
from tunedrop_common.data_text import quote_in_yaml
from tunedrop_common.estimates import IntervalEstimate
from tunedrop_common.explanation import (
    Duplicates,
    Explanation,
    Part,
    Shift,
    SplitSuggestion,
    Suspect,
)


@dataclass(frozen=True)
class Oddity:
    """Something odd in sentences, with the line of tuning.yaml that answers it, if one does."""

    title: str
    sentences: tuple[str, ...]
    setting: str = ""


@dataclass(frozen=True)
class TrustSection:
    """The section's findings, or one sentence that says what was looked at."""

    findings: tuple[Oddity, ...]
    clear: str
    left_out: tuple[str, ...]


def trust_section(results: Results) -> TrustSection:
    """Return what the section says."""
    explanation = results.confirm.explanation
    trust = explanation.trust
    several = len(trust.suspects) > 1
    found = [_suspect(each, results.metric_words, several=several) for each in trust.suspects]
    if trust.duplicates:
        found += _duplicates(trust.duplicates, results.metric_words)
    if trust.shift and trust.shift.surely:
        found.append(_shift(trust.shift))
    found += [_hint(each) for each in trust.hints]
    return TrustSection(
        findings=tuple(found),
        clear="" if found else _clear(explanation),
        left_out=left_out(explanation, "trust"),
    )


def _suspect(suspect: Suspect, metric: str, *, several: bool) -> Oddity:
    name = wording.quoted(suspect.column, LONGEST_LABEL)
    said = []
    if suspect.renaming:
        said.append(
            f"Each value of {name} goes with one value of the target, and the other way round: it "
            "may be the target by another name."
        )
    said.append(
        f"Seeing {name} only, a small model has a {metric} of {scored(suspect.alone)}; the whole "
        f"model has {wording.score(suspect.of_model)}."
    )
    without = suspect.without
    if without is not None and without.mean is not None:
        worth = scored(IntervalEstimate(value=without.mean, interval=without.interval))
        it = "all such columns" if several else "it"
        said.append(f"Without {it}, the {metric} is {worth}.")
    said.append(
        "If it is not known yet when the model is asked, leave it out, by this line of tuning.yaml:"
    )
    return Oddity(
        f"{name} seems to give the answer away",
        tuple(said),
        f"ignore_columns: [{quote_in_yaml(suspect.column)}]",
    )


def _duplicates(duplicates: Duplicates, metric: str) -> list[Oddity]:
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
            f"On rows without a double in the training data the {metric} is {scored(without)}."
        )
    if duplicates.test_rows_in_training:
        rows = duplicates.test_rows_in_training
        said.append(
            f"{wording.count(rows, 'test row is', 'test rows are')} in the training data, too, "
            "where the model could learn the answer by heart."
        )
    if duplicates.test_score_without is not None:
        said.append(
            f"Without them the test score is {wording.score(duplicates.test_score_without)}."
        )
    return [Oddity("Rows that are there more than once", tuple(said))] if said else []


def _shift(shift: Shift) -> Oddity:
    auc = f"{digits(shift.auc.value)}{ninety_five(shift.auc.interval, digits)}"
    said = [
        "A classifier tells test rows from training rows: its ROC AUC is "
        f"{auc}, where 0.5 is chance and 1 always right.",
    ]
    if shift.columns:
        said.append(f"It does so by {names_listed(shift.columns)}.")
    said.append(
        "If the test rows are like those to come, trust their score more than that on folds; if "
        "not, look at how the test file was made."
    )
    return Oddity("The test rows are unlike the training rows", tuple(said))


def _hint(hint: SplitSuggestion) -> Oddity:
    title = {
        "time_column": "The order of the rows may matter",
        "group_column": "Some rows may belong together",
    }[hint.setting]
    sentence = wording.one_line(hint.sentence, 500)
    return Oddity(title, (sentence,), f"{hint.setting}: {quote_in_yaml(hint.column)}")


def _clear(explanation: Explanation) -> str:
    """Say what was looked at, of what could be."""
    trust, missing = explanation.trust, {each.part for each in explanation.left_out}
    there: dict[Part, bool] = {
        "suspects": True, "hints": True, "duplicates": bool(trust.duplicates),
        "shift": bool(trust.shift),
    }  # fmt: skip
    looked = [PARTS["trust"][part] for part, so in there.items() if so and part not in missing]
    return f"Nothing odd was found. Looked for: {listed(looked)}." if looked else ""
