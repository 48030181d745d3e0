"""Conducts one plain training job, beside the tuning jobs."""

from __future__ import annotations

from collections.abc import Callable

from local_aws.sagemaker.jobs.training_job import TrainingJob


class SingleRun:
    """The scheduler's work of one plain training job."""

    def __init__(self, job: TrainingJob, changed: Callable[[TrainingJob], None]) -> None:
        self.job = job
        self._changed = changed
        self._launched = False

    @property
    def is_over(self) -> bool:
        """Whether the training job is."""
        return self.job.is_over

    def demand(self) -> int:
        """Count it until it is launched."""
        return 0 if self._launched else 1

    def launch(self) -> TrainingJob | None:
        """Launch it once; not at all when it was stopped while it waited."""
        self._launched = True
        if self.job.stop_switch.reason is None:
            return self.job
        self.job.finish("Stopped", self.job.stop_switch.reason)
        self._changed(self.job)
        return None

    def objective_emitted(self, job: TrainingJob) -> None:
        """Do nothing: a plain training job has no objective."""

    def ended(self, job: TrainingJob) -> None:
        """Tell the world."""
        self._changed(job)

    def tick(self) -> None:
        """Do nothing: its runtime limit is the container's matter."""

    def fail(self, reason: str) -> None:
        """End, because the service itself has failed."""
        self.job.finish("Failed", "Failed", reason)
        self._changed(self.job)
