"""One tuning job from start to end: suggestions, early stopping, completion and failure.

The scheduler calls it; what it decides with is in `search/`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

from local_aws.sagemaker.jobs.training_job import TrainingJob, Tuned, now
from local_aws.sagemaker.jobs.tuning_job import TuningJob
from local_aws.sagemaker.search.definition import Definition
from local_aws.sagemaker.search.stopping import Completion, MedianRule
from local_aws.sagemaker.search.strategies import Observation, Resource, Search, Suggestion

ATTEMPTS = 5
NONE_SUCCEEDED = (
    "No training job succeeded after 5 attempts. Please take a look at the training job failures "
    "to get more details."
)
ALL_FAILED = (
    "All training jobs failed. Please take a look at the training job failures to get more details."
)
NO_OBJECTIVE = (
    "No objective metrics found after running 5 training jobs. Please ensure that the custom "
    "algorithm is emitting the objective metric as defined by the regular expression provided."
)

Changed = Callable[[TuningJob | TrainingJob], None]


class TuningRun:
    """The scheduler's work of one tuning job.

    Parameters
    ----------
    earlier
        The parents' observations of a warm start.
    changed
        Called with a job when its status has changed: to be kept and announced.
    most_jobs
        How many training jobs there are at most when the request does not say.
    """

    def __init__(
        self,
        job: TuningJob,
        definition: Definition,
        earlier: list[Observation],
        changed: Changed,
        most_jobs: int,
    ) -> None:
        config, limits = job.config, job.config["ResourceLimits"]
        self.job = job
        self._definition = definition
        self._changed = changed
        resource = None
        if config["Strategy"] == "Hyperband":
            hyperband = config["StrategyConfig"]["HyperbandStrategyConfig"]
            resource = Resource(hyperband["MinResource"], hyperband["MaxResource"])
        self._search = Search(
            config["Strategy"],
            definition.ranges,
            maximize=definition.maximize,
            seed=config.get("RandomSeed"),
            resource=resource,
            earlier=earlier,
        )
        self._median: MedianRule | None = None
        if config["TrainingJobEarlyStoppingType"] == "Auto":
            self._median = MedianRule(maximize=definition.maximize)
        self._completion = Completion.of(
            config.get("TuningJobCompletionCriteria"), maximize=definition.maximize
        )
        self._running: dict[str, Suggestion] = {}
        self._most_jobs: int = limits.get("MaxNumberOfTrainingJobs", most_jobs)
        self._most_parallel: int = limits["MaxParallelTrainingJobs"]
        seconds = limits.get("MaxRuntimeInSeconds")
        self._deadline = None if seconds is None else job.created + timedelta(seconds=seconds)
        self._outcome: tuple[str, str | None] | None = None

    @property
    def is_over(self) -> bool:
        """Whether the tuning job is."""
        return self.job.is_over

    def demand(self) -> int:
        """Count the training jobs that may be launched now."""
        with self.job.lock:
            if self._outcome:
                return 0
            left = self._most_jobs - len(self.job.training_jobs)
            return max(0, min(left, self._most_parallel - len(self._running)))

    def launch(self) -> TrainingJob | None:
        """Make a training job of the search's next suggestion."""
        suggestion = self._search.ask()
        with self.job.lock:
            if self._outcome:
                return None
            job = self._training_job(suggestion.hyperparameters)
            self.job.training_jobs.append(job)
            self._running[job.name] = suggestion
            self.job.touch()
        self._changed(job)
        return job

    def objective_emitted(self, job: TrainingJob) -> None:
        """Stop a training job if Hyperband or the median rule decides so."""
        curve = list(job.curve)
        if self._search.should_stop(self._running[job.name], len(curve), curve[-1]) or (
            self._median is not None and self._median.should_stop(curve)
        ):
            job.stop_switch.press("Stopped")

    def ended(self, job: TrainingJob) -> None:
        """Learn from a training job; end the tuning job after the last."""
        suggestion = self._running[job.name]
        try:
            # Before its place is free, so that the next suggestion takes it into account.
            self._search.tell(suggestion, job.objective)
            if self._median is not None and job.objective is not None:
                self._median.learn(job.curve)
            self._changed(job)
        finally:
            with self.job.lock:
                del self._running[job.name]
        with self.job.lock:
            self._completion.observe(job.objective, now())
            self.job.not_improving = self._completion.not_improving
            self.job.converged_at = self._completion.converged_at
            self.job.touch()
        if self._completion.reached():
            self._wind_up("Completed", None)
        self._fail_without_success()
        self._finish_when_idle()

    def tick(self) -> None:
        """End at the deadline."""
        if self._outcome:
            self._stop_training_jobs()
        if self._deadline is not None and now() > self._deadline:
            self._wind_up("Completed", None)
        self._finish_when_idle()

    def stop(self) -> None:
        """Stop the tuning job and its running training jobs."""
        with self.job.lock:
            if self.job.status != "InProgress":
                return
            self.job.change("Stopping")
            self._outcome = ("Stopped", None)
        self._changed(self.job)
        self._stop_training_jobs()
        self._finish_when_idle()

    def fail(self, reason: str) -> None:
        """End, because the service itself has failed."""
        self._wind_up("Failed", reason)
        self._finish_when_idle()

    def _training_job(self, hyperparameters: dict[str, str]) -> TrainingJob:
        number = len(self.job.training_jobs) + 1
        name = f"{self.job.name}-{number:03d}-{uuid.uuid4().hex[:8]}"
        return TrainingJob(
            name=name,
            request=self._definition.training_request(hyperparameters),
            tags=self.job.tags,
            tuned=Tuned(
                tuning_job=self.job.name,
                tuning_job_arn=self.job.arn,
                hyperparameters=hyperparameters,
                metric=self._definition.metric,
                objective_type=self._definition.objective["Type"],
            ),
        )

    def _fail_without_success(self) -> None:
        over = [job for job in self.job.jobs() if job.is_over]
        if len(over) < ATTEMPTS:
            return
        if all(job.status == "Failed" for job in over):
            self._wind_up("Failed", NONE_SUCCEEDED)
        elif all(job.objective is None for job in over):
            self._wind_up("Failed", NO_OBJECTIVE)

    def _wind_up(self, status: str, failure_reason: str | None) -> None:
        with self.job.lock:
            if self._outcome is not None:
                return
            self._outcome = (status, failure_reason)
        self._stop_training_jobs()

    def _stop_training_jobs(self) -> None:
        for job in self.job.jobs():
            if not job.is_over:
                job.stop_switch.press("Stopped")

    def _finish_when_idle(self) -> None:
        with self.job.lock:
            if self.job.is_over or self._running:
                return
            jobs = self.job.training_jobs
            if self._outcome is None and len(jobs) < self._most_jobs:
                return
            failed = all(job.status == "Failed" for job in jobs)
            status, reason = self._outcome or (
                ("Failed", ALL_FAILED) if failed else ("Completed", None)
            )
            self.job.change(status, reason)
        self._changed(self.job)
