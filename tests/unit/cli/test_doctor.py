from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from tests.support import environ
from tests.support.admission_harness import TOPIC
from tests.support.answers import Answers
from tests.support.deployment import BUCKET, PERSON, TABLE, Deployment
from tests.support.fakes import client_error
from tests.support.plans import in_use
from tests.support.workflow_world import RUN_ID
from tunedrop import keys
from tunedrop.champions.record import ChampionRecord

ACCOUNT = "123456789012"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1"
DOCKER = "application/vnd.docker.distribution.manifest.v2+json"
NETWORK = json.dumps(
    {
        "subnets": ["subnet-1"],
        "security_groups": [],
        "isolation": True,
        "encrypt_traffic": False,
    }
)


@dataclass
class Account:
    """An account without problems until a test changes it."""

    variables: dict[str, str] = field(
        default_factory=lambda: {
            **environ.ENVIRON,
            "TUNEDROP_TRAINING_IMAGE": f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/assets:1a2b",
        }
    )
    configuration: dict[str, Any] = field(default_factory=lambda: {"State": "Active"})
    media_type: str = DOCKER
    quotas: dict[str, float] = field(
        default_factory=lambda: {
            "ml.m5.large for training job usage": 20.0,
            "ml.m5.xlarge for training job usage": 4.0,
        }
    )
    versioning: dict[str, str] = field(default_factory=lambda: {"Status": "Enabled"})
    notification: dict[str, Any] = field(default_factory=lambda: {"EventBridgeConfiguration": {}})
    pass_role: dict[str, Any] = field(default_factory=lambda: {"EvalDecision": "allowed"})
    subscriptions: list[str] = field(default_factory=lambda: [f"{TOPIC}:1"])
    key_policy: str = '{"Statement": []}'
    tables: list[dict[str, Any]] = field(default_factory=list)
    endpoints: list[dict[str, Any]] = field(default_factory=list)

    def services(self) -> dict[str, Answers]:
        image = {"imageManifestMediaType": self.media_type}
        described = [
            Answers("lambda", get_function_configuration=self._configuration),
            Answers(
                "s3",
                get_bucket_versioning=self.versioning,
                get_bucket_notification_configuration=self.notification,
            ),
            Answers("service-quotas", list_service_quotas={"Quotas": self._quotas()}),
            Answers("ecr", describe_images={"imageDetails": [image]}),
            Answers("iam", simulate_principal_policy=self._simulated),
            Answers("sns", list_subscriptions_by_topic={"Subscriptions": self._subscriptions()}),
            Answers("kms", get_key_policy={"Policy": self.key_policy}),
            Answers(
                "ec2",
                describe_subnets={"Subnets": [{"SubnetId": "subnet-1", "VpcId": "vpc-1"}]},
                describe_route_tables={"RouteTables": self.tables},
                describe_vpc_endpoints={"VpcEndpoints": self.endpoints},
            ),
        ]
        return {answers.service: answers for answers in described}

    def _configuration(self, parameters: dict[str, Any]) -> dict[str, Any]:
        role = f"arn:aws:iam::{ACCOUNT}:role/{parameters['FunctionName']}"
        return {"Environment": {"Variables": self.variables}, "Role": role, **self.configuration}

    def _quotas(self) -> list[dict[str, Any]]:
        return [{"QuotaName": name, "Value": value} for name, value in self.quotas.items()]

    def _simulated(self, parameters: dict[str, Any]) -> dict[str, Any]:
        (action,) = parameters["ActionNames"]
        return {"EvaluationResults": [{"EvalActionName": action, **self.pass_role}]}

    def _subscriptions(self) -> list[dict[str, str]]:
        return [{"SubscriptionArn": arn, "Endpoint": "me@x.org"} for arn in self.subscriptions]


def doctor(
    deployment: Deployment,
    account: Account,
    *,
    status: int = 0,
    failing: tuple[str, str, Exception] | None = None,
) -> str:
    """Run `doctor`; `failing` is a service with an operation and its error."""
    services = account.services()
    s3 = deployment.s3
    services["s3"].answers |= {
        "get_object": lambda parameters: s3.get_object(**parameters),
        "list_objects_v2": lambda parameters: s3.list_objects_v2(**parameters),
    }
    if failing:
        services[failing[0]].fail_next(*failing[1:])
    deployment.services.update(services)
    return deployment.run("doctor", status=status)


def test_a_line_for_each_check_of_a_deployment_without_problems(deployment: Deployment) -> None:
    assert doctor(deployment, Account()).splitlines() == [
        "ok       bucket: keeps versions",
        "ok       bucket: sends its events to EventBridge",
        "ok       quotas: ml.m5.large for training job usage: 20",
        "ok       quotas: ml.m5.xlarge for training job usage: 4",
        "ok       image: exists, with a Docker v2 manifest",
        "ok       models: this training image fitted all models in use",
        "ok       roles: StartJob's role has iam:PassRole",
        "ok       network: no subnets of yours",
        "ok       topic: 1 confirmed subscription",
        "ok       key: AWS's own keys",
        "ok       admission: new runs start",
    ]


