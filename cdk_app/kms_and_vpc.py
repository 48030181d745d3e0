"""A key of yours for Lambdas and logs, and subnets of yours for Lambdas."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk_app.permissions import Permission, arn
from cdk_app.settings import Network, Settings

# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSLambdaVPCAccessExecutionRole.html
_INTERFACES = (
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
)


def network_interface_permissions(
    scope: Construct, function_name: str, network: Network
) -> list[Permission]:
    """Return permissions for Lambda to make a function's interfaces, denied to its own code.

    Lambda's guide recommends the second statement: only calls from inside of the function have its
    ARN. https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
    """
    if not network.lambdas:
        return []
    function_arn = arn(scope, "lambda", f"function:{function_name}")
    return [
        Permission(
            actions=_INTERFACES,
            resources=["*"],
            wildcard="Lambda's interfaces get ids only when it makes them, by EC2's rules for all.",
        ),
        Permission(
            actions=_INTERFACES,
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
