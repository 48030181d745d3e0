"""The training job definition of a tuning job: what is tuned, towards what, and what it runs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from local_aws.sagemaker.search.ranges import CategoricalRange, Range, parse_ranges

OBJECTIVE_HYPERPARAMETER = "_tuning_objective_metric"

# What a training job takes over from its definition, under the same names.
_INHERITED = (
    "RoleArn",
    "InputDataConfig",
    "VpcConfig",
    "OutputDataConfig",
    "ResourceConfig",
    "StoppingCondition",
    "EnableNetworkIsolation",
    "EnableInterContainerTrafficEncryption",
    "EnableManagedSpotTraining",
    "CheckpointConfig",
    "RetryStrategy",
    "Environment",
    "AlgorithmSpecification",
)


@dataclass(frozen=True)
class Definition:
    """A training job definition with its objective and ranges."""

    content: dict[str, Any]
    objective: dict[str, Any]
    ranges: tuple[Range, ...]

    @classmethod
    def of(cls, request: dict[str, Any]) -> Definition:
        """Read the definition of a CreateHyperParameterTuningJob request."""
        config, content = request["HyperParameterTuningJobConfig"], request["TrainingJobDefinition"]
        objective = config["HyperParameterTuningJobObjective"]
        return cls(content, objective, parse_ranges(config["ParameterRanges"]))

    @property
    def metric(self) -> str:
        """The name of the objective metric."""
        return str(self.objective["MetricName"])

    @property
    def maximize(self) -> bool:
        """Whether greater objective values are better."""
        return bool(self.objective["Type"] == "Maximize")

    @property
    def static(self) -> dict[str, str]:
        """Hyperparameters that are the same for all training jobs, SageMaker's own included."""
        given = self.content.get("StaticHyperParameters", {})
        return {**given, OBJECTIVE_HYPERPARAMETER: self.metric}

    @property
    def grid_size(self) -> int:
        """How many combinations of categorical values there are."""
        return math.prod(
            len(item.values) for item in self.ranges if isinstance(item, CategoricalRange)
        )

    def kinds(self) -> dict[str, str]:
        """Map each hyperparameter to Static, Integer, Continuous or Categorical."""
        static = (name for name in self.static if name != OBJECTIVE_HYPERPARAMETER)
        return dict.fromkeys(static, "Static") | {item.name: item.kind for item in self.ranges}

    def training_request(self, hyperparameters: dict[str, str]) -> dict[str, Any]:
        """Make what CreateTrainingJob would have been given for one set of hyperparameters."""
        inherited = {key: self.content[key] for key in _INHERITED if key in self.content}
        return {**inherited, "HyperParameters": {**self.static, **hyperparameters}}
