"""A batch of messages from the queue, grouped by dataset; SQS delivers failed ones again."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any

from tunedrop.admission.context import AdmissionContext, OutOfTime
from tunedrop.admission.evaluation import evaluate_dataset, start_waiting
from tunedrop.admission.messages import (
    DatasetEvaluation,
    HourlyReconciliation,
    Message,
    RunEnded,
    ScheduleIsDue,
    read_message,
)
from tunedrop.admission.reconciliation import reconcile
from tunedrop.admission.schedule import enter_scheduled_starts
from tunedrop.errors import UnreadableState
from tunedrop.queues import LONGEST_DELAY_SECONDS, QueueRecord, failed_messages, read_delivery

_FIRST_RETRY_SECONDS = 15
# Reconciliation finds what other messages are about. A scheduled start is sent again before it is a
# dead letter, and after the alarm on messages that are an hour old.
RECEIVES_OF_SCHEDULED_START = 11
_LONGEST_LIFE_OF_SCHEDULED_START = timedelta(days=7)

logger = logging.getLogger(__name__)


@dataclass
class Batch:
    """The failed messages of one delivery, by their ids."""

    context: AdmissionContext
    failed: set[str] = field(default_factory=set)

    def process(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Process all messages; return the answer for the queue, which names the failed ones."""
        records = read_delivery(event)
        messages = self._read(records)
        run_ends = [(i, m) for i, m in messages if isinstance(m, RunEnded)]
        schedules = [(i, m) for i, m in messages if isinstance(m, ScheduleIsDue)]
        for message_id, ended in run_ends:
            self._attempt([message_id], partial(self._free_slot, ended))
        for message_id, due in schedules:
            self._attempt([message_id], partial(enter_scheduled_starts, self.context, due))
        for ids, evaluation in _group_by_dataset(messages):
            self._attempt(ids, partial(evaluate_dataset, self.context, evaluation))
        if run_ends or schedules:
            self._attempt(
                [i for i, _ in (*run_ends, *schedules)], partial(start_waiting, self.context)
            )
        for message_id in [i for i, m in messages if isinstance(m, HourlyReconciliation)]:
            self._attempt([message_id], partial(reconcile, self.context))
        due_schedules = dict(schedules)
        for record in records:
            if record.message_id in self.failed:
                self._retry(record, due_schedules.get(record.message_id))
        return failed_messages(r.message_id for r in records if r.message_id in self.failed)

    def _read(self, records: list[QueueRecord]) -> list[tuple[str, Message]]:
        messages = []
        for record in records:
            try:
                message = read_message(record.body, self.context.bucket.name)
                if message is not None:
                    messages.append((record.message_id, message))
            except Exception as error:
                logger.error("a message cannot be read: %s", error)
                self.failed.add(record.message_id)
        return messages

    def _free_slot(self, ended: RunEnded) -> None:
        self.context.change_state(lambda state: state.free_slot(ended.dataset, ended.run_id))

    def _attempt(self, ids: list[str], action: Callable[[], object]) -> None:
        """Run one action; its error fails only its own messages."""
        try:
            try:
                self.context.check_time()
                action()
            except UnreadableState as error:
                self.context.announcements.announce_unreadable(error)
                raise
        except OutOfTime:
            logger.warning("messages are left for the next invocation: %s", ", ".join(ids))
        except Exception:
            logger.exception("messages failed: %s", ", ".join(ids))
        else:
            return
        self.failed.update(ids)

    def _retry(self, record: QueueRecord, due: ScheduleIsDue | None) -> None:
        """Let a failed message come again later each time; replace a schedule's by a copy."""
        receives, arrivals = record.receive_count, self.context.arrivals
        is_renewed = (
            due is not None
            and receives >= RECEIVES_OF_SCHEDULED_START
            and self.context.clock() - due.start.time < _LONGEST_LIFE_OF_SCHEDULED_START
        )
        try:
            if is_renewed:
                arrivals.send(record.body, delay_seconds=retry_delay(receives))
                self.failed.remove(record.message_id)
            elif record.receipt:
                arrivals.retry_later(record.receipt, delay_seconds=retry_delay(receives))
        except Exception:
            logger.exception("the message is delivered again after its visibility timeout")


def retry_delay(receive_count: int) -> int:
    """Return the seconds between a failed receive and the next: 15, 30, 60, ... 900, 900."""
    return min(_FIRST_RETRY_SECONDS << (receive_count - 1), LONGEST_DELAY_SECONDS)


def _group_by_dataset(
    messages: Iterable[tuple[str, Message]],
) -> list[tuple[list[str], DatasetEvaluation]]:
    """Combine the evaluations of each dataset, in the order of their arrival; the newest counts."""
    groups: dict[str, tuple[list[str], DatasetEvaluation]] = {}
    for message_id, evaluation in messages:
        if not isinstance(evaluation, DatasetEvaluation):
            continue
        ids, combined = groups.get(evaluation.dataset, ([], evaluation))
        times = [e.quiet_since for e in (combined, evaluation) if e.quiet_since is not None]
        combined = replace(combined, quiet_since=max(times, default=None))
        groups[evaluation.dataset] = ([*ids, message_id], combined)
    return list(groups.values())
