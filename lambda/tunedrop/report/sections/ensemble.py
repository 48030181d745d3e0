"""The best of the search, combined: who is in it, what it costs, and whether it ships."""

from __future__ import annotations

from dataclasses import dataclass

from tunedrop import wording
from tunedrop.report.confirm_scores import Contender
from tunedrop.report.ranges import values_text
from tunedrop.report.results import Results
from tunedrop.report.sections.section_text import format_score, not_available
from tunedrop.report.tables import TextTable
from tunedrop.wording import ENSEMBLE, contender_label
from tunedrop_common.estimates import IntervalEstimate
from tunedrop_common.explanation import Ensemble


@dataclass(frozen=True)
class EnsembleSection:
    """The section's sentences and its members."""

    sentences: tuple[str, ...]
    members: TextTable | None
    not_available: tuple[str, ...]


def ensemble_section(results: Results) -> EnsembleSection | None:
    """Return what the section says; None where Confirm said nothing of it."""
    explanation = results.confirm.explanation
    missing, ensemble = not_available(explanation, "ensemble"), explanation.ensemble
    if ensemble is None:
        return EnsembleSection((), None, missing) if missing else None
    sentences = (*_scored(results, ensemble), _cost(ensemble))
    shown = tuple(each for each in sentences if each)
    return EnsembleSection(shown, member_table(ensemble), missing)


def member_table(ensemble: Ensemble) -> TextTable:
    """Return the members, the heaviest first."""
    members = sorted(ensemble.members, key=lambda member: -member.weight)
    return TextTable(
        ("Weight", "Estimator", "Training job", "Hyperparameters"),
        tuple(
            (
                wording.percent(member.weight),
                member.estimator,
                member.training_job,
                values_text(member.hyperparameters),
            )
            for member in members
        ),
        numeric=(0,),
    )


def _scored(results: Results, ensemble: Ensemble) -> list[str]:
    said = [
        f"Of the {wording.count(ensemble.candidates, 'best training job')} that the search kept, "
        f"{wording.count(len(ensemble.members), 'is', 'are')} combined: each predicts, and their "
        "predictions are averaged by their weights."
    ]
    own = results.confirm.contender(ENSEMBLE)
    single = _best_single(results)
    if own is None or own.mean is None:
        if own is not None and own.status != "scored":
            said.append(
                f"It could not be scored: {wording.one_line(own.reason or own.status, 200)}"
            )
        return said
    worth = format_score(IntervalEstimate(value=own.mean, interval=own.interval))
    score = f"Its {results.metric_words} is {worth}"
    if single is not None:
        label = contender_label(single.name, single.estimator)
        score += f"; of single models, the best is {label} with {wording.score(single.mean)}"
    said.append(f"{score}.")
    said.append(
        "It is what this run ships."
        if results.shipped == ENSEMBLE
        else "It is not shipped: only one that is surely better than the model in its place is."
    )
    return said


def _best_single(results: Results) -> Contender | None:
    others = [
        each
        for each in results.confirm.contenders
        if each.name != ENSEMBLE and each.mean is not None
    ]
    return max(others, key=lambda each: results.sign * (each.mean or 0.0), default=None)


def _cost(ensemble: Ensemble) -> str:
    parts = []
    if ensemble.model_bytes is not None:
        parts.append(f"{wording.number(ensemble.model_bytes / 1e6, 2)} MB of files")
    own, single = ensemble.milliseconds_a_row, ensemble.single_milliseconds_a_row
    if own is not None:
        parts.append(f"{wording.number(own, 2)} ms a row")
        if single:
            parts[-1] += (
                f", {wording.number(own / single, 2)} times those of the best single model "
                f"({wording.number(single, 2)} ms)"
            )
    return f"It costs {' and '.join(parts)}." if parts else ""
