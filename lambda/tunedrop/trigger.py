"""What starts runs: names of datasets, times, and the record of a run's cause.

Names and times come from events and from users, so their form is checked.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from pydantic import Field

from tunedrop import keys
from tunedrop.datasets.file_names import is_ignorable, stem_of
from tunedrop.errors import UserInputError
from tunedrop.records import describe_value
from tunedrop_common.plan import Record

TriggerKind = Literal["object", "schedule", "user", "resume"]
When = Literal["always", "changed", "worse"]


class ForcedStart(Record):
    """A user's request for a run, even of unchanged contents.

    `id` makes a repeated call find what the first one did. `stated_by` is what the caller says of
    itself: no proof of identity. `resume` is the failed run whose finished tuning jobs are reused.
    """

    id: str
    stated_by: str = "unknown"
    resume: str = ""


class ScheduledStart(Record):
    """A start of a dataset's run by a schedule.

    `when` is its condition: none, contents that the latest run does not have, or a model in use
    that is worse than promised.
    """

    time: datetime
    schedule: str = ""
    when: When = "always"


class SkippedStart(Record):
    """The latest scheduled start that started no run of a dataset."""

    schedule: str
    time: datetime = Field(description="When the schedule was due.")
    reason: str


class Trigger(Record):
    """Why a run started: a new object, a schedule, or a user.

    The run serves all `scheduled_starts` and all `requests`; `key` is the newest object.
    """

    kind: TriggerKind
    time: datetime
    key: str = ""
    scheduled_starts: tuple[ScheduledStart, ...] = ()
    requests: tuple[ForcedStart, ...] = ()

    @property
    def scheduled_time(self) -> datetime | None:
        """The time of the latest scheduled start that the run serves."""
        return max((start.time for start in self.scheduled_starts), default=None)

    @property
    def resume(self) -> str:
        """The run that this one resumes; "" for none."""
        return next((request.resume for request in self.requests if request.resume), "")


def read_time(text: object, what: str) -> datetime:
    """Read an ISO 8601 time; one without an offset is UTC."""
    if isinstance(text, str):
        try:
            time = datetime.fromisoformat(text)
            return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise UserInputError(
        f"The {what} is not a time",
        found=describe_value(text),
        expected="a time such as 2026-11-23T03:00:00Z",
    )


def written_time(time: datetime) -> str:
    """Write a time in one way, to the second."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def dataset_of(key: str) -> str | None:
    """Return the name of the dataset that a key belongs to; None if it belongs to none.

    Every file in a visible folder counts, because any may be the dataset's marker file.
    """
    folders, slash, name = key.removeprefix(keys.DATASETS).rpartition("/")
    if not key.startswith(keys.DATASETS) or is_ignorable(f"{folders}/data" if slash else name):
        return None
    return folders.partition("/")[0] if slash else stem_of(name)
