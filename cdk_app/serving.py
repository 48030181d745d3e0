"""As whom a run's model is served: the report's code to deploy it passes this role to SageMaker."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk_app.permissions import Permission
from cdk_app.sagemaker_permissions import Machines

LOG_GROUPS = "/aws/sagemaker/Endpoints/*"


class ServingRole(Construct):
    """The role of endpoints: read models/, pull the image, log. Nothing uses it until you deploy.

    Not the training role, which may read datasets and write training/ and has no business in
    models/.
    """

    def __init__(self, scope: Construct, construct_id: str, *, machines: Machines) -> None:
        super().__init__(scope, construct_id)
        key = machines.key
        self.role: iam.Role = machines.role(
            self,
            of="Endpoints with models",
            data=[
                Permission(
                    actions=["s3:GetObject"],
                    resources=[machines.bucket.arn_for_objects("models/*")],
                    wildcard="Models: datasets' names and runs' ids are made at run time.",
                )
            ],
            encryption=[Permission(["kms:Decrypt"], [key.key_arn])] if key else [],
            log_group=LOG_GROUPS,
        )
