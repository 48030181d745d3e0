"""The cost of a run: billable time, money where prices are known, what spot instances saved."""

from __future__ import annotations

from tunedrop import wording
from tunedrop.report.results import Cost, Results


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
    if cost.jobs_without_seconds:
        missing = wording.count(cost.jobs_without_seconds, "job")
        facts.append(("Not counted", f"{missing} without a reported time"))
    return facts


def _time_and_money(seconds: float, usd: float | None) -> str:
    return ("" if usd is None else f"{wording.money(usd)}, ") + wording.duration(seconds)


def _instance(cost: Cost) -> str:
    return cost.instance_type + (" (spot)" if cost.spot else "")
