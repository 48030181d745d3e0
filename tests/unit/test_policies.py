"""The evaluator of policies that the end-to-end tests hold recorded calls against."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.policies import Request, allowed

READ = {"Effect": "Allow", "Action": "s3:GetObject*", "Resource": "arn:aws:s3:::b/runs/*"}
PASS = {
    "Effect": "Allow",
    "Action": "iam:PassRole",
    "Resource": "arn:aws:iam::1:role/training",
    "Condition": {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
}


def policy(*statements: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"Version": "2012-10-17", "Statement": list(statements)}]


@pytest.mark.parametrize(
    ("action", "resource", "expected"),
    [
        ("s3:GetObject", "arn:aws:s3:::b/runs/a/b.json", True),
        ("S3:getobjectversion", "arn:aws:s3:::b/runs/a", True),
        ("s3:PutObject", "arn:aws:s3:::b/runs/a", False),
        ("s3:GetObject", "arn:aws:s3:::b/models/a", False),
        ("s3:GetObject", "arn:aws:s3:::other/runs/a", False),
    ],
)
def test_actions_and_resources_have_wildcards(action: str, resource: str, expected: bool) -> None:
    assert allowed(Request(action, resource), policy(READ)) is expected


def test_nothing_is_allowed_by_no_statement() -> None:
    assert not allowed(Request("s3:GetObject", "arn:aws:s3:::b/runs/a"), [])


def test_a_deny_wins() -> None:
    deny = {**READ, "Effect": "Deny", "Resource": "arn:aws:s3:::b/runs/secret*"}
    assert allowed(Request("s3:GetObject", "arn:aws:s3:::b/runs/a"), policy(READ, deny))
    assert not allowed(Request("s3:GetObject", "arn:aws:s3:::b/runs/secret"), policy(READ, deny))


def test_a_condition_has_to_hold() -> None:
    role = "arn:aws:iam::1:role/training"
    right = {"iam:PassedToService": "sagemaker.amazonaws.com"}
    assert allowed(Request("iam:PassRole", role, right), policy(PASS))
    assert not allowed(Request("iam:PassRole", role), policy(PASS))
    wrong = {"iam:PassedToService": "ec2.amazonaws.com"}
    assert not allowed(Request("iam:PassRole", role, wrong), policy(PASS))


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"},
        {**PASS, "Condition": {"ArnLike": {"aws:SourceArn": "*"}}},
        {**READ, "Resource": "arn:aws:s3:::b/${aws:username}/*"},
    ],
)
def test_what_it_does_not_know_is_an_error(statement: dict[str, Any]) -> None:
    action = str(statement.get("Action", "iam:PassRole")).replace("*", "")
    resource = "arn:aws:iam::1:role/training" if action == "iam:PassRole" else "arn:aws:s3:::b/x"
    with pytest.raises(NotImplementedError):
        allowed(Request(action, resource), policy(statement))
