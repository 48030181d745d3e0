"""What can be set about the local SageMaker: the account it plays, its quotas and its machine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Quotas:
    """The account's service quotas, with AWS's defaults.

    `instances` limits instances in use by type, as `ml.m5.large for training job usage` does; a
    type that is not named has no limit.
    """

    concurrent_tuning_jobs: int = 100
    parallel_training_jobs: int = 10
    training_jobs: int = 750
    random_training_jobs: int = 10_000
    instances: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Options:
    """Settings of the service.

    Parameters
    ----------
    region, account_id
        What the ARNs say.
    quotas
        See `Quotas`.
    concurrency
        Most training jobs that run at once on this machine; more wait for their turn.
    fork
        Run training jobs in forks of a pre-imported interpreter where the system can; otherwise
        each is a process of its own.
    grace_seconds
        Between SIGTERM and SIGKILL when a training job is stopped; 120 as on AWS.
    cloudwatch_logs
        Send the training jobs' output to /aws/sagemaker/TrainingJobs too.
    """

    region: str = "us-east-1"
    account_id: str = "000000000000"
    quotas: Quotas = field(default_factory=Quotas)
    concurrency: int = field(default_factory=lambda: os.cpu_count() or 1)
    fork: bool = True
    grace_seconds: float = 120.0
    cloudwatch_logs: bool = True
