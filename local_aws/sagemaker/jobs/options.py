"""What can be set about the local SageMaker, the account that it plays, and the clock."""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass(frozen=True, kw_only=True)
class Options:
    """Settings of the service.

    Parameters
    ----------
    region, account_id
        What the ARNs say.
    concurrency
        Most training jobs that run at once on this machine; more wait for their turn.
    grace_seconds
        Between SIGTERM and SIGKILL when a training job is stopped; 120 as on AWS.
    """

    region: str = "us-east-1"
    account_id: str = "000000000000"
    concurrency: int = field(default_factory=lambda: os.cpu_count() or 1)
    grace_seconds: float = 120.0

    def arn(self, kind: str, name: str) -> str:
        """Make the ARN of a `training-job` or a `hyper-parameter-tuning-job`.

        SageMaker's have lower-case names, because names are unique regardless of case.
        """
        return f"arn:aws:sagemaker:{self.region}:{self.account_id}:{kind}/{name.lower()}"


def training_job_name(tuning_job: str, number: int) -> str:
    """Name a tuning job's training job: its name, a counter and eight random digits."""
    return f"{tuning_job}-{number:03d}-{uuid.uuid4().hex[:8]}"


def now() -> datetime:
    """Return the time, with its zone."""
    return datetime.now(UTC)
