"""Names and ARNs of jobs, and the clock."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from local_aws.sagemaker.jobs.options import Options


@dataclass(frozen=True)
class Names:
    """The account that the service plays."""

    options: Options

    def tuning_job_arn(self, name: str) -> str:
        """ARN of a tuning job."""
        return self._arn("hyper-parameter-tuning-job", name)

    def training_job_arn(self, name: str) -> str:
        """ARN of a training job."""
        return self._arn("training-job", name)

    def _arn(self, kind: str, name: str) -> str:
        # SageMaker's ARNs have lower-case names, because names are unique regardless of case.
        account = f"{self.options.region}:{self.options.account_id}"
        return f"arn:aws:sagemaker:{account}:{kind}/{name.lower()}"


def training_job_name(tuning_job: str, number: int) -> str:
    """Name a tuning job's training job: its name, a counter and eight random digits."""
    return f"{tuning_job}-{number:03d}-{uuid.uuid4().hex[:8]}"


def now() -> datetime:
    """Tell the time, with its zone."""
    return datetime.now(UTC)
