"""`check`: what PlanRun would decide about a dataset, or refuse, before anything is uploaded."""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from tunedrop.cli.arguments import Commands, add_source, add_stack, find_files, find_stack
from tunedrop.cli.dry_run import DEFAULT_ENVIRONMENT, plan_locally
from tunedrop.cli.errors import CommandError, explain, is_denied
from tunedrop.cli.plan_text import show_plan
from tunedrop.cli.stack import Stack
from tunedrop.cli.terminal import make_console, plain
from tunedrop.environment import PlanRunEnvironment
from tunedrop.errors import UserInputError

REFUSED = 2
# Of an error, as failure.json has them.
_PARTS = ("what", "where", "found", "expected", "to_do")


@dataclass(frozen=True)
class Basis:
    """What a check rests on: a deployment and its limits, or the defaults, and why."""

    stack: Stack | None
    environment: PlanRunEnvironment
    sentence: str


def add_parser(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add `check` to the command line."""
    parser = commands.add_parser(
        "check",
        help="show what a drop would do, or why it would be refused",
        description="Makes the plan of a dataset with PlanRun's own code, on the files as they lie"
        " here. Nothing is uploaded. The limits, earlier runs and the champion are those of the"
        " deployment if it can be reached, else the limits are the defaults. The exit status is 2"
        " when the dataset would be refused.",
    )
    add_source(parser)
    parser.add_argument("--offline", action="store_true", help="ask AWS nothing; default limits")
    parser.add_argument("--json", action="store_true", help="write the plan or the refusal as JSON")
    add_stack(parser)
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Run the command; return its exit status."""
    dropped = find_files(arguments)
    basis = _basis(arguments)
    try:
        plan = plan_locally(dropped, basis.stack, basis.environment)
    except UserInputError as error:
        if not arguments.json:
            raise
        parts = {part: getattr(error, part) for part in _PARTS}
        refusal = {"outcome": "refused", "error": type(error).__name__, "message": str(error)}
        print(json.dumps(refusal | parts | {"limits": basis.sentence}))
        return REFUSED
    if arguments.json:
        document = {"plan": plan.model_dump(mode="json"), "limits": basis.sentence}
        print(json.dumps({"outcome": "planned"} | document))
        return 0
    console = make_console()
    show_plan(console, plan)
    console.print(plain(basis.sentence))
    return 0


def of_deployment(stack: Stack) -> Basis:
    """Take the deployment's limits, or the defaults when the caller may not see them."""
    where = f"the stack {stack.name} in {stack.region}"
    try:
        return Basis(stack, stack.planning, f"Limits: those of {where}.")
    except ClientError as error:
        if not is_denied(error):
            raise
    return Basis(
        stack,
        DEFAULT_ENVIRONMENT,
        f"Limits: the defaults; AWS does not let you see those of {where} "
        "(lambda:GetFunctionConfiguration).",
    )


def _basis(arguments: argparse.Namespace) -> Basis:
    if arguments.offline:
        return Basis(None, DEFAULT_ENVIRONMENT, "Limits: the defaults; AWS was not asked.")
    try:
        return of_deployment(find_stack(arguments))
    except CommandError as error:
        reason = str(error)
    except (BotoCoreError, ClientError) as error:
        reason = explain(error)
    return Basis(None, DEFAULT_ENVIRONMENT, f"Limits: the defaults. {reason}")
