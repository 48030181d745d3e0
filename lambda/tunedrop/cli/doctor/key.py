"""The deployment's own key: its policy has to let the account and CloudWatch Logs use it."""

from __future__ import annotations

import json
from collections.abc import Iterator

from botocore.exceptions import ClientError

from tunedrop.cli.doctor.deployed import Deployed
from tunedrop.cli.doctor.findings import Finding, ok, unknown, wrong
from tunedrop.cli.errors import is_denied
from tunedrop.cli.key_policy import key_policy_statements


def policy(deployed: Deployed) -> Iterator[Finding]:
    """Check that the key's policy names CloudWatch Logs; show the statements that it needs."""
    key = deployed.jobs.kms_key_arn
    if not key:
        yield ok("AWS's own keys")
        return
    stack = deployed.stack
    statements = key_policy_statements(
        stack=stack.name,
        account=deployed.account,
        region=stack.region,
        partition=deployed.partition,
    )
    needed = f"its policy needs these statements:\n{json.dumps(statements, indent=2)}"
    try:
        found = deployed.client("kms").get_key_policy(KeyId=key, PolicyName="default")["Policy"]
    except ClientError as error:
        if not is_denied(error):
            raise
        yield unknown(f"needs kms:GetKeyPolicy on {key}; {needed}")
        return
    if f'"logs.{stack.region}.amazonaws.com"' in found:
        yield ok(f"{key} lets CloudWatch Logs use it")
    else:
        yield wrong(f"{key} does not let CloudWatch Logs use it", f"Change it: {needed}")
