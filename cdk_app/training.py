"""What SageMaker runs and under which roles: the image, training jobs and endpoints.

PlanRun runs in the same image, so that it reads data as the jobs will.
"""

from __future__ import annotations

import os
from pathlib import Path

from aws_cdk import Stack
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_app.permissions import Permission, use_key
from cdk_app.sagemaker_permissions import Machines
from cdk_app.settings import TRAINING_IMAGE

ROOT = Path(__file__).parent.parent

# Endpoints reject OCI manifests, and training jobs are documented with Docker's only. Docker's
# containerd store (the default from Engine 29 on) writes OCI ones, unless it is told otherwise.
# https://docs.docker.com/build/exporters/oci-docker/
DOCKER_MANIFEST = "type=docker,oci-mediatypes=false"
# Builders that know no such output; they write Docker's manifests where BUILDAH_FORMAT says so.
WITHOUT_OUTPUTS = ("podman", "buildah")


class TrainingImage(Construct):
    """The image by URI: one of yours, or built from this repository when you deploy.

    `base` is what it is built on; None for the Dockerfile's own.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        uri: str | None,
        base: str | None = None,
        root: Path = ROOT,
    ) -> None:
        super().__init__(scope, construct_id)
        if uri is None:
            asset = ecr_assets.DockerImageAsset(
                self,
                "Asset",
                directory=str(root),  # .dockerignore leaves what the image has
                file="training_container/Dockerfile",
                platform=ecr_assets.Platform.LINUX_AMD64,  # what SageMaker's machines are
                build_args={"PYTHON_IMAGE": base} if base else None,
                outputs=_outputs(),
                # The same image, whoever builds it.
                invalidation=ecr_assets.DockerImageAssetInvalidationOptions(outputs=False),
            )
            self.uri = asset.image_uri
            self.repository: ecr.IRepository = asset.repository
            self._tag_or_digest = asset.image_tag
        else:
            self.uri = uri
            self.repository = _repository(self, uri)
            self._tag_or_digest = uri.partition("@")[2]

    def lambda_code(self, handler: str) -> lambda_.Code:
        """Return the image as the code of a Lambda that runs a handler.

        Nothing is imported from the working directory: `-P` excludes it from the path.
        """
        return lambda_.Code.from_ecr_image(
            self.repository,
            tag_or_digest=self._tag_or_digest,
            entrypoint=["/opt/trainer/bin/python", "-P", "-m", "awslambdaric"],
            cmd=[handler],
            working_directory="/",
        )


def training_role(scope: Construct, machines: Machines) -> iam.Role:
    """Make the role of every training job: read inputs, write training/, pull the image, log."""
    return machines.role(
        scope,
        of="Training jobs",
        data=_data(machines.bucket),
        encryption=_encryption(machines.key) if machines.key else [],
        log_group="/aws/sagemaker/TrainingJobs",
    )


def serving_role(scope: Construct, machines: Machines) -> iam.Role:
    """Make the role of endpoints: read models/, pull the image, log. Unused until you deploy one.

    Not the training role, which may read datasets and write training/ and has no business in
    models/. The report's code to deploy a model passes this one to SageMaker.
    """
    return machines.role(
        scope,
        of="Endpoints with models",
        data=[
            Permission(
                actions=["s3:GetObject"],
                resources=[machines.bucket.arn_for_objects("models/*")],
                wildcard="Models: datasets' names and runs' ids are made at run time.",
            )
        ],
        encryption=use_key(machines.key, "kms:Decrypt"),
        log_group="/aws/sagemaker/Endpoints/*",
    )


def _outputs() -> list[str] | None:
    # The CDK's CLI runs this program in place of Docker, and this app with its own environment.
    builder = Path(os.environ.get("CDK_DOCKER", "docker")).name
    return None if builder in WITHOUT_OUTPUTS else [DOCKER_MANIFEST]


def _repository(scope: Construct, uri: str) -> ecr.IRepository:
    match = TRAINING_IMAGE.fullmatch(uri)
    assert match is not None  # noqa: S101 - the settings have checked it
    repository_arn = Stack.of(scope).format_arn(
        service="ecr",
        account=match["account"],
        region=match["region"],
        resource="repository",
        resource_name=match["repository"],
    )
    return ecr.Repository.from_repository_attributes(
        scope,
        "Repository",
        repository_arn=repository_arn,
        repository_name=match["repository"],
    )


def _data(bucket: s3.IBucket) -> list[Permission]:
    return [
        # SageMaker lists S3Prefix channels and checks its output path
        Permission(actions=["s3:ListBucket"], resources=[bucket.bucket_arn]),
        Permission(
            actions=["s3:GetObject"],
            resources=[
                bucket.arn_for_objects("inputs/*"),
                bucket.arn_for_objects("runs/*/plan.json"),
            ],
            wildcard="Channels: datasets' names and runs' ids are made at run time.",
        ),
        Permission(
            actions=["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"],
            resources=[bucket.arn_for_objects("training/*")],
            wildcard="SageMaker's own output and checkpoints; job names are made at run time.",
        ),
    ]


def _encryption(key: kms.IKey) -> list[Permission]:
    return [
        Permission(
            actions=["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"],
            resources=[key.key_arn],
        ),
        Permission(
            actions=["kms:CreateGrant"],  # for the volumes of the training machines
            resources=[key.key_arn],
            conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},
        ),
    ]
