from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from tests.support import environ
from tests.support.answers import Answers
from tests.support.deployment import BUCKET, PERSON, TABLE, Deployment
from tests.support.door_world import TOPIC
from tests.support.fakes import client_error

ACCOUNT = "123456789012"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1"
DOCKER = "application/vnd.docker.distribution.manifest.v2+json"
NETWORK = {"subnets": [], "security_groups": [], "isolation": True, "encrypt_traffic": False}


@dataclass
class Account:
    """An account in which all is right, until a test changes it."""

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
    key_policy: str = ""
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

    def _configuration(self, asked: dict[str, Any]) -> dict[str, Any]:
        role = f"arn:aws:iam::{ACCOUNT}:role/{asked['FunctionName']}"
        return {"Environment": {"Variables": self.variables}, "Role": role, **self.configuration}

    def _quotas(self) -> list[dict[str, Any]]:
        return [{"QuotaName": name, "Value": value} for name, value in self.quotas.items()]

    def _simulated(self, asked: dict[str, Any]) -> dict[str, Any]:
        (action,) = asked["ActionNames"]
        return {"EvaluationResults": [{"EvalActionName": action, **self.pass_role}]}

    def _subscriptions(self) -> list[dict[str, str]]:
        return [{"SubscriptionArn": arn, "Endpoint": "me@x.org"} for arn in self.subscriptions]


def doctor(
    deployment: Deployment, account: Account, *options: str, status: int = 0, without: str = ""
) -> str:
    services = account.services()
    services["s3"].answers["get_object"] = lambda asked: deployment.s3.get_object(**asked)
    services.pop(without, None)
    deployment.services.update(services)
    return deployment.run("doctor", *options, status=status)


def test_a_line_for_each_check_of_a_deployment_that_is_right(deployment: Deployment) -> None:
    shown = doctor(deployment, Account())
    assert shown.splitlines()[:5] == [
        "ok       bucket: keeps versions",
        "ok       bucket: sends its events to EventBridge",
        "ok       quotas: ml.m5.large for training job usage: 20",
        "ok       quotas: ml.m5.xlarge for training job usage: 4",
        "ok       image: is there, with a Docker v2 manifest",
    ]
    assert "ok       roles: StartJob: the role may do what is needed" in shown
    assert "ok       admission: runs start" in shown
    assert "wrong" not in shown


def lacks(**changes: Any) -> Callable[[Account], None]:
    def change(account: Account) -> None:
        for name, value in changes.items():
            setattr(account, name, value)

    return change


def told(**variables: Any) -> Callable[[Account], None]:
    def change(account: Account) -> None:
        for name, value in variables.items():
            written = value if isinstance(value, str) else json.dumps(value)
            account.variables[f"TUNEDROP_{name}"] = written

    return change


PASS_ROLE = (
    f"roles: StartJob: the role may not iam:PassRole on arn:aws:iam::{ACCOUNT}:role/training"
)
REFUSED = {"EvalDecision": "implicitDeny"}
SCP = {"AllowedByOrganizations": False}
BOUNDARY = {"AllowedByPermissionsBoundary": False}


