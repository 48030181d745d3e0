"""A plan for people at a terminal: what was found in the data, what is tried, what it may take."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console

from tunedrop import wording
from tunedrop.cli.terminal import cell, make_table, plain
from tunedrop.report.ranges import range_text
from tunedrop.report.sections.data_quality import describe_finding
from tunedrop_common.data_text import escape, quote
from tunedrop_common.plan import Plan

# A wide table says no more than its first columns do.
_COLUMNS_SHOWN = 40
# Names are never broken: beside longer ones a terminal has no room for the other columns.
_LONGEST_NAME = 40
# Of what a column is used for, or why not.
_LONGEST_SENTENCE = 1000


def show_plan(console: Console, plan: Plan) -> None:
    """Write everything that people may want to correct before it costs anything."""
    _title(console, headline(plan))
    _columns(console, plan)
    _title(console, "What is tried")
    _estimators(console, plan)
    _lines(console, [validation(plan), machine(plan), *costs(plan)])
    _list(console, "Decided", plan.automatic_decisions)
    _list(console, "Warnings", warnings(plan))


def warnings(plan: Plan) -> list[str]:
    """Return the plan's warnings, those of the sampled rows last."""
    return [*plan.warnings, *(describe_finding(each).text for each in plan.sample_warnings)]


def headline(plan: Plan) -> str:
    """Return target, features, rows and metric in a line."""
    features = sum(column.role == "feature" for column in plan.data.columns)
    about = "" if plan.data.is_complete else "about "
    rows = wording.count(plan.data.rows, "row")
    return (
        f"{plan.dataset}: {plan.task} of {quote(plan.data.target)} from "
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
    ensemble = ", of an ensemble too" if confirm.ensemble else ""
    return (
        f"Scores: {search} in the search, {confirm.repeats} x {confirm.folds} fresh folds in "
        f"Confirm{ensemble}; {test}."
    )


def machine(plan: Plan) -> str:
    """Say on which machines how much runs at once."""
    jobs = plan.tuning_jobs
    at_once = plan.parallel_tuning_jobs * jobs[0].max_parallel_training_jobs
    spot = "spot " if plan.instance.spot else ""
    total = sum(job.max_training_jobs for job in jobs)
    return f"Machines: {total} training jobs on {spot}{plan.instance.type}, {at_once} at a time."


def costs(plan: Plan) -> list[str]:
    """Say what a run is expected to cost, and what it can cost at most."""
    cost = plan.cost
    attempts = 1 + len(plan.ladder)
    tries = "" if attempts == 1 else f", with {attempts} attempts at every job"
    return [
        f"Expected: {_spent(cost.expected_seconds, cost.expected_usd)}.",
        f"At the worst: {_spent(cost.worst_seconds, cost.worst_usd)}{tries}.",
    ]


def _spent(seconds: int, usd: float | None) -> str:
    money = "at a price that is not known" if usd is None else f"{usd:,.2f} USD"
    return f"{wording.duration(seconds)} of machine time, {money}"


def _columns(console: Console, plan: Plan) -> None:
    table = make_table("column", "kind", "role", "why")
    for column in plan.data.columns[:_COLUMNS_SHOWN]:
        name = cell(column.name, _LONGEST_NAME)
        table.add_row(name, *map(cell, (column.kind or "", column.role, column.reason)))
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
            table.add_row(*map(cell, (name, jobs, hyperparameter, range_text(searched))))
            name = jobs = ""
    console.print(table)
    console.print()


def _title(console: Console, text: str) -> None:
    console.print(plain(text, style="bold"))


def _list(console: Console, title: str, entries: Iterable[str]) -> None:
    if found := list(entries):
        _title(console, title)
        _lines(console, [f"- {escape(entry, _LONGEST_SENTENCE)}" for entry in found])


def _lines(console: Console, lines: Iterable[str]) -> None:
    for line in lines:
        console.print(plain(line))
    console.print()
