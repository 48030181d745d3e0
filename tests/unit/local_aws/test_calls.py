"""Requests of AWS clients, named as IAM names what they ask for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local_aws.calls import Calls
from local_aws.ministack.recorded_targets import required_permission

ACCOUNT, REGION = "000000000000", "us-east-1"
JOB = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:hyper-parameter-tuning-job/td-a"


def requested(
    service: str,
    method: str,
    path: str,
    query: str = "",
    body: Any = None,
    **headers: str,
) -> list[tuple[str, str]]:
    calls = Calls()
    scope = f"AWS4-HMAC-SHA256 Credential=PlanRun/20260101/{REGION}/{service}/aws4_request, ..."
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    content = json.dumps(body or {}).encode()
    calls.add_request(method, path, query, {"authorization": scope, **named}, content)
    rows = json.loads(calls.as_json())
    assert {row[0] for row in rows} == {"PlanRun"}
    return [(action, resource) for _, action, resource, _ in rows]


@pytest.mark.parametrize(
    ("method", "path", "query", "headers", "expected"),
    [
        ("GET", "/b/k", "", {}, [("s3:GetObject", "b/k")]),
        ("HEAD", "/b/a%20b/c", "", {}, [("s3:GetObject", "b/a b/c")]),
        ("GET", "/b/k", "versionId=1", {}, [("s3:GetObjectVersion", "b/k")]),
        ("GET", "/b", "list-type=2&prefix=x", {}, [("s3:ListBucket", "b")]),
        ("GET", "/b", "versions&prefix=x", {}, [("s3:ListBucketVersions", "b")]),
        ("PUT", "/b/k", "", {}, [("s3:PutObject", "b/k")]),
        ("PUT", "/b/k", "", {"x_amz_tagging": "a=b"},
         [("s3:PutObject", "b/k"), ("s3:PutObjectTagging", "b/k")]),
        ("PUT", "/b/k", "", {"x_amz_copy_source": "b/from%20x?versionId=7"},
         [("s3:PutObject", "b/k"), ("s3:GetObjectVersion", "b/from x")]),
        ("POST", "/b/k", "uploads", {}, [("s3:PutObject", "b/k")]),
        ("DELETE", "/b/k", "uploadId=1", {}, [("s3:AbortMultipartUpload", "b/k")]),
        ("DELETE", "/b/k", "", {}, [("s3:DeleteObject", "b/k")]),
    ],
)  # fmt: skip
def test_requests_to_s3(
    method: str, path: str, query: str, headers: dict[str, str], expected: list[tuple[str, str]]
) -> None:
    requests = requested("s3", method, path, query, **headers)
    assert requests == [(action, f"arn:aws:s3:::{resource}") for action, resource in expected]


def test_starting_a_tuning_job_needs_tagging_and_passing_the_role_too() -> None:
    request = {
        "HyperParameterTuningJobName": "TD-a",
        "TrainingJobDefinition": {"RoleArn": "arn:aws:iam::0:role/training"},
        "Tags": [{"Key": "a", "Value": "b"}],
    }
    target = "SageMaker.CreateHyperParameterTuningJob"
    assert requested("sagemaker", "POST", "/", body=request, x_amz_target=target) == [
        ("sagemaker:CreateHyperParameterTuningJob", JOB),
        ("sagemaker:AddTags", JOB),
        ("iam:PassRole", "arn:aws:iam::0:role/training"),
    ]


@pytest.mark.parametrize(
    ("service", "target", "body", "action", "resource"),
    [
        ("sqs", "AmazonSQS.SendMessageBatch", {"QueueUrl": "http://x/0/q"},
         "sqs:SendMessage", f"arn:aws:sqs:{REGION}:{ACCOUNT}:q"),
        ("sqs", "AmazonSQS.DeleteMessage", {"QueueUrl": "http://x/0/q"},
         "sqs:DeleteMessage", f"arn:aws:sqs:{REGION}:{ACCOUNT}:q"),
        ("ecr", "AmazonEC2ContainerRegistry_V20150921.DescribeImages", {"repositoryName": "a/b"},
         "ecr:DescribeImages", f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/a/b"),
        ("ecr", "AmazonEC2ContainerRegistry_V20150921.DescribeImages",
         {"repositoryName": "a/b", "registryId": "111122223333"},
         "ecr:DescribeImages", f"arn:aws:ecr:{REGION}:111122223333:repository/a/b"),
        ("sagemaker", "SageMaker.DescribeHyperParameterTuningJob",
         {"HyperParameterTuningJobName": "td-a"}, "sagemaker:DescribeHyperParameterTuningJob", JOB),
        ("states", "AWSStepFunctions.SendTaskSuccess", {"taskToken": "t"},
         "states:SendTaskSuccess", "*"),
    ],
)  # fmt: skip
def test_an_operation_is_named_as_in_policies_with_its_resource(
    service: str, target: str, body: dict[str, str], action: str, resource: str
) -> None:
    assert requested(service, "POST", "/", body=body, x_amz_target=target) == [(action, resource)]


def test_publishing_is_named_with_its_topic() -> None:
    calls = Calls()
    scope = f"AWS4-HMAC-SHA256 Credential=Admit/20260101/{REGION}/sns/aws4_request, ..."
    form = b"Action=Publish&TopicArn=arn%3Aaws%3Asns%3Ar%3A0%3Atopic&Message=m"
    calls.add_request("POST", "/", "", {"authorization": scope}, form)
    assert json.loads(calls.as_json()) == [["Admit", "sns:Publish", "arn:aws:sns:r:0:topic", {}]]


def test_a_request_without_credentials_is_nobodys() -> None:
    calls = Calls()
    calls.add_request("GET", "/b/k", "", {}, b"")
    assert json.loads(calls.as_json()) == []


@pytest.mark.parametrize(
    ("resource", "task_input", "expected"),
    [
        ("arn:aws:lambda:r:0:function:f", {},
         ("lambda:InvokeFunction", "arn:aws:lambda:r:0:function:f")),
        ("arn:aws:states:::lambda:invoke.waitForTaskToken", {"FunctionName": "arn:f:$LATEST"},
         ("lambda:InvokeFunction", "arn:f")),
        ("arn:aws:states:::sns:publish", {"TopicArn": "arn:t"}, ("sns:Publish", "arn:t")),
        ("arn:aws:states:::dynamodb:putItem", {}, ("dynamodb:putItem", "*")),
    ],
)  # fmt: skip
def test_tasks_need_permissions_of_the_state_machines_role(
    resource: str, task_input: dict[str, str], expected: tuple[str, str]
) -> None:
    assert required_permission(resource, task_input) == expected
