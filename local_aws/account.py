"""The account and the region that the local AWS plays."""

from __future__ import annotations

ACCOUNT = "000000000000"
REGION = "us-east-1"


def sagemaker_arn(kind: str, name: str) -> str:
    """Make the ARN of a `training-job` or a `hyper-parameter-tuning-job`.

    SageMaker's have lower-case names, because names are unique regardless of case.
    """
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{kind}/{name.lower()}"
