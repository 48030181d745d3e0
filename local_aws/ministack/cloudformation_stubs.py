"""CloudFormation accepts the stack's resource types that MiniStack doesn't know, and records them.

They are types that nothing in a run depends on: catalogues, alarms of alarms, saved queries.
"""

from __future__ import annotations

from typing import Any

from local_aws.ministack import patching

STUBBED_TYPES = (
    "AWS::Budgets::Budget",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::Logs::QueryDefinition",
    "AWS::SageMaker::ModelPackageGroup",
)


def _create(logical_id: str, _props: Any, stack_name: str) -> tuple[str, dict[str, str]]:
    responses = patching.module("core.responses")
    region, account = responses.get_region(), responses.get_account_id()
    name = f"{stack_name}-{logical_id}"
    return name, {"Arn": f"arn:aws:local-stub:{region}:{account}:{name}"}


def _update(
    physical_id: str, _old: Any, _new: Any, stack_name: str, logical_id: str
) -> tuple[str, dict[str, str]]:
    return physical_id, _create(logical_id, None, stack_name)[1]


def _delete(_physical_id: str, _props: Any) -> None:
    return None


def mend() -> None:
    """Register the stubs; a type that MiniStack learns keeps MiniStack's own handler."""
    handlers = patching.module("services.cloudformation.provisioners")._RESOURCE_HANDLERS
    for resource_type in STUBBED_TYPES:
        handlers.setdefault(
            resource_type,
            {
                "create": _create,
                "update": _update,
                "update_with_logical_id": True,
                "delete": _delete,
            },
        )
