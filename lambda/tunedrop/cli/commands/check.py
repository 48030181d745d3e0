"""`check`: the plan of a dataset, or its rejection, before an upload."""

from __future__ import annotations

import argparse
import json

from botocore.exceptions import BotoCoreError, ClientError

from tunedrop.cli.arguments import Commands, add_command, add_source, find_files, find_stack
from tunedrop.cli.dry_run import plan_locally
from tunedrop.cli.plan_text import show_plan
from tunedrop.cli.stack import Stack
from tunedrop.cli.terminal import CommandError, describe_aws_error, make_console, plain
from tunedrop.errors import UserInputError

_REJECTED = 2


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
    stack, limits = _find_limits(arguments)
    try:
        plan = plan_locally(dataset, stack)
    except UserInputError as error:
        if not arguments.json:
            raise
        rejection = {"outcome": "rejected", "error": type(error).__name__, "message": str(error)}
        print(json.dumps(rejection | error.parts | {"limits": limits}))
        return _REJECTED
    if arguments.json:
        document = {"plan": plan.model_dump(mode="json"), "limits": limits}
        print(json.dumps({"outcome": "planned"} | document))
        return 0
    console = make_console()
    show_plan(console, plan)
    console.print(plain(limits))
    return 0


def _find_limits(arguments: argparse.Namespace) -> tuple[Stack | None, str]:
    """Return the deployment whose limits apply, None for the defaults, and a sentence about it."""
    reason = "No call to AWS was made."
    if not arguments.offline:
        try:
            stack = find_stack(arguments)
            stack.plan_run  # noqa: B018  (its errors belong here)
            return stack, f"Limits: those of the stack {stack.name} in {stack.region}."
        except CommandError as error:
            reason = str(error)
        except (BotoCoreError, ClientError) as error:
            reason = describe_aws_error(error)
    return None, f"Limits: the defaults. {reason}"
