"""A batch of messages from the queue, grouped by dataset; what fails comes again by itself."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from pydantic import Field

from tunedrop.admission.gate import Gate
from tunedrop.admission.looking import look_at, wake
from tunedrop.admission.messages import (
    HourlySweep,
    Look,
    Message,
    RunEnded,
    Tick,
    read_message,
)
from tunedrop.admission.sweeping import sweep
from tunedrop.admission.ticking import enter_tick
from tunedrop.errors import Throttled, TransientAwsError, UnreadableState
from tunedrop.records import StrictRecord, read_record

# The visibility timeout lasts for longer than a Lambda may take; most errors are over before that.
_RETRY_SECONDS = 60

logger = logging.getLogger(__name__)


class QueueRecord(StrictRecord):
    """A message as the queue delivers it."""

    message_id: str = Field(validation_alias="messageId")
    body: str
    receipt: str = Field("", validation_alias="receiptHandle")


class Delivery(StrictRecord):
    """What the queue delivers at once."""

    records: list[QueueRecord] = Field(validation_alias="Records")


@dataclass
class Batch:
    """Messages that came together, and those that failed, by their ids."""

    gate: Gate
    failed: dict[str, Exception] = field(default_factory=dict)

    def take(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Deal with all messages; return the answer for the queue."""
        records = read_record(Delivery, event).records
        messages = self._read(records)
        of_runs = [(i, m) for i, m in messages if isinstance(m, RunEnded)]
        ticks = [(i, m) for i, m in messages if isinstance(m, Tick)]
        for message_id, ended in of_runs:
            self._attempt([message_id], partial(self._free, ended))
        for message_id, tick in ticks:
            self._attempt([message_id], partial(enter_tick, self.gate, tick))
        for ids, look in _grouped(messages):
            self._attempt(ids, partial(look_at, self.gate, look))
        if of_runs or ticks:
            self._attempt([i for i, _ in (*of_runs, *ticks)], partial(wake, self.gate))
        for message_id in [i for i, m in messages if isinstance(m, HourlySweep)]:
            self._attempt([message_id], partial(sweep, self.gate))
        return self._answer(records)

    def _read(self, records: list[QueueRecord]) -> list[tuple[str, Message]]:
        messages = []
        for record in records:
            try:
                message = read_message(record.body, self.gate.bucket.name)
            except Exception as error:
                logger.error("a message cannot be read: %s", error)
                self.failed[record.message_id] = error
            else:
                messages.append((record.message_id, message))
        return messages

    def _free(self, ended: RunEnded) -> None:
        self.gate.change(lambda door: door.freed(ended.dataset, ended.run_id))

    def _attempt(self, ids: list[str], action: Callable[[], object]) -> None:
        """Do one thing; its error must not keep the other messages from being dealt with."""
        try:
            self._announce_damage(action)
        except Exception as error:
            logger.exception("messages could not be dealt with: %s", ", ".join(ids))
            self.failed |= dict.fromkeys(ids, error)

    def _announce_damage(self, action: Callable[[], object]) -> None:
        try:
            action()
        except UnreadableState as error:
            self.gate.announcements.unreadable(error, self.gate.clock())
            raise

    def _answer(self, records: list[QueueRecord]) -> dict[str, Any]:
        for record in records:
            error = self.failed.get(record.message_id)
            if isinstance(error, (Throttled, TransientAwsError)) and record.receipt:
                self._retry_soon(record.receipt)
        return {"batchItemFailures": [{"itemIdentifier": i} for i in self.failed]}

    def _retry_soon(self, receipt: str) -> None:
        try:
            self.gate.arrivals.retry_soon(receipt, delay_seconds=_RETRY_SECONDS)
        except Exception:
            logger.exception("the message comes again when its visibility timeout is over")


def _grouped(messages: Iterable[tuple[str, Message]]) -> list[tuple[list[str], Look]]:
    """Make one look a dataset of all that ask for one, in the order in which they came."""
    groups: dict[str, tuple[list[str], Look]] = {}
    for message_id, look in messages:
        if not isinstance(look, Look):
            continue
        ids, known = groups.get(look.dataset, ([], look))
        groups[look.dataset] = ([*ids, message_id], _together(known, look))
    return list(groups.values())


def _together(one: Look, other: Look) -> Look:
    """Combine two looks: the newer news count, and data more than a file beside it."""
    if one.side_file and not other.side_file:
        one, other = other, one
    times = [look.quiet_since for look in (one, other) if look.quiet_since is not None]
    return replace(
        one,
        quiet_since=max(times, default=None),
        from_sweep=one.from_sweep and other.from_sweep,
    )
