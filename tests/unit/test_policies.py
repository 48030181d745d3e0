"""The evaluator of policies that the end-to-end tests hold recorded calls against."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.policies import Request, allowed

ROLE = "arn:aws:iam::1:role/training"
READ = {"Effect": "Allow", "Action": "s3:GetObject*", "Resource": "arn:aws:s3:::b/runs/*"}
PASS = {
    "Effect": "Allow",
    "Action": "iam:PassRole",
    "Resource": ROLE,
    "Condition": {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
}
SECRET = {**READ, "Effect": "Deny", "Resource": "arn:aws:s3:::b/runs/secret*"}


def policy(*statements: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"Version": "2012-10-17", "Statement": list(statements)}]


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (Request("s3:GetObject", "arn:aws:s3:::b/runs/a/b.json"), True),
        (Request("S3:getobjectversion", "arn:aws:s3:::b/runs/a"), True),
        (Request("s3:PutObject", "arn:aws:s3:::b/runs/a"), False),
        (Request("s3:GetObject", "arn:aws:s3:::other/runs/a"), False),
        (Request("s3:GetObject", "arn:aws:s3:::b/runs/secret"), False),
        (Request("iam:PassRole", ROLE, {"iam:PassedToService": "sagemaker.amazonaws.com"}), True),
        (Request("iam:PassRole", ROLE), False),
        (Request("iam:PassRole", ROLE, {"iam:PassedToService": "ec2.amazonaws.com"}), False),
    ],
)
def test_a_request_is_allowed_by_a_statement_that_fits_unless_one_denies_it(
    request_: Request, expected: bool
) -> None:
    assert allowed(request_, policy(READ, SECRET, PASS)) is expected
    assert not allowed(request_, [])


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"},
        {**PASS, "Condition": {"ArnLike": {"aws:SourceArn": "*"}}},
        {**PASS, "Resource": "arn:aws:iam::1:role/${aws:username}"},
    ],
)
def test_what_it_does_not_know_is_an_error(statement: dict[str, Any]) -> None:
    with pytest.raises(NotImplementedError):
        allowed(Request("iam:PassRole", ROLE), policy(statement))
