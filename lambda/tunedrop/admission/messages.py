"""The messages of the queue Arrivals, read into records.

They are events of S3, ends of executions, scheduled starts, the hourly reconciliation, and
evaluations of a dataset, which Admit sends.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ConfigDict

from tunedrop.errors import TunedropError, UserInputError
from tunedrop.records import KeyPart, RunName, StrictRecord, parse_json, read_record
from tunedrop.trigger import ScheduledStart, When, dataset_of, read_time

_OVER = frozenset({"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"})


class UnknownMessage(TunedropError):
    """A message that no part of Tunedrop sends; it goes to the dead-letter queue."""


@dataclass(frozen=True)
class DatasetEvaluation:
    """A dataset to evaluate, because something about it may have changed.

    Parameters
    ----------
    quiet_since
        Time of the latest known change; None if unknown.
    """

    dataset: str
    quiet_since: datetime | None = None

    def body(self) -> str:
        """Return the message for the queue."""
        written: dict[str, Any] = {"evaluate": self.dataset}
        if self.quiet_since is not None:
            written["quiet_since"] = self.quiet_since.isoformat()
        return json.dumps(written)


@dataclass(frozen=True)
class RunEnded:
    """A run's execution has ended."""

    dataset: str
    run_id: str


@dataclass(frozen=True)
class ScheduleIsDue:
    """A schedule starts runs of the datasets of these names or globs; None: of all."""

    start: ScheduledStart
    datasets: tuple[str, ...] | None


@dataclass(frozen=True)
class HourlyReconciliation:
    """The hourly rule asks for a reconciliation."""


Message = DatasetEvaluation | RunEnded | ScheduleIsDue | HourlyReconciliation


class _Body(StrictRecord):
    """What schedules, the hourly rule and Admit send.

    Names of datasets are not checked here: an invalid one is announced when it is evaluated.
    """

    model_config = ConfigDict(extra="forbid")

    scheduled_start: str | None = None
    schedule: KeyPart = ""
    when: When = "always"
    datasets: list[KeyPart] | None = None
    evaluate: KeyPart | None = None
    quiet_since: str | None = None
    reconcile: bool = False


def read_message(body: str, bucket: str) -> Message | None:
    """Return the record of a message; None for an event that concerns no dataset.

    Raises
    ------
    UnknownMessage
        If it has none of the forms.
    """
    try:
        message = parse_json(body)
    except ValueError as error:
        raise UnknownMessage("The message is no JSON") from error
    if not isinstance(message, Mapping):
        raise UnknownMessage("The message is no object")
    try:
        if "detail" in message:
            return _read_event(message, bucket)
        sent = read_record(_Body, message)
        if sent.scheduled_start is not None:
            datasets = None if sent.datasets is None else tuple(sent.datasets)
            time = read_time(sent.scheduled_start, "scheduled start")
            start = ScheduledStart(time=time, schedule=sent.schedule, when=sent.when)
            return ScheduleIsDue(start, datasets)
        if sent.evaluate is not None:
            since = read_time(sent.quiet_since, "time") if sent.quiet_since else None
            return DatasetEvaluation(sent.evaluate, since)
    except (UserInputError, KeyError, TypeError, AttributeError) as error:
        raise UnknownMessage(f"The message cannot be read ({type(error).__name__})") from error
    if not sent.reconcile:
        raise UnknownMessage("The message has no request")
    return HourlyReconciliation()


def _read_event(event: Mapping[str, Any], bucket: str) -> Message | None:
    source, detail = event["source"], event["detail"]
    if source == "aws.states":
        return _read_end(detail)
    if source != "aws.s3":
        raise UnknownMessage("The event is of another service")
    if event["detail-type"] != "Object Created" or detail["bucket"]["name"] != bucket:
        return None
    key = detail["object"]["key"]
    if not isinstance(key, str):
        raise UnknownMessage("The event's key is no text")
    time = read_time(event["time"], "event's time")
    dataset = dataset_of(key)
    return None if dataset is None else DatasetEvaluation(dataset, time)


def _read_end(detail: Mapping[str, Any]) -> RunEnded | None:
    """Return the end of a run; None for an execution that is active or has no run."""
    if detail["status"] not in _OVER:
        return None
    try:
        run = read_record(RunName, parse_json(detail.get("input") or "null"))
    except (ValueError, UserInputError):
        return None
    return RunEnded(run.dataset, run.run_id)