def test_models_of_another_training_image_are_listed(deployment: Deployment) -> None:
    account = Account()
    images = {"old": "another", "new": account.variables["TUNEDROP_TRAINING_IMAGE"]}
    for dataset, image in images.items():
        deployment.s3.put(keys.champion(dataset), in_use(RUN_ID, dataset).model_dump_json())
        deployment.s3.put(keys.plan(dataset, RUN_ID), json.dumps({"image": image}))
    deployment.s3.put(keys.champion("none"), ChampionRecord(dataset="none").model_dump_json())
    assert "unknown  models: another training image fitted those of old;" in doctor(
        deployment, account
    )


def table(**route: str) -> dict[str, Any]:
    return {
        "RouteTableId": "rtb-1",
        "VpcId": "vpc-1",
        "Associations": [{"Main": True}],
        "Routes": [{"DestinationCidrBlock": "0.0.0.0/0", **route}] if route else [],
    }


def endpoint(service: str, **fields: Any) -> dict[str, Any]:
    name = f"com.amazonaws.eu-west-1.{service}"
    return {"ServiceName": name, "VpcId": "vpc-1", "VpcEndpointType": "Interface", **fields}


GATEWAY = endpoint("s3", VpcEndpointType="Gateway", RouteTableIds=["rtb-1"])
PASS_ROLE = (
    "roles: IAM's simulation denies StartJob's role iam:PassRole on "
    f"arn:aws:iam::{ACCOUNT}:role/training"
)
ALLOW = f"Allow it in the policies of arn:aws:iam::{ACCOUNT}:role/Tunedrop-StartJob"
IMPLICIT_DENY = {"EvalDecision": "implicitDeny"}
SCP = {"OrganizationsDecisionDetail": {"AllowedByOrganizations": False}}
BOUNDARY = {"PermissionsBoundaryDecisionDetail": {"AllowedByPermissionsBoundary": False}}
OCI = "application/vnd.oci.image.manifest.v1+json"
LARGE = "ml.m5.large for training job usage"
SPOT = "ml.m5.large for spot training job usage"


@pytest.mark.parametrize(
    ("changes", "line", "to_do"),
    [
        ({"versioning": {}}, "bucket: versioning is off", "aws s3api put-bucket-versioning"),
        ({"notification": {}}, "bucket: sends no events", f"the properties of the bucket {BUCKET}"),
        ({"quotas": {LARGE: 0.0}}, f"quotas: {LARGE}: 0", "Request an increase"),
        (
            {"TUNEDROP_SPOT": "true", "quotas": {SPOT: 0.0}},
            f"quotas: {SPOT}: 0",
            "unknown  quotas: AWS lists no quota 'ml.m5.xlarge for spot training job usage'",
        ),
        (
            {
                "configuration": {"VpcConfig": {"SubnetIds": ["subnet-1"]}},
                "tables": [table()],
                "endpoints": [GATEWAY, endpoint("states", PrivateDnsEnabled=True)],
            },
            "network: subnet-1 in vpc-1 does not reach sagemaker.api, ecr.api, sqs, sns, events",
            "aws ec2 create-vpc-endpoint",
        ),
        ({"media_type": OCI}, f"image: has a manifest of type {OCI}", "Push it again: make deploy"),
        ({"pass_role": {"EvalDecision": "explicitDeny"}}, f"{PASS_ROLE} (explicitDeny)", ALLOW),
        ({"pass_role": IMPLICIT_DENY | SCP}, f"{PASS_ROLE} (implicitDeny)", ALLOW),
        ({"pass_role": IMPLICIT_DENY | BOUNDARY}, f"{PASS_ROLE} (implicitDeny)", ALLOW),
        ({"subscriptions": []}, "topic: no topic subscription", f"subscribe --topic-arn {TOPIC}"),
        (
            {"subscriptions": ["PendingConfirmation"]},
            "topic: the subscription of me@x.org is not confirmed",
            "Open the link",
        ),
        (
            {"TUNEDROP_KMS_KEY_ARN": KEY},
            f"key: {KEY} does not allow CloudWatch Logs",
            '"kms:EncryptionContext:aws:logs:arn"',
        ),
        (
            {"TUNEDROP_NETWORK": NETWORK},
            "network: subnet-1 in vpc-1 does not reach s3",
            "aws ec2 create-vpc-endpoint",
        ),
    ],
)
def test_a_problem_is_status_1_and_has_a_solution(
    deployment: Deployment, changes: dict[str, Any], line: str, to_do: str
) -> None:
    account = Account()
    for name, value in changes.items():
        (account.variables if name.isupper() else vars(account))[name] = value
    shown = doctor(deployment, account, status=1)
    assert f"problem  {line}" in shown
    assert to_do in shown[shown.index("problem  ") :]


