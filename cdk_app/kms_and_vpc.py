"""A key of yours for Lambdas and logs, and subnets of yours for Lambdas."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk_app.permissions import Permission, arn
from cdk_app.settings import Network, Settings

# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSLambdaVPCAccessExecutionRole.html
_CHANGES = ("ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses")
_DELETION = "ec2:DeleteNetworkInterface"
_VIEWS = ("ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets")


def join_subnets(
    scope: Construct, network: Network, *, changes: Sequence[str], views: Sequence[str]
) -> list[Permission]:
    """Allow creating interfaces in the settings' subnets, changing those there, and views of all.

    IAM knows subnet and groups of a new interface as its resources, and the subnet of another one
    as a condition; views have neither. A shared subnet is of another account.
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
    """
    interfaces = arn(scope, "ec2", "network-interface/*")
    shared = Stack.of(scope).format_arn(service="ec2", account="*", resource="")
    subnets = [f"{shared}subnet/{name}" for name in network.subnets]
    groups = [f"{shared}security-group/{name}" for name in network.security_groups]
    return [
        Permission(
            actions=["ec2:CreateNetworkInterface"],
            resources=[interfaces, *subnets, *groups],
            wildcard="New interfaces have no id yet; subnets and groups are those of the settings.",
        ),
        Permission(
            actions=changes,
            resources=[interfaces],
            conditions={"ArnLike": {"ec2:Subnet": subnets}},
            wildcard="Interfaces get ids when they are made; the condition names their subnets.",
        ),
        Permission(
            actions=views, resources=["*"], wildcard="EC2's views are of all resources or none."
        ),
    ]


def network_interface_permissions(
    scope: Construct, function_name: str, network: Network
) -> list[Permission]:
    """Return permissions for Lambda to make a function's interfaces, denied to its own code.

    Lambda's guide recommends the refusal: only calls from inside of the function have its ARN. And
    it asks for the deletion on all ids. https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
    """
    if not network.lambdas:
        return []
    function_arn = arn(scope, "lambda", f"function:{function_name}")
    return [
        *join_subnets(scope, network, changes=_CHANGES, views=_VIEWS),
        Permission(
            actions=[_DELETION],
            resources=[arn(scope, "ec2", "*/*")],
            wildcard="Lambda rejects a role that may not delete interfaces of all ids.",
        ),
        Permission(
            actions=["ec2:CreateNetworkInterface", _DELETION, *_CHANGES, *_VIEWS],
            resources=["*"],
            conditions={"ArnEquals": {"lambda:SourceFunctionArn": function_arn}},
            wildcard="A refusal: the function's own code may touch no interface at all.",
            is_denied=True,
        ),
    ]


def use_key_and_subnets(function: lambda_.Function, settings: Settings) -> None:
    """Encrypt a function's variables with the settings' key, and run it in their subnets."""
    resource = function.node.default_child
    assert isinstance(resource, lambda_.CfnFunction)  # noqa: S101 - narrows CDK's type
    resource.kms_key_arn = settings.kms_key_arn
    if settings.network.lambdas:
        # L2 takes a VPC object, which could only be had by a lookup in the account.
        resource.vpc_config = lambda_.CfnFunction.VpcConfigProperty(
            subnet_ids=list(settings.network.subnets),
            security_group_ids=list(settings.network.security_groups),
        )


def let_logs_use(scope: Construct, key: kms.IKey, *, name: str) -> None:
    """Allow CloudWatch Logs to encrypt a deployment's log groups by a key of the same app.

    The policy of an imported key is its owner's: `lambda/tunedrop/cli/deployment_checks.py` has
    the same statement for those, and a test holds both together.
    """
    groups = [
        arn(scope, "logs", f"log-group:{prefix}/{name}-*")
        for prefix in ("/aws/lambda", "/aws/vendedlogs/states")
    ]
    key.add_to_resource_policy(
        iam.PolicyStatement(
            sid="TunedropLogs",
            principals=[iam.ServicePrincipal(f"logs.{Stack.of(scope).region}.amazonaws.com")],
            actions=[
                f"kms:{action}*"
                for action in ("Decrypt", "Describe", "Encrypt", "GenerateDataKey", "ReEncrypt")
            ],
            resources=["*"],
            conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
        )
    )
