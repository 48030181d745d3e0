"""The calls that MiniStack's services make themselves, with the role that AWS would make them with.

A state machine invokes Lambdas, publishes and starts executions; a rule starts executions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local_aws.calls import Call, Calls
from local_aws.ministack import patching, tasks

steps = patching.module("services.stepfunctions")
bridge = patching.module("services.eventbridge")

# The parameter that names what an integration works on, and the action that it needs.
_INTEGRATIONS = {
    "lambda:invoke": ("FunctionName", "lambda:InvokeFunction"),
    "sns:publish": ("TopicArn", "sns:Publish"),
    "states:startExecution": ("StateMachineArn", "states:StartExecution"),
}


def patch(calls: Calls) -> None:
    """Apply this module's replacements."""

    def of_tasks(invoke: Callable[..., Any]) -> Callable[..., Any]:
        def invoke_resource(resource: str, task_input: Any) -> Any:
            task = tasks.current()
            if task is not None:
                machine = steps._state_machines.get(task.execution["stateMachineArn"]) or {}
                action, target = needed(resource, task_input)
                calls.add(Call(str(machine.get("roleArn")), action, target))
            return invoke(resource, task_input)

        return invoke_resource

    def of_rules(invoke: Callable[..., Any]) -> Callable[..., Any]:
        def invoke_target(target: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
            arn = str(target.get("Arn"))
            if target.get("RoleArn") and ":stateMachine:" in arn:
                calls.add(Call(target["RoleArn"], "states:StartExecution", arn))
            return invoke(target, *args, **kwargs)

        return invoke_target

    patching.replace(steps, "_invoke_resource", of_tasks)
    patching.replace(bridge, "_invoke_target", of_rules)


def needed(resource: str, task_input: Any) -> tuple[str, str]:
    """Say which permission a task state's resource needs, and on what."""
    if ":function:" in resource:
        return "lambda:InvokeFunction", resource
    integration = resource.partition("arn:aws:states:::")[2].partition(".")[0]
    member, action = _INTEGRATIONS.get(integration, ("", integration))
    target = task_input.get(member) if isinstance(task_input, dict) else None
    return action, str(target or "*").removesuffix(":$LATEST")
