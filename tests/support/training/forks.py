"""Training jobs in forked children of a pre-imported interpreter, as the local AWS runs them."""

import math

from local_aws.sagemaker.jobs.interpreter import ContainerEntryPoint, Interpreter
from tests.support.training import PACKAGE
from tests.support.training.jobs import Finished, Job


class ForkServer:
    """Runs training jobs, one after the other."""

    def __init__(self) -> None:
        entry_point = ContainerEntryPoint.of_training_container(PACKAGE)
        self._interpreter = Interpreter(entry_point, grace_seconds=30)

    def run(self, job: Job) -> Finished:
        process = self._interpreter.start(job.base, {"OMP_NUM_THREADS": "1"}, threads=1)
        log = "\n".join(line for line in process.lines(deadline=math.inf) if line)
        return Finished(job.base, process.exit_code, log)

    def stop(self) -> None:
        self._interpreter.close()
