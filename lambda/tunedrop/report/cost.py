"""The cost of a run: billable time, money where prices are known, what spot instances saved."""

from __future__ import annotations

from statistics import median

from tunedrop import wording
from tunedrop.report.results import COMPLETED, STOPPED, Cost, Results


def cost_sentence(results: Results) -> str:
    """Return what a run cost, in a sentence."""
    cost = results.cost
    if cost is None:
        return "Not known yet: SageMaker has not reported billable time."
    time = f"{wording.duration(cost.billable_seconds)} billable on {_instance(cost)}"
    if cost.usd is None:
        return f"{time}; no price available."
    expected = results.plan.cost.expected_usd
    plan = "" if expected is None else f"; {wording.money(expected)} was expected"
    return f"{wording.money(cost.usd)} for {time}{plan}."


def cost_facts(results: Results) -> list[tuple[str, str]]:
    """Return what was billed; money only where the price is known."""
    cost = results.cost
    if cost is None:
        return [("Billable time", "not reported by SageMaker yet")]
    # Confirm is one more
    jobs = len(results.training_jobs) + 1 - cost.jobs_without_seconds
    price = "" if cost.usd_per_hour is None else f" at ${cost.usd_per_hour:g} an hour"
    facts = [
        ("Cost", "no price available" if cost.usd is None else wording.money(cost.usd) + price)
    ]
    if cost.usd is not None and jobs:
        facts.append(("Per job", f"{wording.money(cost.usd / jobs)} on average"))
    planned = results.plan.cost
    facts += [
        ("Expected", _time_and_money(planned.expected_seconds, planned.expected_usd)),
        ("Maximum", _time_and_money(planned.max_seconds, planned.max_usd)),
        ("Billable time", f"{wording.duration(cost.billable_seconds)} of {jobs:,} jobs"),
        ("Training time", wording.duration(cost.training_seconds)),
        ("Instance type", _instance(cost)),
    ]
    if 0 < cost.billable_seconds < cost.training_seconds:
        saved = cost.training_seconds - cost.billable_seconds
        usd = None if cost.usd_per_hour is None else saved / 3600 * cost.usd_per_hour
        share = wording.percent(saved / cost.training_seconds)
        facts.append(("Saved by spot", f"{_time_and_money(saved, usd)} ({share})"))
    saved_seconds = _saved_by_early_stopping(results)
    if saved_seconds >= 1:
        facts.append(("Saved by early stopping", f"about {wording.duration(saved_seconds)}"))
    facts += _fitting_time(results)
    if cost.jobs_without_seconds:
        missing = wording.count(cost.jobs_without_seconds, "job")
        facts.append(("Not counted", f"{missing} without a reported time"))
    return facts


def _saved_by_early_stopping(results: Results) -> float:
    """Estimate the seconds: a stopped training job would have taken its estimator's median."""
    if all(j.early_stopping == "Off" and j.strategy != "Hyperband" for j in results.tuning_jobs):
        return 0.0  # a person stopped them
    saved = 0.0
    for key in results.estimators:
        seconds: dict[str, list[int]] = {COMPLETED: [], STOPPED: []}
        for job in results.training_jobs:
            if job.estimator == key and job.training_seconds is not None:
                seconds.setdefault(job.status, []).append(job.training_seconds)
        if seconds[COMPLETED]:
            typical = median(seconds[COMPLETED])
            saved += sum(max(typical - stopped, 0.0) for stopped in seconds[STOPPED])
    return saved


def _fitting_time(results: Results) -> list[tuple[str, str]]:
    """Return what completed training jobs fitted and scored; the rest is start-up and data."""
    jobs = [
        (job.training_seconds, job.fit_seconds + (job.score_seconds or 0.0))
        for job in results.training_jobs
        if job.status == COMPLETED and job.fit_seconds is not None and job.training_seconds
    ]
    if not jobs:
        return []
    total = sum(seconds for seconds, _ in jobs)
    # of all folds; SageMaker counts whole seconds, so a short training job may seem to take less
    fitting = min(results.plan.cross_validation.folds * sum(fold for _, fold in jobs), total)
    share = wording.percent(fitting / total)
    return [("Fitting and scoring", f"{share} of the time of completed training jobs")]


def _time_and_money(seconds: float, usd: float | None) -> str:
    return ("" if usd is None else f"{wording.money(usd)}, ") + wording.duration(seconds)


def _instance(cost: Cost) -> str:
    return cost.instance_type + (" (spot)" if cost.spot else "")
