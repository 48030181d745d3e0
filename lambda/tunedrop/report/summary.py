"""A run and its data in facts and small tables."""

from __future__ import annotations

from collections.abc import Mapping

from tunedrop import wording
from tunedrop.report.confirm_scores import FeatureProfile
from tunedrop.report.links import Console
from tunedrop.report.ranges import range_text
from tunedrop.report.results import Results, best_training_job
from tunedrop.report.tables import TextTable, make_table
from tunedrop.report.tuning_summary import counts_text
from tunedrop.trigger import Trigger
from tunedrop.wording import BASELINE, CHAMPION, TUNED_PREFIX, contender_label
from tunedrop_common.data_text import LONGEST, escape
from tunedrop_common.metric_names import describe_metric
from tunedrop_common.plan import CrossValidation

Tile = tuple[str, str, str]
"""One number that stands out: its name, the number, a note."""


def tiles(results: Results) -> list[Tile]:
    """Return the headline's numbers."""
    confirm, selected = results.confirm, results.confirm.selected_contender
    metric, ends = wording.one_line(results.metric_words, 40), wording.interval(selected.interval)
    note = metric + (f", 95% CI {ends}" if ends else "")
    numbers = [("New splits", wording.score(selected.mean), note)]
    if selected.test_score is not None:
        rows = wording.count(confirm.rows.test, "row")
        score = wording.score(selected.test_score)
        numbers.insert(0, ("Held-out test set", score, f"{metric}, {rows}"))
    numbers += _gains(results)
    numbers.append(("Training jobs", f"{len(results.training_jobs):,}", counts_text(results)))
    cost = results.cost
    if cost is not None:
        time = wording.duration(cost.billable_seconds)
        numbers.append(
            ("Billable time", time, cost.instance_type)
            if cost.usd is None
            else ("Cost", wording.money(cost.usd), f"{time} billable")
        )
    return numbers


def _gains(results: Results) -> list[Tile]:
    """Compare the selected model with the champion before it, or else with the baseline."""
    selected = results.confirm.selected_contender
    for name, label in ((CHAMPION, "Against the champion"), (BASELINE, "Against the baseline")):
        rival = results.confirm.contender(name)
        if rival and rival.name != selected.name and None not in (rival.mean, selected.mean):
            gain = (selected.mean or 0.0) - (rival.mean or 0.0)
            return [(label, wording.signed(gain), f"from {wording.score(rival.mean)}")]
    return []


def model_sentence(results: Results) -> str:
    """Return what the selected model is."""
    selected = results.confirm.selected_contender
    label = contender_label(selected.name, selected.estimator)
    rows = wording.count(results.confirm.rows.train, "training row")
    sentence = f"{label}, fitted on all {rows}."
    best = best_training_job(results.scored(selected.estimator), results.sign)
    if best and selected.name.startswith(TUNED_PREFIX):
        sentence += f" Its hyperparameters come from the training job {best.name}."
    return sentence


def hyperparameter_table(results: Results) -> TextTable:
    """Return the selected model's hyperparameters, or its members', with the ranges searched."""
    selected = results.confirm.selected_contender
    models: list[tuple[str, str, Mapping[str, object]]] = [
        (f"{number}. {key}: ", key, {**member.estimator.fixed, **member.hyperparameters})
        for number, member in enumerate(results.members, start=1)
        for key in (member.estimator.key,)
    ] or [("", selected.estimator, selected.hyperparameters)]
    rows = []
    for prefix, estimator, values in models:
        plan = results.estimators.get(estimator)
        ranges = plan.ranges if plan else {}
        for name, value in sorted(values.items()):
            searched = range_text(ranges[name]) if name in ranges else "not tuned"
            rows.append((f"{prefix}{name}", escape(str(value), 300), searched))
    return TextTable(("Hyperparameter", "Value", "Range searched"), tuple(rows))


