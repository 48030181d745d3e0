"""A plan for people at a terminal: what was found in the data, what is tried, what it may take."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console

from tunedrop import wording
from tunedrop.cli.rehearsal import Rehearsal
from tunedrop.cli.terminal import make_table, plain
from tunedrop.report.ranges import range_text
from tunedrop_common.plan import Plan

# A wide table says no more than its first columns do.
_COLUMNS_SHOWN = 40


def show_plan(console: Console, rehearsal: Rehearsal) -> None:
    """Write everything that people may want to correct before it costs anything."""
    plan = rehearsal.plan
    _title(console, headline(plan))
    _columns(console, plan)
    _title(console, "What is tried")
    _estimators(console, plan)
    _lines(console, [validation(plan), machine(plan), worst_case(rehearsal)])
    _list(console, "Decided", plan.decisions)
    _list(console, "Warnings", plan.warnings)


def headline(plan: Plan) -> str:
    """Return target, features, rows and metric in a line."""
    features = sum(column.role == "feature" for column in plan.data.columns)
    about = "" if plan.data.rows_exact else "about "
    rows = wording.count(plan.data.rows, "row")
    return (
        f"{plan.dataset}: {plan.task} of {plan.data.target!r} from "
        f"{wording.count(features, 'feature')}, {about}{rows}, metric {plan.metric.objective}"
    )


def validation(plan: Plan) -> str:
    """Say on which rows scores rest."""
    folds = plan.cross_validation
    search = (
        f"one holdout of {folds.holdout_fraction:.0%}"
        if folds.folds == 1 and folds.holdout_fraction
        else f"{folds.folds} folds"
    )
    test = {
        "none": "no rows are held out for a final test",
        "fraction": f"{plan.final_test.fraction or 0:.0%} of the rows are held out for the final "
        "test",
        "file": "the test file is the final test",
    }[plan.final_test.kind]
    confirm = plan.confirm
    return (
        f"Scores: {search} in the search, {confirm.repeats} x {confirm.folds} fresh folds in "
        f"Confirm; {test}."
    )


def machine(plan: Plan) -> str:
    """Say on which machines how much runs at once."""
    jobs = plan.tuning_jobs
    at_once = plan.parallel_tuning_jobs * jobs[0].max_parallel_training_jobs
    spot = "spot " if plan.instance.spot else ""
    total = sum(job.max_training_jobs for job in jobs)
    return f"Machines: {total} training jobs on {spot}{plan.instance.type}, {at_once} at a time."


def worst_case(worst: Rehearsal) -> str:
    """Say what a run can cost at most."""
    hours = f"At the worst: {worst.machine_seconds / 3600:,.0f} hours of machine time"
    if worst.usd is None:
        return f"{hours}. What that costs is not known: there is no price for the machine."
    return f"{hours}, {worst.usd:,.2f} USD at {worst.usd_per_hour:g} an hour."


def _columns(console: Console, plan: Plan) -> None:
    table = make_table("column", "kind", "role", "why")
    for column in plan.data.columns[:_COLUMNS_SHOWN]:
        table.add_row(*map(plain, (column.name, column.kind, column.role, column.reason)))
    console.print(table)
    console.print()
    left = len(plan.data.columns) - _COLUMNS_SHOWN
    if left > 0:
        _lines(console, [f"... and {wording.count(left, 'column')} more (--json lists them all)"])


def _estimators(console: Console, plan: Plan) -> None:
    table = make_table("estimator", "training jobs", "hyperparameter", "range")
    for job in plan.tuning_jobs:
        name, jobs = job.estimator.key, f"{job.max_training_jobs}, {job.strategy.lower()}"
        for hyperparameter, searched in job.estimator.ranges.items():
            table.add_row(*map(plain, (name, jobs, hyperparameter, range_text(searched))))
            name = jobs = ""
    console.print(table)
    console.print()


def _title(console: Console, text: str) -> None:
    console.print(plain(text, style="bold"))


def _list(console: Console, title: str, entries: Iterable[str]) -> None:
    if found := list(entries):
        _title(console, title)
        _lines(console, [f"- {entry}" for entry in found])


def _lines(console: Console, lines: Iterable[str]) -> None:
    for line in lines:
        console.print(plain(line))
    console.print()
