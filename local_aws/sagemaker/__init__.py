"""SageMaker's tuning API on this machine: real requests, real training jobs, real results.

`create_service` is the only door. The service answers `SageMaker.*` requests of any AWS client,
reads and writes S3 through the endpoint it is given, and hands state-change events to `emit`.

Example
-------
>>> service = create_service(
...     Path(".local-aws/sagemaker"),
...     "http://127.0.0.1:4566",
...     emit=lambda event: None,
...     entry_point=ContainerEntryPoint.of_training_container(Path("training_container")),
... )
>>> service.start()
>>> status, headers, body = service.handle("SageMaker.ListTrainingJobs", b"{}")
>>> service.close()
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from local_aws.conditions import CurrentConditions
from local_aws.sagemaker.api.service import Service
from local_aws.sagemaker.jobs.entry_point import ContainerEntryPoint
from local_aws.sagemaker.jobs.options import Options

__all__ = ["ContainerEntryPoint", "Options", "Service", "create_service"]


def create_service(
    root: Path,
    endpoint_url: str,
    emit: Callable[[dict[str, Any]], None],
    entry_point: ContainerEntryPoint,
    options: Options | None = None,
    conditions: CurrentConditions | None = None,
) -> Service:
    """Make the service, which `start` sets to work; its state in `root` survives a restart.

    Parameters
    ----------
    root
        A folder of the service's own; made when missing.
    endpoint_url
        Where S3 and CloudWatch answer. Nothing is asked of it before the first training job.
    emit
        Gets each state-change event as EventBridge would deliver it: `version`, `id`,
        `detail-type`, `source` (`aws.sagemaker`), `account`, `time`, `region`, `resources`,
        `detail`. Called in order from one thread of the service's own; it may block and may raise.
    entry_point
        What every training image becomes.
    options
        Region, account, parallelism; see `Options`.
    conditions
        Quotas, and what is to go wrong on purpose.
    """
    return Service(
        root,
        endpoint_url,
        emit,
        entry_point,
        options or Options(),
        conditions or CurrentConditions(),
    )