def run_facts(results: Results) -> list[tuple[str, str]]:
    """Return what was run, where and with what."""
    confirm, data = results.confirm, results.plan.data
    trigger = results.run.trigger
    excluded = confirm.rows.dropped_missing_target
    return [
        ("Run", results.run_id),
        ("Started by", _started_by(trigger) if trigger else ""),
        ("Started at", wording.moment(trigger.time if trigger else None)),
        ("Task", f"{results.plan.task} of {wording.quoted(data.target)}"),
        (
            "Metric",
            f"{results.metric_words} ({results.better}): {describe_metric(results.metric).origin}",
        ),
        ("Rows", f"{confirm.rows.train:,} training rows, {confirm.rows.test:,} test rows"),
        ("Excluded", f"{wording.count(excluded, 'row')} without a target" if excluded else ""),
        ("Data", f"{data.format}, {data.train.bytes:,} bytes"),
        ("Folds of the search", _folds_text(results.plan.cross_validation)),
        ("Folds of Confirm", f"{confirm.folds} x {confirm.repeats} repeats, seed {confirm.seed}"),
        ("Seed", str(results.plan.seed)),
        ("Versions", ", ".join(f"{k} {v}" for k, v in sorted(confirm.versions.items()))),
        ("Model", results.model or "none"),
        ("Run folder", results.folder),
        ("Execution", results.run.execution),
    ]


def _started_by(trigger: Trigger) -> str:
    names = {"user": "a user", "schedule": "a schedule", "resume": "a user, who resumed a run"}
    return names.get(trigger.kind) or f"a file: {trigger.key}".removesuffix(": ")


def _folds_text(folds: CrossValidation) -> str:
    count = "one holdout" if folds.folds == 1 else f"{folds.folds}"
    kind = {"grouped": ", groups kept together", "ordered": ", in order of time"}
    stratified = ", stratified" if folds.stratified else ""
    return f"{count}{kind.get(folds.kind, '')}{stratified}, seed {folds.seed}"


def run_links(results: Results) -> list[tuple[str, str]]:
    """Return the names and addresses of the console's pages about a run."""
    console, confirm_job = Console(results.region), results.confirm_job.name
    return [
        ("the run folder in S3", console.folder(results.folder)),
        ("the execution", console.execution(results.run.execution)),
        *(
            (f"the tuning job of {job.estimator.key}", console.tuning_job(job.name))
            for job in results.tuning_jobs
            if job.arn
        ),
        ("the Confirm job", console.training_job(confirm_job)),
        ("its log", console.log(confirm_job)),
    ]


MOST_COLUMNS = 500


def column_table(results: Results) -> TextTable:
    """Return the columns, features first, as planned and as Confirm read them.

    Excluded columns have the reason.
    """
    profiles = {profile.name: profile for profile in results.confirm.profile.features}
    order = {"target": 0, "feature": 2, "ignored": 3}
    columns = sorted(results.plan.data.columns, key=lambda column: order.get(column.role, 1))
    rows = []
    for column in columns[:MOST_COLUMNS]:
        profile = profiles.get(column.name) if column.role == "feature" else None
        rows.append(
            (
                escape(column.name, LONGEST),
                profile.kind if profile else column.kind or "",
                column.role,
                _missing(profile.missing, results.confirm.rows.train) if profile else "",
                _summary(profile) if profile else "",
                wording.one_line(column.reason),
            )
        )
    titles = ("Column", "Kind", "Role", "Missing", "Summary", "Reason")
    return TextTable(titles, tuple(rows), numeric=(3,))


def _missing(missing: int, rows: int) -> str:
    return f"{missing:,} ({wording.percent(missing / rows)})" if missing and rows else str(missing)


def _summary(profile: FeatureProfile) -> str:
    if profile.distinct is not None:
        return wording.count(profile.distinct, "category", "categories")
    if profile.mean is None:
        return ""
    return f"mean {wording.number(profile.mean)}, sd {wording.number(profile.standard_deviation)}"


def tuning_job_table(results: Results) -> TextTable:
    """Return the tuning jobs: what was requested, and how they ended."""
    return make_table(
        results.tuning_jobs,
        ("Tuning job", lambda job: job.name),
        ("Estimator", lambda job: f"{job.estimator.key}\n{job.estimator.class_path}"),
        ("Status", lambda job: job.status),
        ("Strategy", lambda job: job.strategy),
        ("Limit", lambda job: str(job.max_training_jobs)),
        ("In parallel", lambda job: str(job.max_parallel_training_jobs)),
        ("Early stopping", lambda job: job.early_stopping),
        ("Seed", lambda job: "" if job.random_seed is None else str(job.random_seed)),
        ("Started from", lambda job: ", ".join(job.parents) or "nothing"),
        numeric=(4, 5),
    )
