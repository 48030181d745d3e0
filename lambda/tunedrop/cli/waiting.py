"""Who waits at the door: since when, and for what."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from rich.console import Console

from tunedrop import wording
from tunedrop.cli.terminal import cell, make_table, plain
from tunedrop.door import Door, Waiting
from tunedrop.trigger import written_time

_FOR: Final = {
    "rest": "until no file of it is new",
    "manifest": "for its manifest",
    "run": "for the end of its run",
    "slot": "for a place among the concurrent runs",
    "day": "until midnight UTC, as it has had its runs of today",
    "pause": "until runs start again",
}


def show(console: Console, door: Door | None, dataset: str | None, now: datetime) -> None:
    """Show who waits, the longest first; nothing where nobody does."""
    if door is None:
        return
    if door.paused is not None:
        since = written_time(door.paused.since)
        line = f"No run starts since {since}, by {door.paused.by}. To end this: tunedrop unpause"
        console.print(plain(line), soft_wrap=True)
    entries = _entries(door, dataset)
    if not entries:
        return
    table = make_table("waiting", "since", "for", "it waits")
    for name, entry in entries:
        lasts = wording.duration((now - entry.since).total_seconds())
        for_what = _words(door, name, entry)
        table.add_row(*map(cell, (name, written_time(entry.since), lasts, for_what)))
    console.print(table)
    console.print()


def document(door: Door | None, dataset: str | None) -> dict[str, Any]:
    """Return the same for programs."""
    entries = _entries(door, dataset) if door else []
    paused = door.paused.model_dump(mode="json") if door and door.paused else None
    return {
        "paused": paused,
        "waiting": [
            {"dataset": name, "since": written_time(entry.since), "for": entry.reason}
            | {"requests": [request.model_dump(mode="json") for request in entry.requests]}
            for name, entry in entries
        ],
    }


def _entries(door: Door, dataset: str | None) -> list[tuple[str, Waiting]]:
    found = [item for item in door.waiting.items() if dataset in (None, item[0])]
    return sorted(found, key=lambda item: (item[1].since, item[0]))


def _words(door: Door, name: str, entry: Waiting) -> str:
    slot = door.slots.get(name)
    for_what = _FOR[entry.reason]
    if entry.reason == "run" and slot is not None:
        for_what = f"for the end of {name}/{slot.run_id}"
    who = ", ".join(dict.fromkeys(request.by for request in entry.requests))
    return f"{for_what}; asked for by {who}" if who else for_what
