"""`champion`: the model of a dataset that is in use; use an earlier one, approve one, pin it."""

from __future__ import annotations

import argparse

from rich.console import Console

from tunedrop import wording
from tunedrop.champions.record import ChampionRecord, read_champion
from tunedrop.cli.arguments import Commands, add_command, find_stack
from tunedrop.cli.terminal import cell, make_console, make_table, write
from tunedrop.records import check_dataset_name, read_run_name

_ACTIONS = ("use", "approve", "pin", "unpin")
_MADE_BY = {"run": "a run", "use": "a user", "approval": "an approval"}


def add_parser(commands: Commands) -> None:
    """Add `champion` to the command line."""
    parser = add_command(
        commands,
        "champion",
        execute,
        summary="show or change the model in use",
        description="Shows which models of a dataset were in use, the newest first. An option"
        " changes it at once, without a job.",
    )
    parser.add_argument("dataset", metavar="DATASET", help="the dataset's name")
    option = parser.add_mutually_exclusive_group()
    option.add_argument("--use", metavar="RUN_ID", help="put the model of this run into use")
    option.add_argument("--approve", metavar="RUN_ID", help="approve the run that waits for it")
    option.add_argument(
        "--pin", action="store_true", help="keep the model in use, whatever runs find"
    )
    option.add_argument("--unpin", action="store_true", help="let runs replace it again")
    parser.add_argument("--json", action="store_true", help="write only JSON to standard output")


def execute(arguments: argparse.Namespace) -> int:
    """Run the command; return its exit status."""
    dataset, stack = check_dataset_name(arguments.dataset), find_stack(arguments)
    named_run = arguments.use or arguments.approve
    action = next((name for name in _ACTIONS if vars(arguments)[name]), "")
    if action:
        call = {"champion": dataset, "action": action, "stated_by": stack.caller}
        if named_run:
            # "<dataset>/<run id>" as `runs` shows it, or the id alone
            call["run_id"] = read_run_name(f"{dataset}/{named_run.rpartition('/')[2]}").run_id
        record = ChampionRecord.model_validate(stack.invoke("WriteReport", call))
    else:
        record = read_champion(stack.bucket, dataset)
    console = make_console()
    if arguments.json:
        console.print(record.model_dump_json(indent=2), markup=False, soft_wrap=True)
    else:
        _show(record, console)
    return 0


def _show(record: ChampionRecord, console: Console) -> None:
    if record.in_use is None:
        write(console, f"The dataset {record.dataset!r} has no model in use.")
    else:
        pin = ", pinned" if record.pinned else ""
        write(console, f"In use: the model of {record.dataset}/{record.in_use.run_id}{pin}.")
    if record.pending is not None:
        write(console, f"Waits for an approval: {record.dataset}/{record.pending.run_id}.")
    if not record.history:
        return
    table = make_table("RUN", "METRIC", "SCORE", "95% CI", "VERDICT", "SINCE", "BY")
    for change in reversed(record.history):
        table.add_row(
            *map(
                cell,
                (
                    change.run_id,
                    change.metric,
                    wording.score(change.score),
                    wording.interval(change.interval),
                    change.verdict,
                    f"{change.time:%Y-%m-%d %H:%M}",
                    change.stated_by or _MADE_BY[change.made_by],
                ),
            )
        )
    console.print(table)
