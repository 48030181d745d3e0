"""The boto3 clients, made once a process, with bounded waits and AWS's standard retries.

`AWS_REGION` and `AWS_ENDPOINT_URL*` are boto3's own business.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient

# Every call that we make is idempotent by name or by condition, so repeating it is safe. What still
# fails after these attempts is retried by the state machine, which can wait longer than a Lambda.
CONFIG = Config(
    connect_timeout=5,
    read_timeout=30,
    retries={"mode": "standard", "total_max_attempts": 5},
)

# Nobody should wait long for prices: a subnet may have no route to them, and the plan does without.
PRICING_CONFIG = Config(
    connect_timeout=2,
    read_timeout=10,
    retries={"mode": "standard", "total_max_attempts": 1},
)
# AWS Price List has endpoints in these regions only; any has the prices of all regions.
_PRICING_REGIONS = ("us-east-1", "eu-central-1", "ap-south-1")


@cache
def s3() -> S3Client:
    """Return the process's S3 client."""
    return _session().client("s3", config=CONFIG)


@cache
def sagemaker() -> SageMakerClient:
    """Return the process's SageMaker client."""
    return _session().client("sagemaker", config=CONFIG)


@cache
def events() -> EventBridgeClient:
    """Return the process's EventBridge client."""
    return _session().client("events", config=CONFIG)


@cache
def stepfunctions() -> SFNClient:
    """Return the process's Step Functions client."""
    return _session().client("stepfunctions", config=CONFIG)


@cache
def sns() -> SNSClient:
    """Return the process's SNS client."""
    return _session().client("sns", config=CONFIG)


@cache
def sqs() -> SQSClient:
    """Return the process's SQS client."""
    return _session().client("sqs", config=CONFIG)


@cache
def pricing() -> Any:
    """Return the process's client of AWS Price List."""
    return make_pricing(_session())


def make_pricing(session: boto3.Session) -> Any:
    """Make a session's client of AWS Price List, near its region."""
    own = session.region_name
    region = own if own in _PRICING_REGIONS else _PRICING_REGIONS[0]
    return session.client("pricing", region_name=region, config=PRICING_CONFIG)


@cache
def _session() -> boto3.Session:
    """Return the process's session."""
    return boto3.Session()
