"""A plan on a terminal: the data's columns, the search, decisions and costs."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console

from tunedrop import wording
from tunedrop.cli.terminal import cell, make_table, plain
from tunedrop.report.ranges import range_text
from tunedrop.report.sections.data_quality import describe_finding
from tunedrop_common.data_text import escape, quote
from tunedrop_common.plan import Plan

_COLUMNS_SHOWN = 40
# Names are never broken: longer ones leave no room for the other columns on a terminal.
_LONGEST_NAME = 40
_LONGEST_SENTENCE = 1000


def show_plan(console: Console, plan: Plan) -> None:
    """Write what users may want to correct before a run costs anything."""
    _write_title(console, headline(plan))
    _write_columns(console, plan)
    _write_title(console, "Search")
    _write_estimators(console, plan)
    _write_lines(console, [_describe_validation(plan), describe_machines(plan), *costs(plan)])
    for title, sentences in (
        ("Automatic decisions", plan.automatic_decisions),
        ("Warnings", warnings(plan)),
    ):
        if sentences:
            _write_title(console, title)
            _write_lines(console, [f"- {escape(text, _LONGEST_SENTENCE)}" for text in sentences])


def warnings(plan: Plan) -> list[str]:
    """Return the plan's warnings, those from the sampled rows last."""
    return [*plan.warnings, *(describe_finding(issue).text for issue in plan.sample_warnings)]


def headline(plan: Plan) -> str:
    """Return target, features, rows and metric in a line."""
    features = sum(column.role == "feature" for column in plan.data.columns)
    qualifier = "" if plan.data.is_complete else "about "
    rows = wording.count(plan.data.rows, "row")
    return (
        f"{plan.dataset}: {plan.task} of {quote(plan.data.target)} from "
        f"{wording.count(features, 'feature')}, {qualifier}{rows}, metric {plan.metric.objective}"
    )


def describe_machines(plan: Plan) -> str:
    """Return the number of training jobs and their instance type in a sentence."""
    jobs = plan.tuning_jobs
    parallel = plan.parallel_tuning_jobs * jobs[0].max_parallel_training_jobs
    spot = "spot " if plan.instance.spot else ""
    total = sum(job.max_training_jobs for job in jobs)
    return f"Training jobs: {total} on {spot}{plan.instance.type}, {parallel} in parallel."


def costs(plan: Plan) -> list[str]:
    """Return the expected and the maximum cost of a run, a sentence each."""
    cost = plan.cost
    attempts = 1 + len(plan.fallback_instances)
    tries = "" if attempts == 1 else f", with {attempts} attempts at each job"
    return [
        f"Expected: {_spent(cost.expected_seconds, cost.expected_usd)}.",
        f"Maximum: {_spent(cost.max_seconds, cost.max_usd)}{tries}.",
    ]


def _spent(seconds: int, usd: float | None) -> str:
    money = "no price available" if usd is None else wording.money(usd)
    return f"{wording.duration(seconds)} of machine time, {money}"


def _describe_validation(plan: Plan) -> str:
    folds, confirm, test = plan.cross_validation, plan.confirm, plan.final_test
    is_holdout = folds.folds == 1 and folds.holdout_fraction
    search = (
        f"one holdout of {folds.holdout_fraction:.0%}" if is_holdout else f"{folds.folds} folds"
    )
    ensemble = ", with an ensemble" if confirm.ensemble else ""
    test_rows = {
        "none": "none",
        "fraction": f"{test.fraction or 0:.0%} of the rows",
        "file": "the test file",
    }[test.kind]
    return (
        f"Search: {search}. Final comparison: {confirm.repeats} x {confirm.folds} fresh folds"
        f"{ensemble}. Held-out test set: {test_rows}."
    )


def _write_columns(console: Console, plan: Plan) -> None:
    table = make_table("column", "type", "role", "reason")
    for column in plan.data.columns[:_COLUMNS_SHOWN]:
        name = cell(column.name, _LONGEST_NAME)
        table.add_row(name, *map(cell, (column.kind or "", column.role, column.reason)))
    console.print(table)
    console.print()
    hidden = len(plan.data.columns) - _COLUMNS_SHOWN
    if hidden > 0:
        _write_lines(console, [f"... and {wording.count(hidden, 'column')} more (all: --json)"])


def _write_estimators(console: Console, plan: Plan) -> None:
    table = make_table("estimator", "training jobs", "hyperparameter", "range")
    for job in plan.tuning_jobs:
        name, jobs = job.estimator.key, f"{job.max_training_jobs}, {job.strategy.lower()}"
        for hyperparameter, searched in job.estimator.ranges.items():
            table.add_row(*map(cell, (name, jobs, hyperparameter, range_text(searched))))
            name = jobs = ""
    console.print(table)
    console.print()


def _write_title(console: Console, text: str) -> None:
    console.print(plain(text, style="bold"))


def _write_lines(console: Console, lines: Iterable[str]) -> None:
    for line in lines:
        console.print(plain(line))
    console.print()
