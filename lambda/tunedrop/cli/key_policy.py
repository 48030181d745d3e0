"""The statements that the policy of a deployment's own KMS key needs, and whether it has them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

_KEY_ACTIONS_OF_ROLES = ("CreateGrant", "Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey")
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
_KEY_ACTIONS_OF_LOGS = ("Decrypt*", "Describe*", "Encrypt*", "GenerateDataKey*", "ReEncrypt*")


def key_policy_statements(
    partition: str, region: str, account: str, stack_name: str
) -> list[dict[str, Any]]:
    """Return the statements that the policy of a deployment's key needs.

    The roles' own policies count only where the key's policy delegates to the account. CloudWatch
    Logs has no role, so the key's policy has to name it.
    """
    groups = [
        f"arn:{partition}:logs:{region}:{account}:log-group:{prefix}/{stack_name}-*"
        for prefix in ("/aws/lambda", "/aws/vendedlogs/states")
    ]
    return [
        {
            "Sid": "TunedropRoles",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:{partition}:iam::{account}:root"},
            "Action": [f"kms:{action}" for action in _KEY_ACTIONS_OF_ROLES],
            "Resource": "*",
        },
        {
            "Sid": "TunedropLogs",
            "Effect": "Allow",
            "Principal": {"Service": f"logs.{region}.amazonaws.com"},
            "Action": [f"kms:{action}" for action in _KEY_ACTIONS_OF_LOGS],
            "Resource": "*",
            "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
        },
    ]


def allows_logs(policy: str, statements: list[dict[str, Any]]) -> bool:
    """Return whether a statement of a key's policy is for CloudWatch Logs."""
    service = statements[1]["Principal"]["Service"]
    return any(
        statement["Effect"] == "Allow" and service in services_of(statement)
        for statement in each(json.loads(policy)["Statement"])
    )


def services_of(statement: Mapping[str, Any]) -> list[str]:
    """Return the AWS services that a policy's statement is about."""
    principal = statement.get("Principal")
    return list(each(principal.get("Service", []))) if isinstance(principal, dict) else []


def each(value: Any) -> Iterator[Any]:
    """Yield the members of what a policy may write without a list when there is one."""
    yield from value if isinstance(value, list) else [value]
