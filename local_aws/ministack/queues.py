"""SQS's second deliveries of a message to a Lambda, by `repeated_messages`."""

from __future__ import annotations

import time
from collections.abc import Callable

from local_aws.conditions import CurrentConditions
from local_aws.ministack import patching

queues = patching.module("services.sqs")

# Of a message that was delivered twice, in MiniStack's record of it.
_REPEATED = "local_aws_repeated"


def patch(conditions: CurrentConditions) -> None:
    """Apply this module's replacements."""
    patching.replace(queues, "_delete_messages_for_esm", lambda it: _at_least_once(it, conditions))


def _at_least_once(
    delete: Callable[[str, set[str]], None], conditions: CurrentConditions
) -> Callable[[str, set[str]], None]:
    """Deliver some messages again after they were deleted, once each.

    "On rare occasions, one of the servers that stores a copy of a message might be unavailable when
    you receive or delete a message. [...] you might get that message copy again"
    (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/standard-queues-at-least-once-delivery.html).
    """

    def delete_messages(queue_url: str, receipt_handles: set[str]) -> None:
        kept = set()
        share = conditions.now.repeated_messages
        if share:
            with queues._queues_lock:
                for message in queues._get_q(queue_url)["messages"]:
                    handle = message.get("receipt_handle")
                    if handle not in receipt_handles or _REPEATED in message:
                        continue
                    if conditions.happens(share):
                        message.update({_REPEATED: True, "visible_at": time.time()})
                        kept.add(handle)
        delete(queue_url, receipt_handles - kept)

    return delete_messages
