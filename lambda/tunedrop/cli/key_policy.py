"""The statements that the policy of a deployment's own KMS key needs, and whether it has them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

_KEY_ACTIONS_OF_ROLES = ("CreateGrant", "Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey")
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
_KEY_ACTIONS_OF_LOGS = ("Decrypt*", "Describe*", "Encrypt*", "GenerateDataKey*", "ReEncrypt*")
_LOG_GROUPS = "kms:EncryptionContext:aws:logs:arn"


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
            "Condition": {"ArnLike": {_LOG_GROUPS: groups}},
        },
    ]


def allows_logs(policy: str, statements: list[dict[str, Any]]) -> bool:
    """Return whether a key's policy allows CloudWatch Logs to encrypt the needed log groups."""
    _, needed = statements
    service, groups = needed["Principal"]["Service"], needed["Condition"]["ArnLike"][_LOG_GROUPS]
    patterns = [
        pattern
        for statement in each(json.loads(policy)["Statement"])
        if statement["Effect"] == "Allow" and service in services_of(statement)
        for pattern in _log_groups(statement)
    ]
    return all(any(fnmatchcase(group, pattern) for pattern in patterns) for group in groups)


def services_of(statement: Mapping[str, Any]) -> list[str]:
    """Return the AWS services that a policy's statement is about."""
    principal = statement.get("Principal")
    return list(each(principal.get("Service", []))) if isinstance(principal, dict) else []


def _log_groups(statement: Mapping[str, Any]) -> Iterator[str]:
    """Yield the patterns of log groups in a statement's conditions, `*` without any."""
    patterns = [
        pattern
        for operands in statement.get("Condition", {}).values()
        for key, value in operands.items()
        if key.lower() == _LOG_GROUPS.lower()
        for pattern in each(value)
    ]
    yield from patterns or ["*"]


def each(value: Any) -> Iterator[Any]:
    """Yield the members of what a policy may write without a list when there is one."""
    yield from value if isinstance(value, list) else [value]
