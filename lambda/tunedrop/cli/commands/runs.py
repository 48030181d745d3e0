"""`runs`: the waiting datasets, the runs with their results, and checks of a dataset's models."""

from __future__ import annotations

import argparse
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Final

from rich.console import Console

from tunedrop import keys, wording
from tunedrop.admission_state import AdmissionState, Waiting
from tunedrop.checks import Check, read_newest_checks
from tunedrop.cli.arguments import Commands, add_command, find_stack
from tunedrop.cli.progress import RUNNING, read_status
from tunedrop.cli.run_folder import RunFiles, all_runs, find_run
from tunedrop.cli.stack import Stack
from tunedrop.cli.terminal import cell, make_console, make_table, write
from tunedrop.errors import UnreadableState
from tunedrop.index.records import checked, reported
from tunedrop.run_record import end_of, time_of
from tunedrop.trigger import SkippedStart, written_time
from tunedrop_common.metric_names import describe_metric

_LIMIT = 20
_PARALLEL = 16

_REASONS: Final = {
    "quiet_period": "the quiet period",
    "marker_file": "the marker file",
    "run": "the end of its run",
    "slot": "a slot",
    "day": "midnight UTC (daily limit)",
    "pause": "the end of the pause",
}


@dataclass(frozen=True)
class RunState:
    """Status or result of one run; `seconds` is its duration."""

    run: str
    state: str
    started: datetime
    seconds: float | None = None
    verdict: str = ""
    metric: str = ""
    score: float | None = None
    failure: str = ""


def add_parser(commands: Commands) -> None:
    """Add `runs` to the command line."""
    parser = add_command(
        commands,
        "runs",
        execute,
        summary="list runs and their results",
        description="Lists the runs of a dataset, or of all datasets, newest first. A table above"
        " has the datasets that wait for a run, with the reason; one below has the checks of the"
        " named dataset's models on rows with outcomes. Of a named dataset, it also says why the"
        " latest scheduled start was skipped.",
    )
    parser.add_argument(
        "dataset", nargs="?", metavar="DATASET", help="list only its runs, and its checks"
    )
    parser.add_argument(
        "--limit",
        type=_positive,
        default=_LIMIT,
        metavar="N",
        help=f"list the newest N runs and checks (default: {_LIMIT})",
    )
    parser.add_argument("--json", action="store_true", help="write all as one JSON object")


def execute(arguments: argparse.Namespace) -> int:
    """Run the command; return its exit status."""
    stack = find_stack(arguments)
    dataset = arguments.dataset
    runs = all_runs(stack.bucket, dataset)
    state = stack.read_admission_state() or AdmissionState(since=datetime.now(UTC))
    waiting = [item for item in state.waiting.items() if dataset in (None, item[0])]
    waiting.sort(key=lambda item: (item[1].since, item[0]))
    if not runs and not waiting and dataset is not None:
        find_run(stack.bucket, dataset)  # raises the error for an unknown dataset
    read_at = datetime.now(UTC)
    with ThreadPoolExecutor(_PARALLEL) as pool:
        states = list(
            pool.map(lambda run: _read_state(stack, run, read_at), runs[: arguments.limit])
        )
    checks = read_newest_checks(stack.bucket, dataset, arguments.limit) if dataset else []
    checks.reverse()
    skipped = _find_skipped(stack, dataset) if dataset else None
    if arguments.json:
        print(json.dumps(_to_document(state, waiting, states, checks, skipped)))
        return 0
    console = make_console()
    _show_waiting(console, state, waiting, read_at)
    if skipped is not None:
        time, name = written_time(skipped.time), f" ({skipped.schedule})" * bool(skipped.schedule)
        write(console, f"The scheduled start of {time}{name} was skipped. {skipped.reason}")
    if not states:
        console.print("There is no run yet. Drop a dataset: tunedrop drop FILE_OR_FOLDER")
        return 0
    table = make_table("run", "state", "verdict", "score", "took", unbroken=(0, 1, 3, 4))
    for run in states:
        metric, score = describe_metric(run.metric), ""
        if run.score is not None:
            score = f"{wording.score(metric.shown(run.score))} {metric.words}"
        verdict, took = run.verdict or run.failure, wording.duration(run.seconds)
        table.add_row(*map(cell, (run.run, run.state, verdict, score, took)))
    console.print(table)
    if len(runs) > len(states):
        older = wording.count(len(runs) - len(states), "older run")
        console.print(f"{older}: --limit {len(runs)}")
    _show_checks(console, checks)
    return 0


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of 1 or more")
    return int(text)


