"""What the policy of a key has to say when `kms_key_arn` names it: for `tunedrop doctor`.

The roles' own policies have what they need of the key; they count only where the key's policy lets
the account decide. CloudWatch Logs is a service with no role, so the key's policy has to name it.
"""

from __future__ import annotations

from typing import Any


def key_policy_statements(
    *, stack: str, account: str, region: str, partition: str = "aws"
) -> list[dict[str, Any]]:
    """Return the statements that the policy of a deployment's key needs."""
    groups = f"arn:{partition}:logs:{region}:{account}:log-group:"
    return [
        {
            "Sid": "TunedropRoles",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:{partition}:iam::{account}:root"},
            "Action": [
                "kms:CreateGrant",
                "kms:Decrypt",
                "kms:DescribeKey",
                "kms:Encrypt",
                "kms:GenerateDataKey",
            ],
            "Resource": "*",
        },
        {
            "Sid": "TunedropLogs",
            "Effect": "Allow",
            "Principal": {"Service": f"logs.{region}.amazonaws.com"},
            # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
            "Action": [
                "kms:Decrypt*",
                "kms:Describe*",
                "kms:Encrypt*",
                "kms:GenerateDataKey*",
                "kms:ReEncrypt*",
            ],
            "Resource": "*",
            "Condition": {
                "ArnLike": {
                    "kms:EncryptionContext:aws:logs:arn": [
                        f"{groups}/aws/lambda/{stack}-*",
                        f"{groups}/aws/vendedlogs/states/{stack}-*",
                    ]
                }
            },
        },
    ]
