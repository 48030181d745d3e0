"""Roles with exact permissions: each is one inline policy, and every wildcard has its reason.

cdk-nag finds each `*`; `make_role` acknowledges it on this one role with the permission's own
reason, so that a wildcard without a reason stops the synth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aws_cdk import Acknowledgment, Stack, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct


@dataclass(frozen=True)
class Permission:
    """Some actions on some resources.

    Parameters
    ----------
    wildcard
        Why resources with a `*` are as narrow as they can be; "" when there are none.
    is_denied
        Whether the actions are denied, whatever else allows them.
    """

    actions: Sequence[str]
    resources: Sequence[str]
    conditions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    wildcard: str = ""
    is_denied: bool = False

    def statement(self) -> iam.PolicyStatement:
        """Write it as CDK wants it."""
        return iam.PolicyStatement(
            effect=iam.Effect.DENY if self.is_denied else iam.Effect.ALLOW,
            actions=list(self.actions),
            resources=list(self.resources),
            conditions=dict(self.conditions),
        )


def make_role(
    scope: Construct,
    construct_id: str,
    *,
    service: str,
    description: str,
    permissions: Sequence[Permission],
    conditions: Mapping[str, Mapping[str, Any]] | None = None,
) -> iam.Role:
    """Make a role which `service` may assume and which can do this and nothing else.

    Its policy is inline: it exists as soon as the role does, so nothing that uses the role can come
    too early, and nobody can add to it by accident (hand out `role.without_policy_updates()`).
    """
    role = iam.Role(
        scope,
        construct_id,
        assumed_by=iam.ServicePrincipal(service, conditions=dict(conditions or {})),
        description=description,
        inline_policies={
            "Permissions": iam.PolicyDocument(
                statements=[permission.statement() for permission in permissions]
            )
        },
    )
    stack = Stack.of(role)
    for permission in permissions:
        for resource in permission.resources if permission.wildcard else ():
            name = _as_nag_names_it(stack.resolve(resource))
            if "*" in name:
                acknowledge(role, f"AwsSolutions-IAM5[Resource::{name}]", permission.wildcard)
    return role


def acknowledge(construct: Construct, rule: str, reason: str) -> None:
    """Accept a finding of cdk-nag on one resource."""
    Validations.of(construct).acknowledge(Acknowledgment(id=rule, reason=reason))


def of_this_account(scope: Construct) -> dict[str, dict[str, str]]:
    """Return the condition that a service acts for this account (confused deputy)."""
    return {"StringEquals": {"aws:SourceAccount": Stack.of(scope).account}}


def arn(scope: Construct, service: str, resource: str) -> str:
    """Write the ARN of a resource, `function:name`, in this account and region."""
    return Stack.of(scope).format_arn(service=service, resource=resource)


def use_key(key: kms.IKey | None, *actions: str) -> list[Permission]:
    """Use a key, if there is one."""
    return [Permission(actions=actions, resources=[key.key_arn])] if key else []


def write_logs(log_group_arn: str) -> Permission:
    """Write to the streams of one log group."""
    return Permission(
        actions=["logs:CreateLogStream", "logs:PutLogEvents"],
        resources=[log_group_arn],
        wildcard="Names of log streams are made by the service; the log group is exact.",
    )


def trace() -> Permission:
    """Send traces to X-Ray."""
    return Permission(
        actions=[
            "xray:PutTraceSegments",
            "xray:PutTelemetryRecords",
            "xray:GetSamplingRules",
            "xray:GetSamplingTargets",
        ],
        resources=["*"],
        wildcard="X-Ray has no resources to name.",
    )


def _as_nag_names_it(resource: Any) -> str:
    """Write a resolved resource as cdk-nag's findings do: `<Bucket1234.Arn>/runs/*`."""
    if isinstance(resource, str):
        return resource
    ((function, argument),) = resource.items()
    if function == "Ref":
        return f"<{argument}>"
    if function == "Fn::GetAtt":
        return f"<{'.'.join(argument)}>"
    if function == "Fn::Join":
        separator, parts = argument
        return str(separator).join(_as_nag_names_it(part) for part in parts)
    raise ValueError(f"An ARN with {function} in it cannot be acknowledged: {resource}")
