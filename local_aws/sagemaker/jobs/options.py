"""What can be set about the local SageMaker: the account it plays and its machine."""

from __future__ import annotations

import os
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Options:
    """Settings of the service.

    Parameters
    ----------
    region, account_id
        What the ARNs say.
    concurrency
        Most training jobs that run at once on this machine; more wait for their turn.
    fork
        Run training jobs in forks of a pre-imported interpreter where the system can; otherwise
        each is a process of its own.
    grace_seconds
        Between SIGTERM and SIGKILL when a training job is stopped; 120 as on AWS.
    cloudwatch
        Send the training jobs' output and metrics to /aws/sagemaker/TrainingJobs too.
    """

    region: str = "us-east-1"
    account_id: str = "000000000000"
    concurrency: int = field(default_factory=lambda: os.cpu_count() or 1)
    fork: bool = True
    grace_seconds: float = 120.0
    cloudwatch: bool = True
