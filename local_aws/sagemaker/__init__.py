"""SageMaker's tuning API on this machine: real requests, real training jobs, real results.

The service answers `SageMaker.*` requests of any AWS client, reads and writes S3 through the
endpoint it is given, and hands state-change events to `emit`.

Example
-------
>>> service = Service(
...     Path(".local-aws/sagemaker"),
...     "http://127.0.0.1:4566",
...     emit=lambda event: None,
...     entry_point=ContainerEntryPoint.of_training_container(Path("training_container")),
...     conditions=CurrentConditions(),
... )
>>> service.start()
>>> status, headers, body = service.handle("SageMaker.ListTrainingJobs", b"{}")
>>> service.close()
"""

from local_aws.sagemaker.api.service import Service
from local_aws.sagemaker.jobs.entry_point import ContainerEntryPoint

__all__ = ["ContainerEntryPoint", "Service"]