def test_a_denial_that_the_simulation_attributes_to_nothing_is_unknown(
    deployment: Deployment,
) -> None:
    shown = doctor(deployment, Account(pass_role=IMPLICIT_DENY))
    assert f"unknown  {PASS_ROLE} (implicitDeny) and names no policy that does" in shown


def test_a_missing_image_is_a_problem_and_one_outside_of_ecr_unknown(
    deployment: Deployment,
) -> None:
    account = Account()
    missing = ("ecr", "DescribeImages", client_error("ImageNotFoundException"))
    shown = doctor(deployment, account, status=1, failing=missing)
    image = account.variables["TUNEDROP_TRAINING_IMAGE"]
    assert f"problem  image: {image} does not exist" in shown
    account.variables["TUNEDROP_TRAINING_IMAGE"] = "local"
    assert "unknown  image: local is not in ECR" in doctor(deployment, account)


DENIED = client_error("AccessDeniedException", 403, "not authorized")


@pytest.mark.parametrize(
    ("service", "subject", "operation", "error"),
    [
        ("iam", "roles", "SimulatePrincipalPolicy", EndpointConnectionError(endpoint_url="iam")),
        ("lambda", "quotas", "GetFunctionConfiguration", DENIED),
    ],
)
def test_a_failing_check_is_unknown_with_awss_reason(
    deployment: Deployment, service: str, subject: str, operation: str, error: Exception
) -> None:
    shown = doctor(deployment, Account(), failing=(service, operation, error))
    assert f"unknown  {subject}: {error}" in shown


def test_a_deployment_of_another_release_is_unknown_and_not_a_crash(
    deployment: Deployment,
) -> None:
    account = Account()
    del account.variables["TUNEDROP_LIMITS"]
    assert "TUNEDROP_LIMITS is not set; deploy the stack again" in doctor(deployment, account)


NAT = table(NatGatewayId="nat-1")
SUBNET_TABLE = {**table(), "RouteTableId": "rtb-2", "Associations": [{"SubnetId": "subnet-1"}]}


@pytest.mark.parametrize(
    ("tables", "endpoints", "is_reached"),
    [
        ([NAT], [], True),
        ([table(GatewayId="igw-1")], [], False),  # machines have no public addresses
        ([table()], [GATEWAY], True),
        ([table()], [{**GATEWAY, "RouteTableIds": ["rtb-2"]}], False),
        ([table()], [endpoint("s3", PrivateDnsEnabled=True)], True),
        ([table()], [endpoint("s3")], False),
        ([NAT, SUBNET_TABLE], [GATEWAY], False),  # the subnet's own table counts, not the main one
    ],
)
def test_s3_is_reached_by_an_endpoint_or_a_route(
    deployment: Deployment,
    tables: list[dict[str, Any]],
    endpoints: list[dict[str, Any]],
    is_reached: bool,
) -> None:
    account = Account(tables=tables, endpoints=endpoints)
    account.variables["TUNEDROP_NETWORK"] = NETWORK
    shown = doctor(deployment, account, status=int(not is_reached))
    assert ("network: subnet-1 in vpc-1 does not reach s3" in shown) is not is_reached


def test_the_statements_of_a_key_are_shown_without_permission_to_read_its_policy(
    deployment: Deployment,
) -> None:
    account = Account()
    account.variables["TUNEDROP_KMS_KEY_ARN"] = KEY
    denied = ("kms", "GetKeyPolicy", client_error("AccessDeniedException", 403))
    shown = doctor(deployment, account, failing=denied)
    assert f"unknown  key: reading its policy needs kms:GetKeyPolicy on {KEY}" in shown
    assert '"logs.eu-west-1.amazonaws.com"' in shown
    logs = {"Effect": "Allow", "Principal": {"Service": "logs.eu-west-1.amazonaws.com"}}
    account.key_policy = json.dumps({"Statement": [logs]})
    assert f"ok       key: {KEY} allows CloudWatch Logs" in doctor(deployment, account)


def test_a_pause_is_a_problem_with_its_caller_and_time(deployment: Deployment) -> None:
    deployment.run("pause")
    shown = doctor(deployment, Account(), status=1)
    assert "problem  admission: new runs are paused since 20" in shown
    assert f"Z, by {PERSON}\n" in shown


def test_idle_is_status_1_while_a_run_is_active(deployment: Deployment) -> None:
    assert deployment.run("doctor", "--idle") == "No run of Tunedrop is active.\n"
    deployment.s3.put("datasets/iris/train.csv", TABLE)
    deployment.run("run", "iris")
    deployment.run("doctor", "--idle", status=1)
    assert "The stack Tunedrop has 1 active run: iris/" in deployment.err
