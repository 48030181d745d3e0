"""The machine below one attempt of a training job: it may break, or be taken away from a spot job.

On this machine it breaks when the interpreter or the container that holds the job does; both happen
on request too (`conditions.py`).
"""

from __future__ import annotations

from local_aws.conditions import CurrentConditions
from local_aws.sagemaker.process_output import ProcessOutput
from local_aws.sagemaker.training_job import TrainingJob


class InstanceBroke(Exception):
    """The job ended through no fault of its own; it may be retried."""


class InstanceInterrupted(Exception):
    """The capacity of a managed spot training job was needed elsewhere."""


class Instance:
    """Watches one attempt.

    Parameters
    ----------
    job, output
        What runs, and its process.
    conditions
        Say whether this machine breaks or is taken away, after the job's first line.
    """

    def __init__(
        self, job: TrainingJob, output: ProcessOutput, conditions: CurrentConditions
    ) -> None:
        spot = bool(job.request.get("EnableManagedSpotTraining"))
        self._output = output
        self._job = job
        self._breaks = conditions.happens(conditions.now.broken_instances)
        self._left = False
        self._leaves = spot and conditions.happens(conditions.now.interrupted_instances)

    def wrote_a_line(self) -> None:
        """Break or leave, if that is to happen."""
        if self._breaks:
            self._output.kill()
        elif self._leaves and not self._left:
            self._left = True
            # AWS gives notice, too: what listens to SIGTERM can write a last checkpoint.
            self._output.terminate()

    def check(self) -> None:
        """Raise what happened to the machine, once the process is over.

        Raises
        ------
        InstanceBroke, InstanceInterrupted
            The job's end is not its own.
        """
        if self._job.stop_switch.reason is not None:
            return
        if self._breaks:
            raise InstanceBroke("The machine that ran the training job broke.")
        if self._output.lost is not None:
            raise InstanceBroke(self._output.lost)
        if self._left:
            raise InstanceInterrupted
