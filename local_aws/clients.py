"""AWS clients of the commands, pointed at the local AWS and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from local_aws import environment

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
            region_name=environment.REGION,
        )
        endpoint = environment.endpoint(port)
        config = Config(
            retries={"total_max_attempts": 3, "mode": "standard"}, read_timeout=120, proxies={}
        )
        self.s3: S3Client = session.client("s3", endpoint_url=endpoint, config=config)
        self.steps: SFNClient = session.client(
            "stepfunctions", endpoint_url=endpoint, config=config
        )
        self.sagemaker: SageMakerClient = session.client(
            "sagemaker", endpoint_url=endpoint, config=config
        )
        self.cloudformation: CloudFormationClient = session.client(
            "cloudformation", endpoint_url=endpoint, config=config
        )
        # Its stubs are not among the development requirements.
        self.logs: Any = session.client("logs", endpoint_url=endpoint, config=config)
