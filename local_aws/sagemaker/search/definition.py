"""A tuning job's search space: its training job definition, its objective and its ranges.

Ranges are SageMaker's strings on one side, Optuna's distributions on the other: `tuning_rules.py`
parses them to reject bad ones, `strategies.py` draws from them and reads parents' values back.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any, Literal

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from local_aws.sagemaker.errors import ValidationError, require

Scaling = Literal["Auto", "Linear", "Logarithmic", "ReverseLogarithmic"]

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")

# What Auto means is not documented; from two orders of magnitude on, the logarithm is safer.
_AUTO_LOGARITHMIC_FROM = 100.0

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
class CategoricalRange:
    """A list of values."""

    name: str
    values: tuple[str, ...]
    kind: Literal["Categorical"] = "Categorical"

    def distribution(self) -> BaseDistribution:
        """Where Optuna draws from."""
        return CategoricalDistribution(self.values)

    def encode(self, drawn: Any) -> str:
        """Return the container's text for a value that Optuna drew."""
        return str(drawn)

    def decode(self, text: str) -> Any:
        """Return Optuna's value for a container's text, None when it is outside of the range."""
        return text if text in self.values else None


@dataclass(frozen=True)
class NumericRange:
    """An interval of integers or of real numbers, both ends included."""

    name: str
    low: float
    high: float
    scaling: Scaling
    kind: Literal["Integer", "Continuous"]

    @property
    def logarithmic(self) -> bool:
        """Whether values are drawn evenly on the scale of their logarithm."""
        if self.scaling == "Auto":
            return self.low > 0 and self.high / self.low >= _AUTO_LOGARITHMIC_FROM
        return self.scaling in ("Logarithmic", "ReverseLogarithmic")

    @property
    def _reversed(self) -> bool:
        return self.scaling == "ReverseLogarithmic"

    def distribution(self) -> BaseDistribution:
        """Where Optuna draws from: for ReverseLogarithmic 1 - x, whose logarithm is what counts."""
        if self.kind == "Integer":
            return IntDistribution(int(self.low), int(self.high), log=self.logarithmic)
        low, high = (1 - self.high, 1 - self.low) if self._reversed else (self.low, self.high)
        return FloatDistribution(low, high, log=self.logarithmic)

    def encode(self, drawn: Any) -> str:
        """Return the container's text for a value that Optuna drew: the shortest exact decimal."""
        if self.kind == "Integer":
            return str(int(drawn))
        value = 1 - float(drawn) if self._reversed else float(drawn)
        return repr(min(max(value, self.low), self.high))

    def decode(self, text: str) -> Any:
        """Return Optuna's value for a container's text, None when it is outside of the range."""
        try:
            value = _number(text)
        except ValueError:
            return None
        if not self.low <= value <= self.high:
            return None
        if self.kind == "Integer":
            return int(value) if value == int(value) else None
        return 1 - value if self._reversed else value


Range = CategoricalRange | NumericRange


def parse_ranges(ranges: dict[str, Any]) -> tuple[Range, ...]:
    """Read `ParameterRanges`; raise a `ValidationError` that names the range which is wrong."""
    numeric: list[Range] = [
        _numeric(kind, item)
        for kind in ("Integer", "Continuous")
        for item in ranges.get(f"{kind}ParameterRanges") or []
    ]
    return (*numeric, *map(_categorical, ranges.get("CategoricalParameterRanges") or []))


def _categorical(item: dict[str, Any]) -> CategoricalRange:
    name, values = item["Name"], tuple(item["Values"])
    require(
        len(set(values)) == len(values),
        f"The values of the categorical hyperparameter {name} must be distinct.",
    )
    return CategoricalRange(name, values)


def _numeric(kind: Literal["Integer", "Continuous"], item: dict[str, Any]) -> NumericRange:
    name, scaling = item["Name"], item.get("ScalingType", "Auto")
    low, high = (_bound(kind, name, end, item[end]) for end in ("MinValue", "MaxValue"))
    require(
        low <= high,
        f"The MinValue ({item['MinValue']}) of the hyperparameter {name} must not be greater than "
        f"its MaxValue ({item['MaxValue']}).",
    )
    require(
        scaling != "Logarithmic" or low > 0,
        f"The hyperparameter {name} uses Logarithmic scaling, which works only for ranges that "
        f"have values greater than 0.",
    )
    require(
        scaling != "ReverseLogarithmic" or (kind == "Continuous" and low >= 0 and high < 1),
        f"The hyperparameter {name} uses ReverseLogarithmic scaling, which works only for "
        f"continuous ranges that are entirely within the range 0 <= x < 1.",
    )
    return NumericRange(name, low, high, scaling, kind)


def _bound(kind: str, name: str, end: str, text: str) -> float:
    problem = f"The {end} '{text}' of the hyperparameter {name} is not a valid {kind.lower()} value"
    try:
        if kind == "Integer" and not _INTEGER.fullmatch(text):
            raise ValueError(text)
        return int(text) if kind == "Integer" else _number(text)
    except ValueError:
        raise ValidationError(f"{problem}.") from None


def _number(text: str) -> float:
    # float() alone would take 'nan', 'inf', '1_000' and digits of other scripts.
    value = float(text) if _NUMBER.fullmatch(text) else math.nan
    if not math.isfinite(value):
        raise ValueError(text)
    return value


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
        static = self.content.get("StaticHyperParameters", {})
        return {**static, OBJECTIVE_HYPERPARAMETER: self.metric}

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
