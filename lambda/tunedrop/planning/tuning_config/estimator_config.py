"""tuning.yaml: what it may say about one estimator, its ranges and fixed hyperparameters."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    JsonValue,
    Tag,
    model_validator,
)
from pydantic_core import PydanticCustomError

# SageMaker's quotas: hyperparameters that are tuned, and values of a list.
MAX_RANGES = 30
MAX_VALUES = 30

Value = JsonValue


class ConfigSection(BaseModel):
    """A part of tuning.yaml; unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    @model_validator(mode="before")
    @classmethod
    def _check_keys(cls, value: Any) -> Any:
        """Name the keys that may be there, which pydantic's own error does not."""
        for key in value if isinstance(value, dict) else ():
            if key not in cls.model_fields:
                context = {"key": key, "allowed": [*cls.model_fields]}
                raise PydanticCustomError("unknown_key", "Unknown key", context)
        return value


class NumericRangeConfig(ConfigSection):
    """A range of numbers."""

    min: float | int = Field(allow_inf_nan=False, description="Least value, included.")
    max: float | int = Field(allow_inf_nan=False, description="Greatest value, included.")
    scaling: Literal["auto", "linear", "log", "reverse_log"] | None = Field(
        None,
        description="The scale on which values are tried. Default: the catalogue's for this "
        "hyperparameter, else auto (SageMaker chooses). log needs min above 0, reverse_log needs "
        "a float range within [0, 1).",
    )
    type: Literal["int", "float"] | None = Field(
        None,
        description="Default: what the estimator takes; where it takes both, int if both min and "
        "max are whole numbers without a decimal point.",
    )

    @model_validator(mode="after")
    def _check(self) -> NumericRangeConfig:
        is_whole = all(float(end).is_integer() for end in (self.min, self.max))
        is_share = self.type != "int" and self.min >= 0 and self.max < 1
        if self.min >= self.max:
            raise ValueError("min is not below max", "Move a single value to `fixed`.")
        if self.scaling == "log" and self.min <= 0:
            raise ValueError("scaling log needs min above 0", "Raise min, or change scaling.")
        if self.scaling == "reverse_log" and not is_share:
            problem = "scaling reverse_log needs a range of floats with 0 <= min and max < 1"
            raise ValueError(problem, "Write another scaling.")
        if self.type == "int" and not is_whole:
            raise ValueError("A range of type int needs whole numbers", "Correct min and max.")
        return self


def _form(value: Any) -> str | None:
    if isinstance(value, list):
        return "values"
    return "numbers" if isinstance(value, dict | NumericRangeConfig) else None


RangeConfig = Annotated[
    Annotated[NumericRangeConfig, Tag("numbers")]
    | Annotated[list[Value], Field(min_length=1, max_length=MAX_VALUES), Tag("values")],
    Discriminator(
        _form,
        custom_error_type="range",
        custom_error_message="Input should be {min, max} or a list of values (one value: `fixed`)",
    ),
]


class EstimatorConfig(ConfigSection):
    """What is tuned of one estimator."""

    ranges: dict[str, RangeConfig] | None = Field(
        None,
        min_length=1,
        max_length=MAX_RANGES,
        description="The hyperparameters to tune, instead of the catalogue's: each a range "
        "{min, max} or a list of values, by the name of scikit-learn's constructor parameter.",
    )
    fixed: dict[str, Value] = Field(
        default_factory=dict,
        max_length=60,
        description="Hyperparameters with one value, which are not tuned.",
    )
    training_jobs: int | None = Field(
        None, ge=1, le=10_000, description="Training jobs of this estimator; default: the run's."
    )


def by_name(value: Any) -> Any:
    """Read a list of estimators as a mapping without details."""
    if isinstance(value, str):
        value = [value]
    if isinstance(value, list):
        for entry in value:
            if not isinstance(entry, str):
                raise ValueError(
                    f"Each entry of the list is the name of an estimator, and one is {entry!r:.80}",
                    "Write details in a mapping, without dashes: below `estimators` the name of "
                    "each with a colon, below it its `ranges` and `fixed`.",
                )
            if value.count(entry) > 1:
                raise ValueError(f"The estimator {entry} is there twice", "Keep one of the two.")
        return dict.fromkeys(value)
    return value
