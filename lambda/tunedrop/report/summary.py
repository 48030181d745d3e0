"""The report's words and small tables about a run and its data, of the page and the Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tunedrop import wording
from tunedrop.report.confirm_scores import FeatureProfile
from tunedrop.report.links import Console
from tunedrop.report.ranges import range_text
from tunedrop.report.results import COMPLETED, Results, RunTrigger
from tunedrop.report.tuning_summary import counts_text
from tunedrop.wording import CHAMPION, DUMMY, WINNER, contender_label
from tunedrop_common.metric_words import called
from tunedrop_common.plan import CrossValidation, Range


@dataclass(frozen=True)
class Tile:
    """One number that stands out."""

    name: str
    value: str
    note: str


@dataclass(frozen=True)
class HyperparameterRow:
    """One hyperparameter of the shipped model."""

    name: str
    value: str
    range: str


def tiles(results: Results) -> tuple[Tile, ...]:
    """Return the headline's numbers."""
    shipped = results.confirm.shipped_contender
    between = wording.interval(*(shipped.interval or (None, None)))
    found = [
        Tile(
            "Score",
            wording.score(shipped.mean),
            wording.one_line(results.metric_words, 40) + (f", 95 %: {between}" if between else ""),
        )
    ]
    if shipped.test_score is not None:
        found.append(Tile("On test rows", wording.score(shipped.test_score), "never seen before"))
    found += _gains(results)
    counts = Counter(job.status for job in results.training_jobs)
    found.append(
        Tile(
            "Training jobs",
            f"{len(results.training_jobs):,}",
            counts_text(counts, leave_out=COMPLETED) or "all completed",
        )
    )
    if results.cost is not None:
        spent = results.cost.billable_seconds
        if results.cost.usd is not None:
            found.append(
                Tile("Cost", wording.money(results.cost.usd), wording.duration(spent) + " billed")
            )
        else:
            found.append(Tile("Billed", wording.duration(spent), results.cost.instance_type))
    return tuple(found)


def _gains(results: Results) -> list[Tile]:
    """Compare the shipped model with the champion before it, or else with guessing."""
    shipped = results.confirm.shipped_contender
    for name, label in ((CHAMPION, "Against the champion"), (DUMMY, "Against guessing")):
        other = results.confirm.contender(name)
        if other and other.name != shipped.name and None not in (other.mean, shipped.mean):
            luck = results.sign * (shipped.luck or 0.0)
            gain = (shipped.mean or 0.0) - luck - (other.mean or 0.0)
            return [Tile(label, wording.signed(gain), f"from {wording.score(other.mean)}")]
    return []


def model_sentence(results: Results) -> str:
    """Return what the shipped model is."""
    shipped = results.confirm.shipped_contender
    label = contender_label(shipped.name, shipped.estimator)
    rows = wording.count(results.confirm.rows.train, "row")
    what = f"{label}, fitted on all {rows} of the training data."
    if shipped.name == WINNER and results.best_training_job:
        what += f" Its hyperparameters come from the training job {results.best_training_job}."
    return what


def shipped_hyperparameters(results: Results) -> tuple[HyperparameterRow, ...]:
    """Return the shipped model's hyperparameters, each with the range that was searched.

    Those of an ensemble are its members', one after the other.
    """
    if not results.members:
        shipped = results.confirm.shipped_contender
        return _rows(results, shipped.estimator, shipped.hyperparameters)
    return tuple(
        row
        for number, member in enumerate(results.members, start=1)
        for row in _rows(
            results,
            member.estimator.key,
            {**member.estimator.fixed, **member.hyperparameters},
            f"{number}. {member.estimator.key}, weight {wording.number(member.weight, 2)}: ",
        )
    )


def _rows(
    results: Results, estimator: str, hyperparameters: Mapping[str, object], of: str = ""
) -> tuple[HyperparameterRow, ...]:
    ranges: dict[str, Range] = {}
    for job in results.tuning_jobs:
        if job.estimator.key == estimator:
            ranges = job.estimator.ranges
    return tuple(
        HyperparameterRow(
            f"{of}{name}", str(value), range_text(ranges[name]) if name in ranges else "not tuned"
        )
        for name, value in sorted(hyperparameters.items())
    )


