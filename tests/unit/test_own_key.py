"""A key of one's own is refused before the deployment when CloudWatch Logs could not use it."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from cdk_app.context import SettingsError, parse_settings
from tests.support.answers import Answers
from tools.prepare_account import check_key, prepare

KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd"
ROOT = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}}
LOGS = {"Effect": "Allow", "Principal": {"Service": "logs.eu-west-1.amazonaws.com"}}


def account_with(statements: list[dict[str, Any]] | dict[str, Any]) -> dict[str, Any]:
    """Return the services of an account whose key has a policy of these statements, or of one."""
    arn = "arn:aws:iam::123456789012:user/team"
    sts: Any = Answers("sts", get_caller_identity={"Account": "123456789012", "Arn": arn})
    sts.meta = SimpleNamespace(region_name="eu-west-1")
    policy = {"Policy": json.dumps({"Statement": statements})}
    return {"sts": sts, "kms": Answers("kms", get_key_policy=policy)}


@pytest.mark.parametrize("statements", [LOGS, [ROOT, LOGS]])
def test_a_key_that_cloudwatch_logs_may_use_is_deployed(statements: Any) -> None:
    services = account_with(statements)

    assert "allows CloudWatch Logs" in check_key(KEY, "Churn", services.__getitem__)


@pytest.mark.parametrize(
    "statements",
    [
        [ROOT],
        [{**LOGS, "Effect": "Deny"}],
        [{**LOGS, "Principal": {"Service": "logs.us-east-1.amazonaws.com"}}],
    ],
)
def test_a_key_that_cloudwatch_logs_may_not_use_stops_the_deployment(
    statements: list[dict[str, Any]],
) -> None:
    settings = parse_settings({"stack_name": "Churn", "kms_key_arn": KEY})

    with pytest.raises(SettingsError, match="does not allow CloudWatch Logs") as caught:
        prepare(settings, account_with(statements).__getitem__)

    assert "log-group:/aws/vendedlogs/states/Churn-*" in str(caught.value)


def test_a_policy_that_the_credentials_may_not_read_is_left_to_somebody_who_may(
    capsys: pytest.CaptureFixture[str],
) -> None:
    denying = {service: Answers(service) for service in ("kms", "logs", "ecr")}

    prepare(parse_settings({"kms_key_arn": KEY}), {**account_with([]), **denying}.__getitem__)

    assert f"runs: aws kms get-key-policy --key-id {KEY}" in capsys.readouterr().err
