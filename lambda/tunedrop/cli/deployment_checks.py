"""Checks of what a deployment needs of AWS; a check that AWS denies is unknown."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from botocore.exceptions import BotoCoreError, ClientError

from tunedrop import keys, wording
from tunedrop.aws_errors import code_of
from tunedrop.champions.record import read_champion
from tunedrop.cli.key_policy import allows_logs, key_policy_statements
from tunedrop.cli.stack import Stack
from tunedrop.cli.subnets import read_subnets
from tunedrop.cli.terminal import is_denied
from tunedrop.errors import TunedropError
from tunedrop.records import StrictRecord
from tunedrop.trigger import written_time

# "123456789012.dkr.ecr.eu-west-1.amazonaws.com/tunedrop/training:1", or @sha256:...
_IMAGE = re.compile(
    r"(?P<registry>\d{12})\.dkr\.ecr\.(?P<region>[\w-]+)\.[\w.]+/(?P<repository>[^:@]+)"
    r"(:(?P<tag>[^@]+))?(@(?P<digest>sha256:[0-9a-f]{64}))?"
)
_DOCKER = "application/vnd.docker.distribution.manifest.v2+json"
_MISSING_IMAGE = frozenset({"ImageNotFoundException", "RepositoryNotFoundException"})
_UNSURE = " and names no policy that does: it may ignore a condition of the role's own statement"
_PUSH_AGAIN = "Push it again: make deploy, or for an image of yours docs/training-container.md"
_UNCONFIRMED = frozenset({"PendingConfirmation", "Deleted"})


@dataclass(frozen=True)
class Finding:
    """The result of a check, and what to do about a problem."""

    verdict: Literal["ok", "problem", "unknown"]
    text: str
    to_do: str = ""


Check = Callable[[Stack], Iterator[Finding]]


def check_deployment(stack: Stack) -> Iterator[tuple[str, Finding]]:
    """Yield the findings of each check, with its subject."""
    for subject, check in CHECKS:
        try:
            for finding in check(stack):
                yield subject, finding
        except (ClientError, BotoCoreError, TunedropError) as error:
            yield subject, Finding("unknown", str(error))


def check_bucket(stack: Stack) -> Iterator[Finding]:
    """Check that the bucket keeps versions, and sends its events to EventBridge."""
    name = stack.bucket_name
    status = stack.s3.get_bucket_versioning(Bucket=name).get("Status", "off")
    if status == "Enabled":
        yield Finding("ok", "keeps versions")
    else:
        command = f"put-bucket-versioning --bucket {name} --versioning-configuration Status=Enabled"
        to_do = f"Enable it: aws s3api {command}"
        yield Finding("problem", f"versioning is {status.lower()}", to_do)
    if "EventBridgeConfiguration" in stack.s3.get_bucket_notification_configuration(Bucket=name):
        yield Finding("ok", "sends its events to EventBridge")
    else:
        yield Finding(
            "problem",
            "sends no events to EventBridge, so uploads start no run before the hourly "
            "reconciliation",
            f"Enable Amazon EventBridge in the properties of the bucket {name}, or deploy again: "
            "make deploy",
        )


def check_quotas(stack: Stack) -> Iterator[Finding]:
    """Check the quotas for training jobs, and for spot training jobs if the stack uses them."""
    pages = stack.client("service-quotas").get_paginator("list_service_quotas")
    quotas = {
        quota["QuotaName"]: float(quota["Value"])
        for page in pages.paginate(ServiceCode="sagemaker")
        for quota in page["Quotas"]
    }
    for kind in ("spot training job", "training job")[not stack.plan_run.spot :]:
        for instance_type in stack.plan_run.limits.instance_types:
            name = f"{instance_type} for {kind} usage"
            if name not in quotas:
                yield Finding(
                    "unknown", f"AWS lists no quota {name!r}; see the Service Quotas console"
                )
            elif quotas[name] < 1:
                yield Finding(
                    "problem",
                    f"{name}: 0",
                    "Request an increase in the Service Quotas console (Amazon SageMaker), or "
                    "remove the type from limits.instance_types",
                )
            else:
                yield Finding("ok", f"{name}: {quotas[name]:g}")


def check_image(stack: Stack) -> Iterator[Finding]:
    """Check that the training image exists and has a Docker manifest."""
    uri = stack.plan_run.training_image
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
        yield Finding("problem", f"{uri} does not exist", _PUSH_AGAIN)
        return
    manifest = answer["imageDetails"][0].get("imageManifestMediaType", "unknown")
    if manifest == _DOCKER:
        yield Finding("ok", "exists, with a Docker v2 manifest")
    else:
        text = f"has a manifest of type {manifest}, which SageMaker may reject"
        yield Finding("problem", text, _PUSH_AGAIN)


def check_roles(stack: Stack) -> Iterator[Finding]:
    """Check that neither the organization nor a boundary denies StartJob the training role."""
    role, training_role = stack.configuration("StartJob")["Role"], stack.start_job.training_role_arn
    service = {
        "ContextKeyName": "iam:PassedToService",
        "ContextKeyValues": ["sagemaker.amazonaws.com"],
        "ContextKeyType": "string",
    }
    (result,) = stack.client("iam").simulate_principal_policy(
        PolicySourceArn=role,
        ActionNames=["iam:PassRole"],
        ResourceArns=[training_role],
        ContextEntries=[service],
    )["EvaluationResults"]
    if result["EvalDecision"] == "allowed":
        yield Finding("ok", "StartJob's role has iam:PassRole")
        return
    boundary = result.get("PermissionsBoundaryDecisionDetail", {})
    organization = result.get("OrganizationsDecisionDetail", {})
    is_attributed = (
        result["EvalDecision"] == "explicitDeny"
        or not boundary.get("AllowedByPermissionsBoundary", True)
        or not organization.get("AllowedByOrganizations", True)
    )
    yield Finding(
        "problem" if is_attributed else "unknown",
        f"IAM's simulation denies StartJob's role iam:PassRole on {training_role} "
        f"({result['EvalDecision']}){'' if is_attributed else _UNSURE}",
        f"Allow it in the policies of {role}, its permissions boundary, and the organization's "
        "service control policies",
    )


def check_network(stack: Stack) -> Iterator[Finding]:
    """Check that the jobs' subnets reach S3, and the Lambdas' subnets all services."""
    subnets = list(read_subnets(stack))
    if not subnets:
        yield Finding("ok", "no subnets of yours")
    for subnet in subnets:
        if not subnet.missing:
            yield Finding("ok", f"{subnet.name} reaches all services that it needs")
        else:
            yield Finding(
                "problem",
                f"{subnet.name} in {subnet.vpc} does not reach {', '.join(subnet.missing)}",
                "Create a gateway endpoint for s3 and interface endpoints for the others (aws ec2 "
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
        yield Finding("problem", text, "Open the link in AWS's e-mail")
    else:
        yield Finding(
            "problem",
            "no topic subscription, so results and alarms reach nobody",
            "Set notification_email, or subscribe: "
            f"aws sns subscribe --topic-arn {topic} --protocol email --notification-endpoint YOU",
        )


def check_pause(stack: Stack) -> Iterator[Finding]:
    """Check that new runs are not paused."""
    state = stack.read_admission_state()
    if state is None or state.paused is None:
        yield Finding("ok", "new runs start")
        return
    text = (
        f"new runs are paused since {written_time(state.paused.since)}, by {state.paused.stated_by}"
    )
    yield Finding("problem", text, "Resume: tunedrop unpause")


def check_key(stack: Stack) -> Iterator[Finding]:
    """Check that the policy of the deployment's key allows CloudWatch Logs to use it."""
    key = stack.start_job.kms_key_arn
    if not key:
        yield Finding("ok", "AWS's own keys")
        return
    _, partition, _, region, account, *_ = stack.state_machine.split(":")
    statements = key_policy_statements(partition, region, account, stack.name)
    to_do = f"Its policy needs these statements:\n{json.dumps(statements, indent=2)}"
    try:
        policy = stack.client("kms").get_key_policy(KeyId=key, PolicyName="default")["Policy"]
    except ClientError as error:
        if not is_denied(error):
            raise
        yield Finding("unknown", f"reading its policy needs kms:GetKeyPolicy on {key}", to_do)
        return
    if allows_logs(policy, statements):
        yield Finding("ok", f"{key} allows CloudWatch Logs")
    else:
        yield Finding("problem", f"{key} does not allow CloudWatch Logs", to_do)


class _ImageOfPlan(StrictRecord):
    image: str


def check_models(stack: Stack) -> Iterator[Finding]:
    """Check that the deployment's training image is the one that fitted the models in use."""
    others = []
    for dataset in stack.bucket.list_folders(keys.MODELS):
        run_id = read_champion(stack.bucket, dataset).run_in_use
        if run_id is None:
            continue
        plan = stack.bucket.find_record(keys.plan(dataset, run_id), _ImageOfPlan)
        if plan is not None and plan.image != stack.plan_run.training_image:
            others.append(dataset)
    if not others:
        yield Finding("ok", "this training image fitted all models in use")
        return
    yield Finding(
        "unknown",
        f"another training image fitted those of {', '.join(others)}; Predict tries a model on "
        "made-up rows before it uses it",
        "If predictions fail for that reason, fit it again: tunedrop run DATASET",
    )


# In the order of the output.
CHECKS: Final[tuple[tuple[str, Check], ...]] = (
    ("bucket", check_bucket),
    ("quotas", check_quotas),
    ("image", check_image),
    ("models", check_models),
    ("roles", check_roles),
    ("network", check_network),
    ("topic", check_subscription),
    ("key", check_key),
    ("admission", check_pause),
)