def run_facts(results: Results) -> list[tuple[str, str]]:
    """Return what was run, where and with what."""
    confirm, data, folds = results.confirm, results.data, results.cross_validation
    trigger = results.run.trigger
    dropped = confirm.rows.dropped_missing_target
    return [
        ("Run", results.run_id),
        ("Started by", _started_by(trigger)),
        ("Started at", _when(trigger.time)),
        ("Task", f"{results.task} of “{wording.one_line(results.target, 100)}”"),
        ("Metric", f"{results.metric_words} ({results.better}): {called(results.metric).origin}"),
        ("Rows", f"{confirm.rows.train:,} for training, {confirm.rows.test:,} for the test"),
        ("Left out", f"{wording.count(dropped, 'row')} without a target" if dropped else ""),
        ("Data", f"{data.format}, {data.train.bytes:,} bytes"),
        ("Tuning's folds", _folds_text(folds)),
        ("Confirm's folds", f"{confirm.folds} x {confirm.repeats} repeats, seed {confirm.seed}"),
        ("Seed", str(results.seed)),
        ("Versions", ", ".join(f"{k} {v}" for k, v in sorted(confirm.versions.items()))),
        ("Model", results.model or "none"),
        ("Run's folder", results.folder),
        ("Execution", results.run.execution),
    ]  # fmt: skip


def _started_by(trigger: RunTrigger) -> str:
    """Say what a run was started by; files have it in common that one was the newest."""
    if trigger.kind in ("object", "sweep"):
        return f"a file: {trigger.key}" if trigger.key else "a file"
    names = {"person": "a person", "schedule": "the schedule", "resume": "a person, again"}
    return names.get(trigger.kind, trigger.kind)


def _when(iso: str) -> str:
    try:
        return wording.moment(datetime.fromisoformat(iso))
    except ValueError:
        return iso


def _folds_text(folds: CrossValidation) -> str:
    number = "one holdout" if folds.folds == 1 else f"{folds.folds}"
    how = {"grouped": ", groups kept together", "ordered": ", in the order of time"}
    stratified = ", stratified" if folds.stratified else ""
    return f"{number}{how.get(folds.kind, '')}{stratified}, seed {folds.seed}"


def run_links(results: Results) -> list[tuple[str, str]]:
    """Return the names and addresses of the console's pages about a run."""
    console = Console(results.region)
    found = [
        ("the run's folder in S3", console.folder(results.folder)),
        ("the execution", console.execution(results.run.execution)),
        *(
            (f"the tuning job of {job.estimator.key}", console.tuning_job(job.name))
            for job in results.tuning_jobs
            if job.arn
        ),
        ("the Confirm job", console.training_job(results.confirm_job.name)),
        ("its log", console.log(results.confirm_job.name)),
    ]
    return [(name, address) for name, address in found if address]


MOST_COLUMNS = 500


@dataclass(frozen=True)
class ColumnRow:
    """One column: what the plan decided, and what Confirm found in the training rows."""

    name: str
    kind: str
    role: str
    missing: str
    summary: str
    reason: str


@dataclass(frozen=True)
class TargetRow:
    """One class and its share of the training rows."""

    label: str
    rows: int
    share: float


def column_rows(results: Results) -> tuple[ColumnRow, ...]:
    """Return the columns, features first, in their order; ignored ones with the reason."""
    profile = results.confirm.profile
    known = {each.name: each for each in profile.features} if profile else {}
    complete = profile is not None and profile.features_in_all <= len(profile.features)
    order = {"target": 0, "feature": 2, "ignored": 3}
    columns = sorted(results.data.columns, key=lambda column: order.get(column.role, 1))
    found = []
    for column in columns[:MOST_COLUMNS]:
        feature = known.get(column.name) if column.role == "feature" else None
        reason = column.reason
        if column.role == "feature" and feature is None and complete and not reason:
            reason = "left out by the training jobs: see the warnings"
        rows = results.confirm.rows.train
        found.append(
            ColumnRow(
                name=column.name,
                kind=feature.kind if feature else column.kind,
                role=column.role,
                missing=_missing(feature.missing, rows) if feature else "",
                summary=_summary(feature) if feature else "",
                reason=reason,
            )
        )
    return tuple(found)


def _missing(missing: int, rows: int) -> str:
    if not missing or not rows:
        return str(missing)
    return f"{missing:,} ({missing / rows:.1%})"


def _summary(feature: FeatureProfile) -> str:
    if feature.distinct is not None:
        return wording.count(feature.distinct, "category", "categories")
    if feature.mean is None:
        return ""
    return f"mean {wording.number(feature.mean)}, sd {wording.number(feature.standard_deviation)}"


def target_rows(results: Results) -> tuple[TargetRow, ...]:
    """Return the classes of the target with their rows, most frequent first."""
    profile = results.confirm.profile
    if profile is None:
        return ()
    total = results.confirm.rows.train or 1
    return tuple(
        TargetRow(wording.one_line(str(each.label), 100), each.rows, each.rows / total)
        for each in profile.target.classes
    )
