"""What is told of a training job's warm pool; nothing is kept warm on a laptop.

https://docs.aws.amazon.com/sagemaker/latest/dg/train-warm-pools.html
"""

from __future__ import annotations

from typing import Any

from local_aws.sagemaker.names import now
from local_aws.sagemaker.training_job import TrainingJob


def warm_pool_status(job: TrainingJob) -> dict[str, Any] | None:
    """Describe the warm pool of a training job that asked for one.

    A pool is kept after a job that completed, for KeepAlivePeriodInSeconds; none is ever reused.
    """
    seconds = job.request["ResourceConfig"].get("KeepAlivePeriodInSeconds", 0)
    if seconds == 0 or job.status in ("Failed", "Stopped"):
        return None
    if job.ended is None:
        return {"Status": "InUse", "ResourceRetainedBillableTimeInSeconds": 0}
    kept = min(seconds, int((now() - job.ended).total_seconds()))
    status = "Terminated" if kept == seconds else "Available"
    return {"Status": status, "ResourceRetainedBillableTimeInSeconds": kept}
