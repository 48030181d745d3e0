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
from tunedrop.report.results import COMPLETED, Results, RunTrigger, best_training_job
from tunedrop.report.tables import TextTable
from tunedrop.report.tuning_summary import counts_text
from tunedrop.wording import BASELINE, CHAMPION, TUNED_PREFIX, contender_label
from tunedrop_common.data_text import LONGEST, escape
from tunedrop_common.metric_words import called
from tunedrop_common.plan import CrossValidation


@dataclass(frozen=True)
class Tile:
    """One number that stands out."""

    name: str
    value: str
    note: str


def tiles(results: Results) -> tuple[Tile, ...]:
    """Return the headline's numbers."""
    shipped = results.confirm.shipped_contender
    between = wording.interval(shipped.interval)
    metric = wording.one_line(results.metric_words, 40)
    found = []
    if shipped.test_score is not None:
        rows = wording.count(results.confirm.rows.test, "row")
        found.append(
            Tile("Held-out test set", wording.score(shipped.test_score), f"{metric}, {rows}")
        )
    found.append(
        Tile(
            "New splits",
            wording.score(shipped.mean),
            metric + (f", 95 %: {between}" if between else ""),
        )
    )
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
    """Compare the shipped model with the champion before it, or else with the baseline."""
    shipped = results.confirm.shipped_contender
    for name, label in ((CHAMPION, "Against the champion"), (BASELINE, "Against the baseline")):
        other = results.confirm.contender(name)
        if other and other.name != shipped.name and None not in (other.mean, shipped.mean):
            gain = (shipped.mean or 0.0) - (other.mean or 0.0)
            return [Tile(label, wording.signed(gain), f"from {wording.score(other.mean)}")]
    return []


def comparison_table(results: Results) -> TextTable | None:
    """Return Confirm's comparisons of two contenders each; None where there are none."""
    compared = results.confirm.comparisons
    if not compared:
        return None
    return TextTable(
        ("Comparison", "Difference", "Standard error", "t", "p", "Clears the margin"),
        tuple(
            (
                f"{each.a} against {each.b}",
                wording.number(each.difference),
                wording.number(each.standard_error),
                wording.number(each.t, 3),
                wording.number(each.p_value, 2),
                "yes" if each.clears_margin else "no",
            )
            for each in compared
        ),
        numeric=range(1, 5),
    )


def model_sentence(results: Results) -> str:
    """Return what the shipped model is."""
    shipped = results.confirm.shipped_contender
    label = contender_label(shipped.name, shipped.estimator)
    rows = wording.count(results.confirm.rows.train, "row")
    what = f"{label}, fitted on all {rows} of the training data."
    best = best_training_job(results.scored(shipped.estimator), results.sign)
    if best and shipped.name.startswith(TUNED_PREFIX):
        what += f" Its hyperparameters come from the training job {best.name}."
    return what


def hyperparameter_table(results: Results) -> TextTable:
    """Return the shipped model's hyperparameters, each with the range that was searched.

    Those of an ensemble are its members', one after the other.
    """
    shipped = results.confirm.shipped_contender
    rows = _hyperparameters(results, shipped.estimator, shipped.hyperparameters)
    if results.members:
        rows = [
            row
            for number, member in enumerate(results.members, start=1)
            for row in _hyperparameters(
                results,
                member.estimator.key,
                {**member.estimator.fixed, **member.hyperparameters},
                f"{number}. {member.estimator.key}: ",
            )
        ]
    return TextTable(("Hyperparameter", "Value", "Range searched"), tuple(rows))


def _hyperparameters(
    results: Results, estimator: str, values: Mapping[str, object], of: str = ""
) -> list[tuple[str, str, str]]:
    searched = results.estimators.get(estimator)
    ranges = searched.ranges if searched else {}
    return [
        (
            f"{of}{name}",
            escape(str(value), 300),
            range_text(ranges[name]) if name in ranges else "not tuned",
        )
        for name, value in sorted(values.items())
    ]


def run_facts(results: Results) -> list[tuple[str, str]]:
    """Return what was run, where and with what."""
    confirm, data, folds = results.confirm, results.data, results.cross_validation
    trigger = results.run.trigger
    dropped = confirm.rows.dropped_missing_target
    return [
        ("Run", results.run_id),
        ("Started by", _started_by(trigger)),
        ("Started at", wording.moment(datetime.fromisoformat(trigger.time))),
        ("Task", f"{results.task} of {wording.quoted(results.target)}"),
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


def column_table(results: Results) -> TextTable:
    """Return the columns, features first, in their order: what the plan decided, what Confirm saw.

    Ignored ones have the reason.
    """
    profile = results.confirm.profile
    known = {each.name: each for each in profile.features}
    order = {"target": 0, "feature": 2, "ignored": 3}
    columns = sorted(results.data.columns, key=lambda column: order.get(column.role, 1))
    rows = []
    for column in columns[:MOST_COLUMNS]:
        feature = known.get(column.name) if column.role == "feature" else None
        reason = column.reason
        found: tuple[str, str, str] = (column.kind or "", "", "")
        if feature:
            found = (
                feature.kind, _missing(feature.missing, results.confirm.rows.train),
                _summary(feature),
            )  # fmt: skip
        kind, missing, summary = found
        name, why = escape(column.name, LONGEST), wording.one_line(reason)
        rows.append((name, kind, column.role, missing, summary, why))
    titles = ("Column", "Kind", "Role", "Missing", "In summary", "Why")
    return TextTable(titles, tuple(rows), numeric=(3,))


def _missing(missing: int, rows: int) -> str:
    return f"{missing:,} ({missing / rows:.1%})" if missing and rows else str(missing)


def _summary(feature: FeatureProfile) -> str:
    if feature.distinct is not None:
        return wording.count(feature.distinct, "category", "categories")
    if feature.mean is None:
        return ""
    return f"mean {wording.number(feature.mean)}, sd {wording.number(feature.standard_deviation)}"


def target_table(results: Results) -> TextTable | None:
    """Return the classes of the target with their rows, most frequent first."""
    profile = results.confirm.profile
    if not profile.target.classes:
        return None
    total = results.confirm.rows.train or 1
    return TextTable(
        ("Class", "Rows", "Share"),
        tuple(
            (
                escape(str(each.label), LONGEST),
                f"{each.rows:,}",
                wording.percent(each.rows / total),
            )
            for each in profile.target.classes
        ),
        numeric=(1, 2),
    )


def tuning_job_table(results: Results) -> TextTable:
    """Return the tuning jobs as they were asked for, and how they ended."""
    return TextTable(
        (
            "Tuning job", "Estimator", "Status", "Strategy", "Limit", "In parallel",
            "Early stopping", "Seed", "Started from",
        ),
        tuple(
            (
                job.name,
                f"{job.estimator.key}\n{job.estimator.class_path}",
                job.status,
                job.strategy,
                str(job.max_training_jobs),
                str(job.max_parallel_training_jobs),
                job.early_stopping,
                "" if job.random_seed is None else str(job.random_seed),
                ", ".join(job.parents) or "nothing",
            )
            for job in results.tuning_jobs
        ),
        numeric=(4, 5),
    )  # fmt: skip
