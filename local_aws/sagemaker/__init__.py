"""SageMaker's tuning API on this machine: real requests, real training jobs, real results.

The service answers `SageMaker.*` requests of any AWS client, reads and writes S3 through the
endpoint it is given, and hands state-change events to `emit`.
"""

from local_aws.sagemaker.api.service import Service
from local_aws.sagemaker.jobs.interpreter import ContainerEntryPoint

__all__ = ["ContainerEntryPoint", "Service"]
