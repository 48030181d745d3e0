"""What runs a training job's code, seen from outside: a fork or a process."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from local_aws.sagemaker.jobs.training_job import TrainingJob


class LauncherClosed(Exception):
    """Nothing is started any more."""


class LaunchRefused(Exception):
    """The training job cannot be started; the message is its failure reason."""


class Process(Protocol):
    """A running training job."""

    output: int
    """Where its standard output and errors can be read; the caller closes it."""

    lost: str | None
    """Why it ended, when what it ran in broke; known at its end."""

    peak_memory: int | None
    """Bytes that it had at most, where the system tells; known at its end."""

    def wait(self, timeout: float) -> int | None:
        """Wait for its end; returns the exit code (negative: the signal), None when it still runs.

        At the end nothing of its process group is left.
        """

    def send_signal(self, number: int) -> None:
        """Signal its whole process group, if it still runs."""


class Launcher(Protocol):
    """Starts training jobs."""

    def base_dir(self, folder: Path) -> Path:
        """Return the path at which a job sees its folder, which is `/opt/ml` on AWS."""

    def start(
        self, job: TrainingJob, folder: Path, environment: Mapping[str, str], threads: int
    ) -> Process:
        """Start a training job.

        Parameters
        ----------
        folder
            Its `/opt/ml`.
        environment
            What the container contract and the job's own request say.
        threads
            How many threads its libraries may use.

        Raises
        ------
        LaunchRefused, LauncherClosed
        """

    def close(self) -> None:
        """Kill everything that runs, and start nothing more."""
