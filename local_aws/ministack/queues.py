"""SQS and the poller that hands messages to a Lambda: its check, and second deliveries."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from local_aws.conditions import CurrentConditions
from local_aws.ministack import patching

queues = patching.module("services.sqs")
functions = patching.module("services.lambda_svc")
provisioners = patching.module("services.cloudformation.provisioners")
responses = patching.module("core.responses")

# What SQS has for a queue that does not say
# (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html).
_VISIBILITY_SECONDS = 30

# Of a message that was delivered twice, in MiniStack's record of it.
_REPEATED = "local_aws_repeated"


def patch(conditions: CurrentConditions) -> None:
    """Apply this module's replacements."""
    patching.replace(functions, "_create_esm", _checked)
    handlers = provisioners._RESOURCE_HANDLERS["AWS::Lambda::EventSourceMapping"]
    handlers["create"] = _checked_in_a_stack(handlers["create"])
    patching.replace(queues, "_delete_messages_for_esm", lambda it: _at_least_once(it, conditions))


def _too_short(function_name: str, queue_arn: str) -> str | None:
    """Word AWS's refusal of a queue whose messages return while their function still runs.

    https://github.com/github-aws-runners/terraform-aws-github-runner/issues/465
    """
    queue = queues._queue_by_arn(queue_arn) if ":sqs:" in queue_arn else None
    name = function_name.rpartition("function:")[2].partition(":")[0]
    function, config = functions._get_func_record_for_qualifier(name, None)
    if queue is None or function is None:
        return None
    visibility = int(queue["attributes"].get("VisibilityTimeout", _VISIBILITY_SECONDS))
    timeout = int(config["Timeout"])
    if visibility >= timeout:
        return None
    return (
        f"Queue visibility timeout: {visibility} seconds is less than Function timeout: "
        f"{timeout} seconds"
    )


def _checked(create: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def create_mapping(data: dict[str, Any]) -> Any:
        problem = _too_short(data.get("FunctionName", ""), data.get("EventSourceArn", ""))
        if problem:
            return responses.error_response_json("InvalidParameterValueException", problem, 400)
        return create(data)

    return create_mapping


def _checked_in_a_stack(create: Callable[..., Any]) -> Callable[..., Any]:
    def create_mapping(logical_id: str, props: dict[str, Any], stack_name: str) -> Any:
        problem = _too_short(props.get("FunctionName", ""), props.get("EventSourceArn", ""))
        if problem:
            raise ValueError(f"Invalid request provided: {problem}")
        return create(logical_id, props, stack_name)

    return create_mapping


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