def _find_skipped(stack: Stack, dataset: str) -> SkippedStart | None:
    """Return the latest skipped start; None if there is none, or the record is damaged."""
    try:
        return stack.bucket.find_record(keys.skipped_start(dataset), SkippedStart)
    except UnreadableState:
        return None


def _to_document(
    state: AdmissionState,
    waiting: list[tuple[str, Waiting]],
    states: list[RunState],
    checks: list[Check],
    skipped: SkippedStart | None,
) -> dict[str, object]:
    return {
        "paused": state.paused.model_dump(mode="json") if state.paused else None,
        "waiting": [
            {"dataset": name, "since": written_time(entry.since), "for": entry.reason}
            | {"requests": [request.model_dump(mode="json") for request in entry.requests]}
            for name, entry in waiting
        ],
        "runs": [{**asdict(state), "started": state.started.isoformat()} for state in states],
        "checks": [check.model_dump(mode="json") for check in checks],
        "skipped": skipped.model_dump(mode="json") if skipped else None,
    }


def _show_waiting(
    console: Console, state: AdmissionState, waiting: list[tuple[str, Waiting]], read_at: datetime
) -> None:
    """Show a pause, and the waiting datasets, longest wait first."""
    if state.paused is not None:
        since, by = written_time(state.paused.since), state.paused.stated_by
        write(console, f"New runs are paused since {since}, by {by}. Resume: tunedrop unpause")
    if not waiting:
        return
    table = make_table("waiting", "since", "time", "waits for")
    for name, entry in waiting:
        reason = _REASONS[entry.reason]
        if entry.reason == "run" and name in state.slots:
            reason = f"the end of {name}/{state.slots[name].run_id}"
        if entry.requests:
            callers = dict.fromkeys(request.stated_by for request in entry.requests)
            reason += f"; requested by {', '.join(callers)}"
        time = wording.duration((read_at - entry.since).total_seconds())
        table.add_row(*map(cell, (name, written_time(entry.since), time, reason)))
    console.print(table)
    console.print()


def _show_checks(console: Console, checks: list[Check]) -> None:
    if not checks:
        return
    console.print()
    table = make_table("check", "time", "model", "rows", "score", "95% CI", "promised", "verdict")
    for entry in (checked(check).display() for check in checks):
        score = f"{wording.score(entry.score.value)} {describe_metric(entry.metric).words}"
        promised = wording.interval(entry.promised.ends) or wording.score(entry.promised.value)
        time, rows = entry.time[:16].replace("T", " "), f"{entry.rows:,}"
        ends = wording.interval(entry.score.ends)
        table.add_row(
            *map(cell, (entry.file, time, entry.run_id, rows, score, ends, promised, entry.verdict))
        )
    console.print(table)


def _read_state(stack: Stack, run: RunFiles, read_at: datetime) -> RunState:
    """Read the state of one run; a damaged one hides no other."""
    started = time_of(run.run_id)
    try:
        end = end_of(run.bucket, run)
        if end == "report.html" and (results := run.read("results.json")):
            entry = reported(results)
            ended = datetime.fromisoformat(entry.time) if entry.time else None
            seconds = (ended - started).total_seconds() if ended else None
            score = entry.score.value
            return RunState(
                str(run), "succeeded", started, seconds, entry.verdict, entry.metric, score
            )
        if end == "failure.json" and (failure := run.read(end)):
            seconds = (datetime.fromisoformat(failure["time"]) - started).total_seconds()
            return RunState(str(run), "failed", started, seconds, failure=failure["what"])
        status = read_status(stack, run)
        took = (read_at - started).total_seconds() if status == RUNNING else None
        return RunState(str(run), status, started, took)
    except UnreadableState as error:
        return RunState(str(run), "damaged", started, failure=f"{error.key} cannot be read")
