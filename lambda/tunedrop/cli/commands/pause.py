"""`pause` and `unpause`: whether runs start."""

from __future__ import annotations

import argparse

from tunedrop.cli.arguments import Commands, add_stack, find_stack
from tunedrop.cli.functions import invoke
from tunedrop.cli.stack import Stack
from tunedrop.cli.terminal import make_console, plain


def add_parser(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add `pause` and `unpause` to the command line."""
    for name, starts, line, words in (
        (
            "pause",
            False,
            "let no run start any more",
            "Lets no run start, of whatever dataset. What is dropped waits; runs that are under way"
            " go on. Undone by `unpause`.",
        ),
        (
            "unpause",
            True,
            "let runs start again",
            "Undoes `pause`, and that of stopping all runs: who waits starts, the longest first.",
        ),
    ):
        parser = commands.add_parser(name, help=line, description=words)
        add_stack(parser)
        parser.set_defaults(execute=execute, starts=starts)


def execute(arguments: argparse.Namespace) -> int:
    """Run the command; return its exit status."""
    stack = find_stack(arguments)
    if arguments.starts:
        invoke(stack, "Admit", {"pause": False, "by": stack.caller})
        make_console().print("Runs start again.")
    else:
        pause(stack)
        make_console().print(plain("No run starts any more. To end this: tunedrop unpause"))
    return 0


def pause(stack: Stack) -> None:
    """Let no run start any more."""
    invoke(stack, "Admit", {"pause": True, "by": stack.caller})