@pytest.mark.parametrize(
    ("change", "line", "to_do"),
    [
        (lacks(versioning={}), "bucket: versioning is off", "aws s3api put-bucket-versioning"),
        (
            lacks(notification={}),
            "bucket: sends no events",
            f"the properties of the bucket {BUCKET}",
        ),
        (
            lacks(quotas={"ml.m5.large for training job usage": 0.0}),
            "quotas: ml.m5.large for training job usage: 0",
            "Ask for more in the Service Quotas console",
        ),
        (
            lacks(media_type="application/vnd.oci.image.manifest.v1+json"),
            "image: has a manifest of type application/vnd.oci.image.manifest.v1+json",
            "Push it again: make deploy",
        ),
        (
            lacks(pass_role={"EvalDecision": "explicitDeny"}),
            f"{PASS_ROLE} (an explicit refusal)",
            f"Let arn:aws:iam::{ACCOUNT}:role/Tunedrop-StartJob do so",
        ),
        (
            lacks(pass_role=REFUSED | {"OrganizationsDecisionDetail": SCP}),
            f"{PASS_ROLE} (a service control policy of the organization)",
            "Let arn:aws:iam::",
        ),
        (
            lacks(pass_role=REFUSED | {"PermissionsBoundaryDecisionDetail": BOUNDARY}),
            f"{PASS_ROLE} (the role's permissions boundary)",
            "Let arn:aws:iam::",
        ),
        (lacks(subscriptions=[]), "topic: nobody hears", f"aws sns subscribe --topic-arn {TOPIC}"),
        (
            lacks(subscriptions=["PendingConfirmation"]),
            "topic: the subscription of me@x.org is not confirmed",
            "Follow the link",
        ),
        (
            told(KMS_KEY_ARN=KEY),
            f"key: {KEY} does not let CloudWatch Logs use it",
            '"kms:EncryptionContext:aws:logs:arn"',
        ),
        (
            told(NETWORK={**NETWORK, "subnets": ["subnet-1"]}),
            "network: subnet-1 in vpc-1 reaches no s3",
            "aws ec2 create-vpc-endpoint",
        ),
    ],
)
def test_what_is_wrong_is_status_1_and_says_what_to_do(
    deployment: Deployment, change: Callable[[Account], None], line: str, to_do: str
) -> None:
    account = Account()
    change(account)
    shown = doctor(deployment, account, status=1)
    assert f"wrong    {line}" in shown
    assert to_do in shown[shown.index("wrong    ") :]


def test_spot_machines_have_quotas_of_their_own(deployment: Deployment) -> None:
    account = Account()
    account.variables["TUNEDROP_SPOT"] = "true"
    account.quotas["ml.m5.large for spot training job usage"] = 0.0
    shown = doctor(deployment, account, status=1)
    assert "wrong    quotas: ml.m5.large for spot training job usage: 0" in shown
    unlisted = "AWS lists no quota 'ml.m5.xlarge for spot training job usage'"
    assert f"unknown  quotas: {unlisted}" in shown


def test_an_image_that_is_not_there_is_wrong_and_one_outside_of_ecr_unknown(
    deployment: Deployment,
) -> None:
    account = Account()
    services = account.services()
    services["ecr"].fail_next("DescribeImages", client_error("ImageNotFoundException"))
    deployment.services.update(services)
    deployment.run("doctor", status=1)
    assert f"wrong    image: {account.variables['TUNEDROP_TRAINING_IMAGE']} is not there" in (
        deployment.out
    )
    account.variables["TUNEDROP_TRAINING_IMAGE"] = "local"
    assert "unknown  image: local is not in ECR" in doctor(deployment, account)


@pytest.mark.parametrize(
    ("service", "subject", "operation"),
    [
        ("service-quotas", "quotas", "ListServiceQuotas"),
        ("ecr", "image", "DescribeImages"),
        ("iam", "roles", "SimulatePrincipalPolicy"),
        ("sns", "topic", "ListSubscriptionsByTopic"),
        ("lambda", "key", "GetFunctionConfiguration"),
    ],
)
def test_what_the_caller_may_not_see_is_unknown_in_awss_words(
    deployment: Deployment, service: str, subject: str, operation: str
) -> None:
    deployment.services[service] = Answers(service)
    shown = doctor(deployment, Account(), without=service)
    [line] = [line for line in shown.splitlines() if line.startswith(f"unknown  {subject}: ")]
    assert f"AccessDeniedException) when calling the {operation} operation" in line


@pytest.mark.parametrize(
    "error",
    [
        client_error("UnknownOperationException", 501),
        EndpointConnectionError(endpoint_url="https://ec2"),
    ],
)
def test_a_service_that_is_not_there_is_unknown(deployment: Deployment, error: Exception) -> None:
    services = Account().services()
    services["service-quotas"].fail_next("ListServiceQuotas", error)
    deployment.services.update(services)
    assert f"unknown  quotas: {error}" in deployment.run("doctor")


def test_a_deployment_of_another_release_is_unknown_and_not_a_crash(
    deployment: Deployment,
) -> None:
    account = Account()
    del account.variables["TUNEDROP_LIMITS"]
    assert "TUNEDROP_LIMITS is not set; deploy the stack again" in doctor(deployment, account)


