"""The report's words and small tables, shared by the page, the Markdown and the notification."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from statistics import median

from tunedrop.plan import CategoricalRange, Range
from tunedrop.report import wording
from tunedrop.report.confirm_scores import CHAMPION, DUMMY, WINNER
from tunedrop.report.marks import estimator_order
from tunedrop.report.results import Results
from tunedrop.report.timeline import Timeline
from tunedrop.report.training_jobs import COMPLETED, FAILED, STOPPED


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


@dataclass(frozen=True)
class EstimatorSummary:
    """How one estimator did in the tuning."""

    estimator: str
    best: float | None
    median: float | None
    jobs: int
    stopped: int
    failed: int
    median_seconds: float | None


def tiles(results: Results) -> tuple[Tile, ...]:
    """Return the headline's numbers."""
    shipped = results.confirm.shipped_contender
    between = wording.interval(*(shipped.interval or (None, None)))
    found = [
        Tile(
            "Score",
            wording.score(shipped.mean),
            wording.one_line(results.metric, 40) + (f", 95 %: {between}" if between else ""),
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
            _counts(counts, leave_out=COMPLETED) or "all completed",
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
            gain = (shipped.mean or 0.0) - (other.mean or 0.0)
            return [Tile(label, f"{gain:+.4g}", f"from {wording.score(other.mean)}")]
    return []


def _counts(counts: Counter[str], leave_out: str = "") -> str:
    words = {STOPPED: "stopped early"}
    return ", ".join(
        f"{amount:,} {words.get(status, status.lower())}"
        for status, amount in sorted(counts.items())
        if status != leave_out
    )


def job_sentence(results: Results) -> str:
    """Return how many training jobs ended how."""
    counts = Counter(job.status for job in results.training_jobs)
    total = wording.count(len(results.training_jobs), "training job")
    best = results.best
    found = f"{total}: {_counts(counts)}."
    if best is not None:
        found += (
            f" The best reached {wording.number(best.objective)} in the search; that number is the "
            "best of many on the same folds, so it reads too high; the score on top is fair."
        )
    return found


def model_sentence(results: Results) -> str:
    """Return what the shipped model is."""
    shipped = results.confirm.shipped_contender
    label = wording.contender_label(shipped)
    rows = wording.count(results.confirm.rows.train, "row")
    what = f"{label}, fitted on all {rows} of the training data."
    if shipped.name == WINNER and results.best_training_job:
        what += f" Its hyperparameters come from the training job {results.best_training_job}."
    return what


def shipped_hyperparameters(results: Results) -> tuple[HyperparameterRow, ...]:
    """Return the shipped model's hyperparameters, each with the range that was searched."""
    shipped = results.confirm.shipped_contender
    ranges: dict[str, Range] = {}
    for job in results.tuning_jobs:
        if job.estimator.key == shipped.estimator:
            ranges = job.estimator.ranges
    return tuple(
        HyperparameterRow(
            name, str(value), range_text(ranges[name]) if name in ranges else "not tuned"
        )
        for name, value in sorted(shipped.hyperparameters.items())
    )


def range_text(wanted: Range) -> str:
    """Return a range in words."""
    if isinstance(wanted, CategoricalRange):
        return wording.one_line(", ".join(wanted.values), 300)
    text = f"{wording.number(wanted.minimum)} to {wording.number(wanted.maximum)}"
    scale = {"Logarithmic": ", log scale", "ReverseLogarithmic": ", reverse log scale"}
    return text + scale.get(wanted.scaling, "")


def estimator_summaries(results: Results) -> tuple[EstimatorSummary, ...]:
    """Compare the estimators, best first."""
    found = []
    for key in estimator_order(results):
        jobs = [job for job in results.training_jobs if job.estimator == key]
        scores = [j.objective for j in jobs if j.status == COMPLETED and j.objective is not None]
        seconds = [job.training_seconds for job in jobs if job.training_seconds is not None]
        found.append(
            EstimatorSummary(
                estimator=key,
                best=max(scores, default=None),
                median=median(scores) if scores else None,
                jobs=len(jobs),
                stopped=sum(job.status == STOPPED for job in jobs),
                failed=sum(job.status == FAILED for job in jobs),
                median_seconds=median(seconds) if seconds else None,
            )
        )
    found.sort(key=lambda row: (row.best is not None, row.best or 0.0), reverse=True)
    return tuple(found)


def parallel_sentence(lanes: Timeline) -> str:
    """Return how parallel the tuning really was."""
    if not lanes.span_seconds:
        return ""
    return (
        f"The tuning took {wording.duration(lanes.span_seconds)} from its first training job's "
        f"start to its last one's end, with {lanes.mean_parallel:.1f} training jobs at once on "
        f"average and {lanes.most_parallel} at most."
    )


def cost_facts(results: Results) -> list[tuple[str, str]]:
    """Return what was billed; money only where the price is known."""
    cost = results.cost
    instance = results.instance.type + (" (spot)" if results.instance.spot else "")
    if cost is None:
        return [("Instance", instance), ("Billed", "SageMaker has given no seconds yet")]
    facts = [
        ("Instance", instance),
        ("Training time", wording.duration(cost.training_seconds)),
        ("Billed time", wording.duration(cost.billable_seconds)),
    ]
    if 0 < cost.billable_seconds < cost.training_seconds:
        saved = 1 - cost.billable_seconds / cost.training_seconds
        facts.append(("Spot saved", f"{saved:.0%} of the time"))
    if cost.usd is not None and cost.usd_per_hour is not None:
        facts.append(("Cost", f"{wording.money(cost.usd)} at ${cost.usd_per_hour:g} an hour"))
    else:
        facts.append(("Cost", "unknown: the deployment has no price for this instance type"))
    if cost.jobs_without_seconds:
        facts.append(
            ("Not counted", wording.count(cost.jobs_without_seconds, "job") + " without seconds")
        )
    return facts


def run_facts(results: Results) -> list[tuple[str, str]]:
    """Return what was run, where and with what."""
    confirm, data, folds = results.confirm, results.data, results.cross_validation
    trigger = results.run.trigger
    dropped = confirm.rows.dropped_missing_target
    return [
        ("Run", results.run_id),
        ("Started by", {"object": "a file: ", "person": "a person", "schedule": "the schedule"}.get(
            trigger.kind, trigger.kind) + (trigger.key or "")),
        ("Started at", trigger.time),
        ("Task", f"{results.task} of “{wording.one_line(results.target, 100)}”"),
        ("Metric", f"{results.metric} (higher is better)"),
        ("Rows", f"{confirm.rows.train:,} for training, {confirm.rows.test:,} for the test"),
        ("Left out", f"{wording.count(dropped, 'row')} without a target" if dropped else ""),
        ("Data", f"{data.format}, {data.train.bytes:,} bytes"),
        ("Tuning's folds", _folds_text(folds.folds, folds.stratified, folds.seed)),
        ("Confirm's folds", f"{confirm.folds} x {confirm.repeats} repeats, seed {confirm.seed}"),
        ("Seed", str(results.seed)),
        ("Versions", ", ".join(f"{k} {v}" for k, v in sorted(confirm.versions.items()))),
        ("Model", results.model or "none"),
        ("Run's folder", results.folder),
        ("Execution", results.run.execution),
    ]  # fmt: skip


def _folds_text(folds: int, stratified: bool, seed: int) -> str:
    kind = "one holdout" if folds == 1 else f"{folds}"
    return f"{kind}{', stratified' if stratified else ''}, seed {seed}"
