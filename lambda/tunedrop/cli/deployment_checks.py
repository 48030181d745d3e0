"""What a deployment needs of AWS and may lack, a check each; what may not be seen is unknown."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from botocore.exceptions import BotoCoreError, ClientError

from tunedrop import wording
from tunedrop.aws_errors import code_of
from tunedrop.cli.errors import is_denied
from tunedrop.cli.stack import Stack
from tunedrop.cli.subnets import read_subnets
from tunedrop.door import read_door
from tunedrop.errors import TunedropError
from tunedrop.trigger import written_time

# "123456789012.dkr.ecr.eu-west-1.amazonaws.com/tunedrop/training:1", or @sha256:...
_IMAGE = re.compile(
    r"(?P<registry>\d{12})\.dkr\.ecr\.(?P<region>[\w-]+)\.[\w.]+/(?P<repository>[^:@]+)"
    r"(:(?P<tag>[^@]+))?(@(?P<digest>sha256:[0-9a-f]{64}))?"
)
_DOCKER = "application/vnd.docker.distribution.manifest.v2+json"
_MISSING_IMAGE = frozenset({"ImageNotFoundException", "RepositoryNotFoundException"})
_PUSH_AGAIN = "Push it again: make deploy, or for an image of yours docs/training-container.md"
_UNCONFIRMED = frozenset({"PendingConfirmation", "Deleted"})
_KEY_ACTIONS_OF_ROLES = ("CreateGrant", "Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey")
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
_KEY_ACTIONS_OF_LOGS = ("Decrypt*", "Describe*", "Encrypt*", "GenerateDataKey*", "ReEncrypt*")


@dataclass(frozen=True)
class Finding:
    """One line: what was looked at, what is so, and what to do where it is wrong."""

    verdict: Literal["ok", "wrong", "unknown"]
    text: str
    to_do: str = ""


Check = Callable[[Stack], Iterator[Finding]]


def check_deployment(stack: Stack) -> Iterator[tuple[str, Finding]]:
    """Yield what each check finds, with its subject."""
    for subject, check in CHECKS:
        try:
            for finding in check(stack):
                yield subject, finding
        except (ClientError, BotoCoreError, TunedropError) as error:
            yield subject, Finding("unknown", str(error))


def check_versioning(stack: Stack) -> Iterator[Finding]:
    """Check that the bucket keeps versions: without them runs cannot name their inputs."""
    name = stack.bucket_name
    status = stack.client("s3").get_bucket_versioning(Bucket=name).get("Status", "off")
    if status == "Enabled":
        yield Finding("ok", "keeps versions")
        return
    command = (
        f"aws s3api put-bucket-versioning --bucket {name} --versioning-configuration Status=Enabled"
    )
    yield Finding("wrong", f"versioning is {status.lower()}", f"Switch it on: {command}")


def check_events(stack: Stack) -> Iterator[Finding]:
    """Check that the bucket's events go to EventBridge."""
    name = stack.bucket_name
    configuration = stack.client("s3").get_bucket_notification_configuration(Bucket=name)
    if "EventBridgeConfiguration" in configuration:
        yield Finding("ok", "sends its events to EventBridge")
        return
    yield Finding(
        "wrong",
        "sends no events to EventBridge, so drops start no run before the hourly sweep",
        f"Switch on Amazon EventBridge in the properties of the bucket {name}, or deploy again: "
        "make deploy",
    )


def check_quotas(stack: Stack) -> Iterator[Finding]:
    """Check the quotas for training jobs, and for those on spot machines if they are used."""
    planning = stack.planning
    pages = stack.client("service-quotas").get_paginator("list_service_quotas")
    quotas = {
        quota["QuotaName"]: float(quota["Value"])
        for page in pages.paginate(ServiceCode="sagemaker")
        for quota in page["Quotas"]
    }
    for kind in ("spot training job", "training job") if planning.spot else ("training job",):
        for machine in planning.limits.instance_types:
            name = f"{machine} for {kind} usage"
            if name not in quotas:
                yield Finding(
                    "unknown", f"AWS lists no quota {name!r}; look in the Service Quotas console"
                )
            elif quotas[name] < 1:
                yield Finding(
                    "wrong",
                    f"{name}: 0",
                    "Ask for more in the Service Quotas console (Amazon SageMaker), or take the "
                    "type out of limits.instance_types",
                )
            else:
                yield Finding("ok", f"{name}: {quotas[name]:g}")


def check_image(stack: Stack) -> Iterator[Finding]:
    """Check that the training image is there, and that its manifest is Docker's."""
    uri = stack.planning.training_image
    match = _IMAGE.fullmatch(uri)
    if match is None:
        yield Finding("unknown", f"{uri} is not in ECR")
        return
    image = {"imageDigest": match["digest"]} if match["digest"] else {"imageTag": match["tag"]}
    try:
        answer = stack.client("ecr", match["region"]).describe_images(
            registryId=match["registry"], repositoryName=match["repository"], imageIds=[image]
        )
    except ClientError as error:
        if code_of(error) not in _MISSING_IMAGE:
            raise
        yield Finding("wrong", f"{uri} is not there", _PUSH_AGAIN)
        return
    manifest = answer["imageDetails"][0].get("imageManifestMediaType", "unknown")
    if manifest == _DOCKER:
        yield Finding("ok", "is there, with a Docker v2 manifest")
    else:
        text = f"has a manifest of type {manifest}, which SageMaker may not take"
        yield Finding("wrong", text, _PUSH_AGAIN)


