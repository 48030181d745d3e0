"""Calls that MiniStack's services make themselves, recorded with the role that AWS would use.

A state machine invokes Lambdas and publishes; schedules send messages; a Lambda's poller reads its
queue by the Lambda's role.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local_aws.calls import Call, Calls
from local_aws.ministack import patching, tasks

steps = patching.module("services.stepfunctions")
bridge = patching.module("services.eventbridge")
functions = patching.module("services.lambda_svc")

# The parameter that names what an integration works on, and the action that it needs.
_INTEGRATIONS = {
    "lambda:invoke": ("FunctionName", "lambda:InvokeFunction"),
    "sns:publish": ("TopicArn", "sns:Publish"),
}

# The action of a rule's or a schedule's target, if it has a role. Without a role, the
# resource's own policy decides.
# https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-templated.html
_TARGETS = {
    "states": "states:StartExecution",
    "sqs": "sqs:SendMessage",
    "lambda": "lambda:InvokeFunction",
    "sns": "sns:Publish",
}

# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
_POLLING = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")


def patch(calls: Calls) -> None:
    """Apply this module's replacements."""

    def record_tasks(invoke: Callable[..., Any]) -> Callable[..., Any]:
        def invoke_resource(resource: str, task_input: Any) -> Any:
            task = tasks.current()
            if task is not None:
                machine = steps._state_machines.get(task.execution["stateMachineArn"]) or {}
                action, target = required_permission(resource, task_input)
                calls.add(Call(str(machine.get("roleArn")), action, target))
            return invoke(resource, task_input)

        return invoke_resource

    def record_rules(invoke: Callable[..., Any]) -> Callable[..., Any]:
        def invoke_target(target: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
            arn = str(target.get("Arn"))
            action = _TARGETS.get(arn.split(":")[2] if arn.startswith("arn:") else "")
            if target.get("RoleArn") and action:
                calls.add(Call(target["RoleArn"], action, arn))
            return invoke(target, *args, **kwargs)

        return invoke_target

    def record_pollers(run: Callable[..., Any]) -> Callable[..., Any]:
        def run_batch(mapping: dict[str, Any], *args: Any) -> Any:
            for action in _POLLING:
                calls.add(Call(mapping["FunctionName"], action, mapping["EventSourceArn"]))
            return run(mapping, *args)

        return run_batch

    patching.replace(steps, "_invoke_resource", record_tasks)
    patching.replace(bridge, "_invoke_target", record_rules)
    patching.replace(functions, "_run_sqs_batch", record_pollers)


def required_permission(resource: str, task_input: Any) -> tuple[str, str]:
    """Return the action that a task state's resource requires, and its resource."""
    if ":function:" in resource:
        return "lambda:InvokeFunction", resource
    integration = resource.partition("arn:aws:states:::")[2].partition(".")[0]
    member, action = _INTEGRATIONS.get(integration, ("", integration))
    target = task_input.get(member) if isinstance(task_input, dict) else None
    return action, str(target or "*").removesuffix(":$LATEST")
