"""`check`: the plan of a dataset, or its rejection, before an upload."""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from tunedrop.cli.arguments import Commands, add_command, add_source, find_files, find_stack
from tunedrop.cli.dry_run import DEFAULT_ENVIRONMENT, plan_locally
from tunedrop.cli.plan_text import show_plan
from tunedrop.cli.stack import Stack
from tunedrop.cli.terminal import CommandError, describe_aws_error, is_denied, make_console, plain
from tunedrop.environment import PlanRunEnvironment
from tunedrop.errors import UserInputError

_REJECTED = 2


@dataclass(frozen=True)
class Basis:
    """The deployment and the limits of a check, and a sentence about them."""

    stack: Stack | None
    environment: PlanRunEnvironment
    sentence: str


def add_parser(commands: Commands) -> None:
    """Add `check` to the command line."""
    parser = add_command(
        commands,
        "check",
        execute,
        summary="show the plan of a drop, or why it would be rejected",
        description="Makes the plan of a dataset with PlanRun's own code, on local files. Nothing"
        " is uploaded. Limits, earlier runs and the champion are the deployment's; without a"
        " deployment, the default limits apply. The exit status is 2 if the dataset would be"
        " rejected.",
    )
    add_source(parser)
    parser.add_argument(
        "--offline", action="store_true", help="call no AWS service; take the default limits"
    )
    parser.add_argument(
        "--json", action="store_true", help="write the plan or the rejection as JSON"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Run the command; return its exit status."""
    dataset = find_files(arguments)
    basis = _find_basis(arguments)
    try:
        plan = plan_locally(dataset, basis.stack, basis.environment)
    except UserInputError as error:
        if not arguments.json:
            raise
        rejection = {"outcome": "rejected", "error": type(error).__name__, "message": str(error)}
        print(json.dumps(rejection | error.parts | {"limits": basis.sentence}))
        return _REJECTED
    if arguments.json:
        document = {"plan": plan.model_dump(mode="json"), "limits": basis.sentence}
        print(json.dumps({"outcome": "planned"} | document))
        return 0
    console = make_console()
    show_plan(console, plan)
    console.print(plain(basis.sentence))
    return 0


def basis_of_deployment(stack: Stack) -> Basis:
    """Return a deployment with its limits, or with the defaults if AWS denies reading its own."""
    where = f"the stack {stack.name} in {stack.region}"
    try:
        return Basis(stack, stack.plan_run, f"Limits: those of {where}.")
    except ClientError as error:
        if not is_denied(error):
            raise
    return Basis(
        stack,
        DEFAULT_ENVIRONMENT,
        f"Limits: the defaults. Those of {where} need the permission "
        "lambda:GetFunctionConfiguration.",
    )


def _find_basis(arguments: argparse.Namespace) -> Basis:
    reason = "No call to AWS was made."
    if not arguments.offline:
        try:
            return basis_of_deployment(find_stack(arguments))
        except CommandError as error:
            reason = str(error)
        except (BotoCoreError, ClientError) as error:
            reason = describe_aws_error(error)
    return Basis(None, DEFAULT_ENVIRONMENT, f"Limits: the defaults. {reason}")
