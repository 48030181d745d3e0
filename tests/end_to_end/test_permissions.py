"""Every call that Lambdas, state machines, rules and training jobs made is one that AWS allows.

The local AWS asks for no permission, so the calls that it recorded are held against the policies of
the deployed roles, which are the template's. These tests come last: they check all that the
others have made happen, failures, aborted runs and retuning among it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
import urllib3

from local_aws.calls import TRAINING_JOBS
from tests.support.deployed import Deployment
from tests.support.policies import Request, allowed
from tests.support.runs import Tuned

Policy = dict[str, Any]

# Roles and the least of what one whole run is known to ask of them,
ASKED_BY_A_RUN = {
    "Admit": {
        "s3:ListBucket",
        "s3:PutObject",
        "states:StartExecution",
        "states:DescribeStateMachine",
        "sqs:ReceiveMessage",
    },
    "PlanRun": {"s3:GetObjectVersion", "s3:PutObject", "pricing:GetProducts"},
    "StartJob": {"sagemaker:CreateHyperParameterTuningJob", "sagemaker:AddTags", "iam:PassRole"},
    "AwaitJob": {"sagemaker:DescribeHyperParameterTuningJob", "s3:PutObject"},
    "ResumeRun": {"states:SendTaskSuccess", "s3:GetObject"},
    "WriteReport": {"sagemaker:Search", "s3:PutObject", "events:PutEvents"},
    "RunsRole": {"lambda:InvokeFunction", "sns:Publish"},
    "TrainingRole": {
        "s3:GetObject",
        "s3:ListBucket",
        "s3:PutObject",
        "logs:PutLogEvents",
    },
}
# and all runs of the other modules.
ASKED_BY_A_SESSION = {
    "PredictRole": {"s3:GetObjectVersion", "s3:PutObject", "sqs:ReceiveMessage"},
    "RecordFailure": {"s3:PutObject"},
    "StopJobs": {"states:DescribeExecution", "sagemaker:StopHyperParameterTuningJob"},
    "ScheduleRole": {"sqs:SendMessage"},
}
OTHER_MODULES = {"test_runs.py", "test_failures.py", "test_predictions.py"}


@dataclass(frozen=True)
class Recorded:
    """What each role was asked for, and its policies."""

    requests: dict[str, list[Request]]
    policies: dict[str, list[Policy]]

    def denied(self, role: str) -> list[Request]:
        policies = self.policies[role]
        return [request for request in self.requests[role] if not allowed(request, policies)]


def of(deployment: Deployment) -> Recorded:
    url = f"{deployment.variables['AWS_ENDPOINT_URL']}/_local_aws/calls"
    iam = deployment.client("iam")
    policies = {
        role["RoleName"]: [
            iam.get_role_policy(RoleName=role["RoleName"], PolicyName=name)["PolicyDocument"]
            for name in iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]
        ]
        for role in iam.list_roles(MaxItems=1000)["Roles"]
    }
    roles = {
        function["FunctionName"]: function["Role"].rpartition("/")[2]
        for page in deployment.client("lambda").get_paginator("list_functions").paginate()
        for function in page["Functions"]
    }
    [training] = [name for name in policies if "TrainingRole" in name]
    requests: dict[str, list[Request]] = {}
    for caller, action, resource, context in urllib3.request("GET", url).json():
        role = caller.rpartition("/")[2] if ":role/" in caller else roles.get(caller)
        role = training if caller == TRAINING_JOBS else role
        # Everybody else is the person at the terminal, or the CDK.
        if role is not None:
            requests.setdefault(role, []).append(Request(action, resource, context))
    return Recorded(requests, policies)


def test_every_role_was_allowed_all_that_it_requested(
    deployment: Deployment, wine: Tuned, request: pytest.FixtureRequest
) -> None:
    recorded = of(deployment)
    collected = {item.path.name for item in request.session.items}
    required = ASKED_BY_A_RUN | (ASKED_BY_A_SESSION if collected >= OTHER_MODULES else {})
    for role_part, actions in required.items():
        requested = {
            request.action
            for role, requests in recorded.requests.items()
            if role_part in role
            for request in requests
        }
        assert actions <= requested, (role_part, sorted(requested))
    denied = {role: recorded.denied(role) for role in recorded.requests}
    assert not any(denied.values()), denied
