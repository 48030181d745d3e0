"""As whom a run's model is served: the report's code to deploy it passes this role to SageMaker."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_app.permissions import Permission, make_role, of_this_account
from cdk_app.sagemaker_permissions import join_subnets, logs_and_metrics, pull
from cdk_app.settings import Network

LOG_GROUPS = "/aws/sagemaker/Endpoints/*"


class ServingRole(Construct):
    """The role of endpoints: read models/, pull the image, log. Nothing uses it until you deploy.

    Not the training role, which may read datasets and write training/ and has no business in
    models/.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        bucket: s3.IBucket,
        repository: ecr.IRepository,
        key: kms.IKey | None,
        network: Network,
    ) -> None:
        super().__init__(scope, construct_id)
        self.role: iam.Role = make_role(
            self,
            "Role",
            service="sagemaker.amazonaws.com",
            description=f"Endpoints with models of {Stack.of(self).stack_name}",
            conditions=of_this_account(self),
            permissions=[
                Permission(
                    actions=["s3:GetObject"],
                    resources=[bucket.arn_for_objects("models/*")],
                    wildcard="Models: datasets' names and runs' ids are made at run time.",
                ),
                *pull(repository),
                *logs_and_metrics(self, LOG_GROUPS),
                *([Permission(actions=["kms:Decrypt"], resources=[key.key_arn])] if key else []),
                *(join_subnets() if network.subnets else []),
            ],
        )
