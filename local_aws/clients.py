"""AWS clients of the commands, pointed at the local AWS and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from local_aws import environment
from local_aws.account import REGION

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_stepfunctions import SFNClient


class Clients:
    """One client for each service that the commands use."""

    def __init__(self, port: int) -> None:
        self.port = port
        variables = environment.client_variables(port)
        session = boto3.Session(
            aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
            region_name=REGION,
        )
        config = Config(
            retries={"total_max_attempts": 3, "mode": "standard"}, read_timeout=120, proxies={}
        )

        def client(service: Any) -> Any:
            endpoint = environment.endpoint(port)
            return session.client(service, endpoint_url=endpoint, config=config)

        self.s3: S3Client = client("s3")
        self.steps: SFNClient = client("stepfunctions")
        self.sagemaker: SageMakerClient = client("sagemaker")
        self.cloudformation: CloudFormationClient = client("cloudformation")
        # Its stubs are not among the requirements.
        self.logs: Any = client("logs")