def check_pass_role(stack: Stack) -> Iterator[Finding]:
    """Check that no policy of the organization and no boundary keeps StartJob from its jobs."""
    role, passed = stack.configuration("StartJob")["Role"], stack.jobs.training_role_arn
    service = {
        "ContextKeyName": "iam:PassedToService",
        "ContextKeyValues": ["sagemaker.amazonaws.com"],
        "ContextKeyType": "string",
    }
    (result,) = stack.client("iam").simulate_principal_policy(
        PolicySourceArn=role,
        ActionNames=["iam:PassRole"],
        ResourceArns=[passed],
        ContextEntries=[service],
    )["EvaluationResults"]
    if result["EvalDecision"] == "allowed":
        yield Finding("ok", "StartJob: the role may do what is needed")
        return
    reason = (
        "an explicit refusal" if result["EvalDecision"] == "explicitDeny" else "no policy allows"
    )
    if not result.get("OrganizationsDecisionDetail", {}).get("AllowedByOrganizations", True):
        reason = "a service control policy of the organization"
    boundary = result.get("PermissionsBoundaryDecisionDetail", {})
    if not boundary.get("AllowedByPermissionsBoundary", True):
        reason = "the role's permissions boundary"
    yield Finding(
        "wrong",
        f"StartJob: the role may not iam:PassRole on {passed} ({reason})",
        f"Let {role} do so, in the policies that forbid it",
    )


def check_network(stack: Stack) -> Iterator[Finding]:
    """Check S3 from the jobs' subnets, and all services from the Lambdas' ones."""
    subnets = list(read_subnets(stack))
    if not subnets:
        yield Finding("ok", "no subnets of yours")
    for subnet in subnets:
        if subnet.has_default_route:
            yield Finding("ok", f"{subnet.name} has a default route")
        elif not subnet.missing:
            yield Finding("ok", f"{subnet.name} has the endpoints that it needs")
        else:
            yield Finding(
                "wrong",
                f"{subnet.name} in {subnet.vpc} reaches no {', '.join(subnet.missing)}",
                "Make a gateway endpoint for s3 and interface endpoints for the others (aws ec2 "
                f"create-vpc-endpoint), or a default route in {subnet.route_table}",
            )


def check_subscription(stack: Stack) -> Iterator[Finding]:
    """Check that the topic has a confirmed subscription."""
    topic = stack.outputs["Topic"]
    pages = stack.client("sns").get_paginator("list_subscriptions_by_topic")
    entries = [entry for page in pages.paginate(TopicArn=topic) for entry in page["Subscriptions"]]
    confirmed = sum(entry["SubscriptionArn"] not in _UNCONFIRMED for entry in entries)
    if confirmed:
        yield Finding("ok", wording.count(confirmed, "confirmed subscription"))
    elif entries:
        names = ", ".join(entry["Endpoint"] for entry in entries)
        text = f"the subscription of {names} is not confirmed"
        yield Finding("wrong", text, "Follow the link of AWS's mail")
    else:
        yield Finding(
            "wrong",
            "nobody hears of runs' ends and of alarms",
            "Set notification_email, or subscribe: "
            f"aws sns subscribe --topic-arn {topic} --protocol email --notification-endpoint YOU",
        )


def check_pause(stack: Stack) -> Iterator[Finding]:
    """Check that runs start."""
    door = read_door(stack.bucket)
    if door is None or door.paused is None:
        yield Finding("ok", "runs start")
        return
    text = f"no run starts since {written_time(door.paused.since)}, by {door.paused.by}"
    yield Finding("wrong", text, "Let runs start again: tunedrop unpause")


def check_key(stack: Stack) -> Iterator[Finding]:
    """Check that the policy of the deployment's key lets CloudWatch Logs use it."""
    key = stack.jobs.kms_key_arn
    if not key:
        yield Finding("ok", "AWS's own keys")
        return
    statements = json.dumps(key_policy_statements(stack), indent=2)
    needed = f"its policy needs these statements:\n{statements}"
    try:
        policy = stack.client("kms").get_key_policy(KeyId=key, PolicyName="default")["Policy"]
    except ClientError as error:
        if not is_denied(error):
            raise
        yield Finding("unknown", f"needs kms:GetKeyPolicy on {key}; {needed}")
        return
    if f'"logs.{stack.region}.amazonaws.com"' in policy:
        yield Finding("ok", f"{key} lets CloudWatch Logs use it")
    else:
        text = f"{key} does not let CloudWatch Logs use it"
        yield Finding("wrong", text, f"Change it: {needed}")


def key_policy_statements(stack: Stack) -> list[dict[str, Any]]:
    """Return the statements that the policy of a deployment's key needs.

    The roles' own policies count only where the key's policy lets the account decide. CloudWatch
    Logs has no role, so the key's policy has to name it.
    """
    groups = [
        stack.arn("logs", f"log-group:{prefix}/{stack.name}-*")
        for prefix in ("/aws/lambda", "/aws/vendedlogs/states")
    ]
    return [
        {
            "Sid": "TunedropRoles",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:{stack.partition}:iam::{stack.account}:root"},
            "Action": [f"kms:{action}" for action in _KEY_ACTIONS_OF_ROLES],
            "Resource": "*",
        },
        {
            "Sid": "TunedropLogs",
            "Effect": "Allow",
            "Principal": {"Service": f"logs.{stack.region}.amazonaws.com"},
            "Action": [f"kms:{action}" for action in _KEY_ACTIONS_OF_LOGS],
            "Resource": "*",
            "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
        },
    ]


# In the order in which they are shown.
CHECKS: Final[tuple[tuple[str, Check], ...]] = (
    ("bucket", check_versioning),
    ("bucket", check_events),
    ("quotas", check_quotas),
    ("image", check_image),
    ("roles", check_pass_role),
    ("network", check_network),
    ("topic", check_subscription),
    ("key", check_key),
    ("admission", check_pause),
)
