"""The boto3 clients, made once a process, with bounded waits and AWS's standard retries.

`AWS_REGION` and `AWS_ENDPOINT_URL*` are boto3's own business.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_stepfunctions import SFNClient

# Every call that we make is idempotent by name or by condition, so repeating it is safe. What still
# fails after these attempts is retried by the state machine, which can wait longer than a Lambda.
CONFIG = Config(
    connect_timeout=5,
    read_timeout=30,
    retries={"mode": "standard", "total_max_attempts": 5},
)


@cache
def s3() -> S3Client:
    """Return the process's S3 client."""
    return boto3.client("s3", config=CONFIG)


@cache
def sagemaker() -> SageMakerClient:
    """Return the process's SageMaker client."""
    return boto3.client("sagemaker", config=CONFIG)


@cache
def stepfunctions() -> SFNClient:
    """Return the process's Step Functions client."""
    return boto3.client("stepfunctions", config=CONFIG)
