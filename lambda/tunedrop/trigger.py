"""What started an execution: an object that arrived, a person, or the schedule.

PlanRun's first step, and RecordFailure's way to find the run of a failed execution. The input comes
from events and from people's hands, so nothing about its shape is taken for granted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from tunedrop import keys
from tunedrop.datasets.layout import is_ignorable, stem_of
from tunedrop.errors import DatasetError, UserInputError

NAME_LENGTH = 100

_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?")
_RULE = (
    f"at most {NAME_LENGTH} letters, digits, spaces, '.', '_' and '-', the first a letter or digit"
)


@dataclass(frozen=True)
class Trigger:
    """A request for a run of `dataset`.

    `key` and `version_id` say which object's arrival it was, `tick` which tick of the schedule;
    `execution` and `time` identify what is claimed and the run.
    """

    kind: Literal["object", "person", "schedule"]
    dataset: str
    time: datetime
    execution: str
    key: str = ""
    version_id: str = ""
    tick: str = ""


@dataclass(frozen=True)
class NotATrigger:
    """An event that concerns no dataset."""

    reason: str


def read_trigger(payload: Mapping[str, Any], bucket: str) -> Trigger | NotATrigger:
    """Read PlanRun's payload: `{"input", "execution", "started"}`.

    Raises
    ------
    UserInputError
        When the input is none of the forms that start a run.
    """
    execution, given = payload.get("execution"), payload.get("input")
    if not isinstance(execution, str) or not execution:
        raise UserInputError("The payload names no execution", to_do="Start the state machine.")
    if not isinstance(given, Mapping):
        raise _unknown_form(given)
    if "detail" in given:
        return _read_event(given, bucket, execution)
    if "dataset" in given:
        return _read_request(given, execution, payload.get("started"))
    raise _unknown_form(given)


def read_time(text: object, what: str) -> datetime:
    """Read an ISO 8601 time; one without an offset is UTC."""
    if isinstance(text, str) and _ISO.fullmatch(text):
        try:
            time = datetime.fromisoformat(text)
            return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise UserInputError(
        f"The {what} is not a time",
        found=_quoted(text),
        expected="a time such as 2026-11-23T03:00:00Z",
    )


def checked_name(name: object) -> str:
    """Return a dataset's name if it can be one."""
    if (
        isinstance(name, str)
        and 0 < len(name) <= NAME_LENGTH
        and name[0].isalnum()
        and name == name.strip()
        and all(c.isalnum() or c in " ._-" for c in name)
    ):
        return name
    raise DatasetError(
        "The dataset's name cannot be used",
        found=_quoted(name),
        expected=_RULE,
        to_do="Rename the folder or file below datasets/ and drop it again.",
    )


def _read_event(event: Mapping[str, Any], bucket: str, execution: str) -> Trigger | NotATrigger:
    if event.get("source") != "aws.s3" or event.get("detail-type") != "Object Created":
        return NotATrigger("The event is not about an object that S3 created.")
    detail = event["detail"]
    obj = detail.get("object") if isinstance(detail, Mapping) else None
    place = detail.get("bucket") if isinstance(detail, Mapping) else None
    if not isinstance(obj, Mapping) or not isinstance(place, Mapping):
        raise _unknown_form(event)
    key, version_id = obj.get("key"), obj.get("version-id", "")
    if not isinstance(key, str) or not isinstance(version_id, str):
        raise _unknown_form(event)
    if place.get("name") != bucket:
        return NotATrigger("The event is about another bucket.")
    name = _folder_or_file(key)
    if name is None:
        return NotATrigger("The object is not part of a dataset.")
    return Trigger(
        kind="object",
        dataset=checked_name(name),
        time=read_time(event.get("time"), "event's time"),
        execution=execution,
        key=key,
        version_id=version_id,
    )


def _read_request(given: Mapping[str, Any], execution: str, started: object) -> Trigger:
    unknown = set(given) - {"dataset", "tick"}
    if unknown:
        raise UserInputError(
            "The input has an unknown key",
            found=_quoted(min(unknown, key=str)),
            expected="'dataset', and 'tick' for a retune",
            to_do='Start the execution with {"dataset": "<name>"}.',
        )
    dataset = checked_name(given["dataset"])
    if "tick" in given:
        time = read_time(given["tick"], "tick")
        tick = time.strftime("%Y-%m-%dT%H:%M:%SZ")
        return Trigger("schedule", dataset, time, execution, tick=tick)
    return Trigger("person", dataset, read_time(started, "execution's start"), execution)


def _folder_or_file(key: str) -> str | None:
    """Return the dataset that a key belongs to, None when it belongs to none."""
    below = key.removeprefix(keys.DATASETS)
    if not key.startswith(keys.DATASETS) or is_ignorable(below):
        return None
    folder, slash, _ = below.partition("/")
    return folder if slash else stem_of(below)


def _unknown_form(found: object) -> UserInputError:
    return UserInputError(
        "The execution's input is none that starts a run",
        found=_quoted(found),
        expected='{"dataset": "<name>"}, {"dataset": "<name>", "tick": "<time>"} or an event of S3',
        to_do='Start the execution with {"dataset": "<name>"}.',
    )


def _quoted(found: object) -> str:
    text = repr(found)
    return text if len(text) <= 200 else text[:200] + "..."
