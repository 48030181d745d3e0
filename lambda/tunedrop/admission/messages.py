"""What comes in by the queue Arrivals, read into records.

Messages are events of S3, ends of executions, ticks of the schedule, the hourly sweep, and looks
that Admit sent itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ConfigDict

from tunedrop import keys
from tunedrop.datasets.file_names import is_ignorable
from tunedrop.errors import TunedropError, UserInputError
from tunedrop.records import KeyPart, StrictRecord, parse_json, read_record
from tunedrop.trigger import dataset_of, dataset_of_input, read_time

_OVER = frozenset({"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"})


class UnknownMessage(TunedropError):
    """A message that nobody of ours sends; it goes to the dead-letter queue."""


@dataclass(frozen=True)
class Look:
    """Look at a dataset, since something about it may have changed.

    Parameters
    ----------
    quiet_since
        When it is known to have changed; None when nothing is known.
    side_file
        The key of a file that is no data (_SUCCESS, README.md), and the only reason to look.
    from_sweep
        Whether no message but the hourly sweep made us look.
    """

    dataset: str
    quiet_since: datetime | None = None
    side_file: str = ""
    from_sweep: bool = False

    def body(self) -> str:
        """Write it for the queue."""
        written: dict[str, Any] = {"look": self.dataset}
        if self.quiet_since is not None:
            written["quiet_since"] = self.quiet_since.isoformat()
        return json.dumps(written | ({"sweep": True} if self.from_sweep else {}))


@dataclass(frozen=True)
class RunEnded:
    """An execution of ours is over."""

    dataset: str
    run_id: str


@dataclass(frozen=True)
class Tick:
    """The schedule's: these datasets are due, or all."""

    tick: datetime
    datasets: tuple[str, ...] | None


@dataclass(frozen=True)
class HourlySweep:
    """The hourly look at everything."""


@dataclass(frozen=True)
class Nothing:
    """An event that concerns no dataset."""


Message = Look | RunEnded | Tick | HourlySweep | Nothing


class _Body(StrictRecord):
    """What the schedule, the hourly rule and Admit itself send.

    Names of datasets are any yet: the owner of a folder whose name cannot be one is told of it.
    """

    model_config = ConfigDict(extra="forbid")

    tick: str | None = None
    datasets: list[KeyPart] | None = None
    look: KeyPart | None = None
    quiet_since: str | None = None
    sweep: bool = False


def read_message(body: str, bucket: str) -> Message:
    """Read a message.

    Raises
    ------
    UnknownMessage
        When it has none of the forms.
    """
    try:
        given = parse_json(body)
    except ValueError as error:
        raise UnknownMessage("The message is no JSON") from error
    if not isinstance(given, Mapping):
        raise UnknownMessage("The message is no object")
    try:
        if "detail" in given:
            return _read_event(given, bucket)
        sent = read_record(_Body, given)
        if sent.tick is not None:
            datasets = None if sent.datasets is None else tuple(sent.datasets)
            return Tick(read_time(sent.tick, "tick"), datasets)
        if sent.look is not None:
            since = read_time(sent.quiet_since, "time") if sent.quiet_since else None
            return Look(sent.look, since, from_sweep=sent.sweep)
    except (UserInputError, KeyError, TypeError, AttributeError) as error:
        raise UnknownMessage(f"The message cannot be read ({type(error).__name__})") from error
    if not sent.sweep:
        raise UnknownMessage("The message asks for nothing")
    return HourlySweep()


def _read_event(event: Mapping[str, Any], bucket: str) -> Message:
    source, detail = event["source"], event["detail"]
    if source == "aws.states":
        return _read_end(detail)
    if source != "aws.s3":
        raise UnknownMessage("The event is of another service")
    if event["detail-type"] != "Object Created" or detail["bucket"]["name"] != bucket:
        return Nothing()
    key = detail["object"]["key"]
    if not isinstance(key, str):
        raise UnknownMessage("The event's key is no text")
    time = read_time(event["time"], "event's time")
    if (dataset := dataset_of(key)) is not None:
        return Look(dataset, time)
    dataset = _folder_of_side_file(key)
    return Nothing() if dataset is None else Look(dataset, side_file=key)


def _folder_of_side_file(key: str) -> str | None:
    """Return the dataset of a file that may be its manifest; None in a hidden folder or in none."""
    dataset, _, path = key.removeprefix(keys.DATASETS).partition("/")
    folders, _, name = path.rpartition("/")
    if not name or not key.startswith(keys.DATASETS):
        return None
    inside = f"{dataset}/{folders}/data" if folders else f"{dataset}/data"
    return None if is_ignorable(inside) else dataset


def _read_end(detail: Mapping[str, Any]) -> Message:
    """Read the end of an execution. Events of one that goes on, or that has no run, are nothing."""
    if detail["status"] not in _OVER:
        return Nothing()
    try:
        given = parse_json(detail.get("input") or "null")
    except ValueError:
        given = None
    dataset = dataset_of_input(given)
    if dataset is None:
        return Nothing()
    run_id = given.get("run_id")
    return RunEnded(dataset, run_id) if isinstance(run_id, str) else Nothing()