def table(**route: str) -> dict[str, Any]:
    return {
        "RouteTableId": "rtb-1",
        "VpcId": "vpc-1",
        "Associations": [{"Main": True}],
        "Routes": [{"DestinationCidrBlock": "0.0.0.0/0", **route}] if route else [],
    }


def endpoint(service: str, **more: Any) -> dict[str, Any]:
    name = f"com.amazonaws.eu-west-1.{service}"
    return {"ServiceName": name, "VpcId": "vpc-1", "VpcEndpointType": "Interface", **more}


GATEWAY = endpoint("s3", VpcEndpointType="Gateway", RouteTableIds=["rtb-1"])


@pytest.mark.parametrize(
    ("tables", "endpoints", "reached"),
    [
        ([table(NatGatewayId="nat-1")], [], True),
        ([table(GatewayId="igw-1")], [], False),  # machines have no public addresses
        ([table(NatGatewayId="nat-1", State="blackhole")], [], False),
        ([table()], [GATEWAY], True),
        ([table()], [{**GATEWAY, "RouteTableIds": ["rtb-2"]}], False),
        ([table()], [{**GATEWAY, "VpcId": "vpc-2"}], False),
        ([table()], [endpoint("s3", PrivateDnsEnabled=True)], True),
        ([table()], [endpoint("s3")], False),
        (
            [
                table(NatGatewayId="nat-1"),
                {**table(), "RouteTableId": "rtb-2", "Associations": [{"SubnetId": "subnet-1"}]},
            ],
            [GATEWAY],
            False,  # the subnet's own table counts, not the main one
        ),
    ],
)
def test_s3_is_reached_by_an_endpoint_or_a_route(
    deployment: Deployment,
    tables: list[dict[str, Any]],
    endpoints: list[dict[str, Any]],
    reached: bool,
) -> None:
    account = Account(tables=tables, endpoints=endpoints)
    told(NETWORK={**NETWORK, "subnets": ["subnet-1"]})(account)
    shown = doctor(deployment, account, status=int(not reached))
    assert ("network: subnet-1 in vpc-1 reaches no s3" in shown) is not reached


def test_lambdas_in_subnets_need_endpoints_of_all_that_they_call(deployment: Deployment) -> None:
    account = Account(tables=[table()], endpoints=[GATEWAY])
    account.configuration["VpcConfig"] = {"SubnetIds": ["subnet-1"]}
    account.endpoints += [endpoint(name, PrivateDnsEnabled=True) for name in ("states", "sqs")]
    shown = doctor(deployment, account, status=1)
    assert "wrong    network: subnet-1 in vpc-1 reaches no sagemaker.api, ecr.api, sns" in shown


def test_the_statements_of_a_key_are_shown_to_who_may_not_see_its_policy(
    deployment: Deployment,
) -> None:
    account = Account()
    account.variables["TUNEDROP_KMS_KEY_ARN"] = KEY
    deployment.services["kms"] = Answers("kms")
    shown = doctor(deployment, account, without="kms")
    assert f"unknown  key: needs kms:GetKeyPolicy on {KEY}" in shown
    assert '"logs.eu-west-1.amazonaws.com"' in shown
    account.key_policy = json.dumps({"Service": "logs.eu-west-1.amazonaws.com"})
    assert f"ok       key: {KEY} lets CloudWatch Logs use it" in doctor(deployment, account)


def test_a_pause_is_wrong_and_says_who_paused_since_when(deployment: Deployment) -> None:
    deployment.run("pause")
    shown = doctor(deployment, Account(), status=1)
    assert re.search(f"wrong    admission: no run starts since 20.*Z, by {PERSON}\n", shown)
    assert "Let runs start again: tunedrop unpause.\n" in shown


def test_idle_is_status_1_while_a_run_is_active(deployment: Deployment) -> None:
    assert deployment.run("doctor", "--idle") == "No run of Tunedrop is active.\n"
    deployment.s3.put("datasets/iris/train.csv", TABLE)
    deployment.run("run", "iris")
    deployment.run("doctor", "--idle", status=1)
    assert "The stack Tunedrop has 1 active run: iris/" in deployment.err
