"""What a tuning job has for each definition: a search, and a rule to stop training jobs early.

`tuning_run.py` asks it for hyperparameters and whether a running training job is worth going on.
"""

from __future__ import annotations

from collections.abc import Sequence

from local_aws.sagemaker.jobs.training_job import TrainingJob
from local_aws.sagemaker.jobs.tuning_job import TuningJob
from local_aws.sagemaker.search.definition import Definition
from local_aws.sagemaker.search.early_stopping import MedianRule
from local_aws.sagemaker.search.hyperband import Hyperband
from local_aws.sagemaker.search.strategies import Observation, Suggestion, create_search


class Explorer:
    """Explores the ranges of one definition.

    Parameters
    ----------
    definition, job
        What is tuned, and for which tuning job.
    earlier
        The parents' observations of a warm start.
    number
        Place of the definition, so that several do not draw the same values from one seed.
    """

    def __init__(
        self, definition: Definition, job: TuningJob, earlier: list[Observation], number: int
    ) -> None:
        config, seed = job.config, job.config.get("RandomSeed")
        self.definition = definition
        self.exhausted = False
        self.search = create_search(
            config["Strategy"],
            definition.ranges,
            maximize=definition.maximize,
            seed=None if seed is None else seed + number,
            earlier=earlier,
        )
        self.median = (
            MedianRule(maximize=definition.maximize)
            if config["TrainingJobEarlyStoppingType"] == "Auto"
            else None
        )
        limits = config.get("StrategyConfig", {}).get("HyperbandStrategyConfig")
        self.hyperband: Hyperband | None = None
        if limits is not None:
            least, most = limits["MinResource"], limits["MaxResource"]
            self.hyperband = Hyperband(least, most, maximize=definition.maximize)

    def place(self) -> int:
        """Give the next training job its bracket, if the strategy has any."""
        return self.hyperband.place() if self.hyperband else 0

    def gives_up(self, bracket: int, curve: Sequence[float]) -> bool:
        """Say whether a running training job with these objective values has to stop."""
        if self.hyperband:
            return self.hyperband.should_stop(bracket, len(curve), curve[-1])
        return self.median is not None and self.median.should_stop(curve)

    def recall(self, job: TrainingJob) -> tuple[Suggestion, int]:
        """Take up a training job of before a restart, with its bracket; in the order of then."""
        if job.tuned is None:
            raise ValueError(f"{job.name} belongs to no tuning job")
        bracket = self.place()
        if self.hyperband and job.is_over:
            self.hyperband.recall(bracket, job.curve)
        return self.search.recall(job.tuned.hyperparameters), bracket

    def learn(self, suggestion: Suggestion, job: TrainingJob) -> None:
        """Take in a training job that is over."""
        self.search.tell(suggestion, job.objective)
        if self.median is not None and job.objective is not None:
            self.median.learn(job.curve)
