"""The deployment's own key: its policy has to let the account and CloudWatch Logs use it.

The roles' own policies have what they need of the key; they count only where the key's policy lets
the account decide. CloudWatch Logs is a service with no role, so the key's policy has to name it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from tunedrop.cli.doctor.findings import Finding, ok, unknown, wrong
from tunedrop.cli.errors import is_denied
from tunedrop.cli.stack import Stack

_OF_ROLES = ("CreateGrant", "Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey")
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
_OF_LOGS = ("Decrypt*", "Describe*", "Encrypt*", "GenerateDataKey*", "ReEncrypt*")


def policy(stack: Stack) -> Iterator[Finding]:
    """Check that the key's policy names CloudWatch Logs; show the statements that it needs."""
    key = stack.jobs.kms_key_arn
    if not key:
        yield ok("AWS's own keys")
        return
    statements = json.dumps(key_policy_statements(stack), indent=2)
    needed = f"its policy needs these statements:\n{statements}"
    try:
        found = stack.client("kms").get_key_policy(KeyId=key, PolicyName="default")["Policy"]
    except ClientError as error:
        if not is_denied(error):
            raise
        yield unknown(f"needs kms:GetKeyPolicy on {key}; {needed}")
        return
    if f'"logs.{stack.region}.amazonaws.com"' in found:
        yield ok(f"{key} lets CloudWatch Logs use it")
    else:
        yield wrong(f"{key} does not let CloudWatch Logs use it", f"Change it: {needed}")


def key_policy_statements(stack: Stack) -> list[dict[str, Any]]:
    """Return the statements that the policy of a deployment's key needs."""
    groups = [
        stack.arn("logs", f"log-group:{prefix}/{stack.name}-*")
        for prefix in ("/aws/lambda", "/aws/vendedlogs/states")
    ]
    return [
        {
            "Sid": "TunedropRoles",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:{stack.partition}:iam::{stack.account}:root"},
            "Action": [f"kms:{action}" for action in _OF_ROLES],
            "Resource": "*",
        },
        {
            "Sid": "TunedropLogs",
            "Effect": "Allow",
            "Principal": {"Service": f"logs.{stack.region}.amazonaws.com"},
            "Action": [f"kms:{action}" for action in _OF_LOGS],
            "Resource": "*",
            "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
        },
    ]
