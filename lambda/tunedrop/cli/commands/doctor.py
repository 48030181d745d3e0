"""`doctor`: whether a deployment is right, and what to do where it is not."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from datetime import UTC, datetime

from rich.console import Console

from tunedrop import wording
from tunedrop.cli import versions
from tunedrop.cli.active import active_runs
from tunedrop.cli.arguments import Commands, add_stack, find_stack
from tunedrop.cli.doctor.checks import CHECKS
from tunedrop.cli.doctor.deployed import FUNCTIONS, Deployed
from tunedrop.cli.doctor.findings import Finding, diagnose
from tunedrop.cli.errors import CommandError
from tunedrop.cli.stack import Stack
from tunedrop.cli.terminal import make_console, plain, wrapped

_STYLES = {"ok": "green", "wrong": "bold red", "unknown": "yellow"}
_NAMED = 5


def add_parser(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add `doctor` to the command line."""
    parser = commands.add_parser(
        "doctor",
        help="check a deployment, and say what to do where something is wrong",
        description="Checks what a deployment needs of AWS and may not have: events and versions"
        " of the bucket, quotas, the training image, roles, endpoints, subscriptions, keys, logs."
        " Changes nothing without --prune. What you may not see is unknown, with the permission"
        " that it needs. The exit status is 1 when something is wrong.",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--prune",
        action="store_true",
        help="delete versions of Lambdas that no running execution needs",
    )
    what.add_argument(
        "--idle", action="store_true", help="check only that no run is active; exit status 1 if so"
    )
    what.add_argument("--json", action="store_true", help="write the findings as one JSON list")
    add_stack(parser)
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Run the command; return its exit status."""
    stack = find_stack(arguments)
    console = make_console()
    if arguments.idle:
        return _check_idle(stack, console)
    if arguments.prune:
        return _prune(stack, console)
    found = []
    for subject, finding in diagnose(CHECKS, Deployed(stack)):
        found.append({"subject": subject, **asdict(finding)})
        if not arguments.json:
            _show(console, subject, finding)
    if arguments.json:
        print(json.dumps(found))
    return int(any(finding["verdict"] == "wrong" for finding in found))


def _show(console: Console, subject: str, finding: Finding) -> None:
    width = console.width if console.is_terminal else None
    line = f"{finding.verdict:<8} {subject}: {finding.text}"
    console.print(plain(wrapped(line, width), _STYLES[finding.verdict]), soft_wrap=True)
    if finding.to_do:
        console.print(plain(wrapped(f"         {finding.to_do}.", width)), soft_wrap=True)


def _check_idle(stack: Stack, console: Console) -> int:
    active = active_runs(stack).values()
    if not active:
        console.print(plain(f"No run of {stack.name} is active."))
        return 0
    named = ", ".join(sorted(active)[:_NAMED])
    more = f" and {len(active) - _NAMED} more" if len(active) > _NAMED else ""
    raise CommandError(
        f"The stack {stack.name} has {wording.count(len(active), 'active run')}: {named}{more}. "
        "Stop them first: tunedrop stop --all."
    )


def _prune(stack: Stack, console: Console) -> int:
    functions = [f"{stack.name}-{function}" for function in FUNCTIONS]
    old = versions.prune(
        stack.client("lambda"), stack.executions, functions, stack.state_machine, datetime.now(UTC)
    )
    for version in old:
        console.print(plain(f"Deleted version {version.number} of {version.function}."))
    if not old:
        console.print("No version is left over.")
    return 0
