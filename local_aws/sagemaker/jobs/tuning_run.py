"""Conducts one tuning job: asks for hyperparameters, watches, stops, counts, and ends it.

The scheduler calls it; what it decides with is in `explorer` and `completion`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from local_aws.sagemaker.jobs.names import Names, now, training_job_name
from local_aws.sagemaker.jobs.training_job import TrainingJob, Tuned
from local_aws.sagemaker.jobs.tuning_job import TuningJob
from local_aws.sagemaker.search.completion import Completion
from local_aws.sagemaker.search.definition import Definition
from local_aws.sagemaker.search.explorer import Explorer
from local_aws.sagemaker.search.strategies import Observation, Suggestion

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
    job
        Its state.
    definitions
        What it tunes; each gets a search of its own, served in turn.
    earlier
        The parents' observations of a warm start.
    names
        For the ARNs of training jobs.
    changed
        Called with a job when its status has changed: to be saved and told to the world.
    most_jobs
        How many training jobs there are at most when the request does not say.
    """

    def __init__(
        self,
        job: TuningJob,
        definitions: tuple[Definition, ...],
        earlier: list[Observation],
        names: Names,
        changed: Changed,
        most_jobs: int,
    ) -> None:
        self.job = job
        self._names = names
        self._changed = changed
        self._explorers = [
            Explorer(definition, job, earlier, number)
            for number, definition in enumerate(definitions)
        ]
        self._asked: dict[str, tuple[Explorer, Suggestion, int]] = {}
        self._completion = Completion.of(
            job.config.get("TuningJobCompletionCriteria"), maximize=definitions[0].maximize
        )
        limits = job.config["ResourceLimits"]
        self._most_jobs: int = limits.get("MaxNumberOfTrainingJobs", most_jobs)
        self._most_parallel: int = limits["MaxParallelTrainingJobs"]
        seconds = limits.get("MaxRuntimeInSeconds")
        self._deadline = None if seconds is None else job.created + timedelta(seconds=seconds)
        self._outcome: tuple[str, str | None] | None = None
        self._waiting: list[TrainingJob] = []
        self._take_up()

    @property
    def is_over(self) -> bool:
        """Whether the tuning job is."""
        return self.job.is_over

    def demand(self) -> int:
        """Count the training jobs that may be launched now."""
        with self.job.lock:
            if self._outcome:
                return 0
            left = len(self._waiting)
            if not all(explorer.exhausted for explorer in self._explorers):
                left += self._most_jobs - len(self.job.training_jobs)
            return max(0, min(left, self._most_parallel - self._running))

    def launch(self) -> TrainingJob | None:
        """Ask the next definition's search and make a training job of its answer."""
        with self.job.lock:
            if self._waiting:
                return self._waiting.pop(0)
        number = len(self.job.training_jobs) + 1
        explorers = [item for item in self._explorers if not item.exhausted]
        explorer = explorers[(number - 1) % len(explorers)]
        suggestion = explorer.search.ask()
        if suggestion is None:
            explorer.exhausted = True
            self._finish_when_idle()
            return None
        job = self._training_job(explorer.definition, suggestion, number)
        bracket = explorer.place()
        with self.job.lock:
            if self._outcome:
                return None
            self.job.training_jobs.append(job)
            self._asked[job.name] = (explorer, suggestion, bracket)
            self.job.touch()
        self._changed(job)
        return job

    def objective_emitted(self, job: TrainingJob) -> None:
        """Stop a training job that Hyperband or the median rule gives up."""
        explorer, _, bracket = self._asked[job.name]
        if explorer.gives_up(bracket, list(job.curve)):
            job.stop_switch.press("Stopped")

    def ended(self, job: TrainingJob) -> None:
        """Learn from a training job; end the tuning job when it was the last."""
        explorer, suggestion, _ = self._asked[job.name]
        try:
            # Before its place is given away, so that the next suggestion knows of it.
            explorer.learn(suggestion, job)
            self._changed(job)
        finally:
            with self.job.lock:
                del self._asked[job.name]
        with self.job.lock:
            self._completion.observe(job.objective, now())
            self.job.not_improving = self._completion.not_improving
            self.job.converged_at = self._completion.converged_at
            self.job.touch()
        if self._completion.reached():
            self._wind_up("Completed", None)
        self._give_up_when_hopeless()
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

    def _training_job(
        self, definition: Definition, suggestion: Suggestion, number: int
    ) -> TrainingJob:
        name = training_job_name(self.job.name, number)
        return TrainingJob(
            name=name,
            arn=self._names.training_job_arn(name),
            request=definition.training_request(suggestion.hyperparameters),
            tags=self.job.tags,
            tuned=Tuned(
                tuning_job=self.job.name,
                tuning_job_arn=self.job.arn,
                definition=definition.name,
                hyperparameters=suggestion.hyperparameters,
                metric=definition.metric,
                objective_type=definition.objective["Type"],
            ),
        )

    def _give_up_when_hopeless(self) -> None:
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

    @property
    def _running(self) -> int:
        return len(self._asked) - len(self._waiting)

    def _take_up(self) -> None:
        """Learn from the training jobs of before a restart; those that are not over run again."""
        explorers = {explorer.definition.name: explorer for explorer in self._explorers}
        over: list[tuple[TrainingJob, Explorer, Suggestion]] = []
        for job in self.job.jobs():
            explorer = explorers[job.tuned.definition if job.tuned else None]
            suggestion, bracket = explorer.recall(job)
            if job.is_over:
                over.append((job, explorer, suggestion))
            else:
                self._asked[job.name] = (explorer, suggestion, bracket)
                self._waiting.append(job)
        for job, explorer, suggestion in sorted(over, key=lambda item: item[0].modified):
            explorer.learn(suggestion, job)
            self._completion.observe(job.objective, job.ended or job.modified)
        if self.job.status == "Stopping":
            self._outcome = ("Stopped", None)
        elif self._completion.reached():
            self._outcome = ("Completed", None)

    def _stop_training_jobs(self) -> None:
        with self.job.lock:
            waiting, self._waiting = self._waiting, []
        for job in waiting:
            job.finish("Stopped", "Stopped")
            self.ended(job)
        for job in self.job.jobs():
            if not job.is_over:
                job.stop_switch.press("Stopped")

    def _finish_when_idle(self) -> None:
        with self.job.lock:
            if self.job.is_over or self._asked:
                return
            jobs = self.job.training_jobs
            all_launched = len(jobs) >= self._most_jobs or all(
                explorer.exhausted for explorer in self._explorers
            )
            if self._outcome is None and not all_launched:
                return
            failed = all(job.status == "Failed" for job in jobs)
            status, reason = self._outcome or (
                ("Failed", ALL_FAILED) if failed else ("Completed", None)
            )
            self.job.change(status, reason)
        self._changed(self.job)
