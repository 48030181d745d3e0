"""tuning.yaml: what a data scientist may say about tuning a dataset, as one validated model.

Its JSON Schema is docs/tuning.schema.json. What needs the data or the deployment's limits to be
checked is checked by the modules that resolve the plan; they name lines with `TuningConfig.where`.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, PrivateAttr, model_validator

from tunedrop.planning.tuning_config.estimator_config import ConfigSection, EstimatorConfig, by_name
from tunedrop.planning.tuning_config.yaml_text import Path, place
from tunedrop_common.plan import Kind

MIN_TRAINING_JOBS = 10

# SageMaker's quota for training jobs of a tuning job.
MAX_TRAINING_JOBS = 750

HYPERBAND_FOLDS = (8, 10)

Strategy = Literal["bayesian", "random", "grid", "hyperband"]
_DURATION = re.compile(r"(?P<number>\d{1,9}(\.\d{1,6})?)\s*(?P<unit>[smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def _seconds(value: Any) -> Any:
    """Read "90m" as seconds; a number is seconds."""
    if isinstance(value, str):
        match = _DURATION.fullmatch(value.strip())
        if match is None:
            raise ValueError(
                "A duration is a number of seconds, or such as 90m, 2h or 1d",
                "Write one number with one unit: 90m for an hour and a half.",
            )
        return int(float(match["number"]) * _SECONDS[match["unit"]])
    return value


def _one_or_many(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


_Estimators = Annotated[dict[str, EstimatorConfig | None] | None, BeforeValidator(by_name)]


class ConvergenceConfig(ConfigSection):
    """When a tuning job ends before all of its training jobs were run."""

    jobs_without_improvement: int | None = Field(
        None, ge=3, description="After so many training jobs without a better objective."
    )
    when_converged: bool = Field(
        False, description="When SageMaker detects that a better objective is unlikely."
    )
    target_value: float | None = Field(
        None, allow_inf_nan=False, description="When a training job's objective reaches this."
    )


class ReportConfig(ConfigSection):
    """What the report shows of the data."""

    segments: Annotated[list[str], BeforeValidator(_one_or_many)] = Field(
        default_factory=list,
        max_length=20,
        description="Features by whose values the model's errors are always shown.",
    )
    show_categories: bool = Field(
        True,
        description="Whether categories that at least 20 rows have are named.",
    )


class CompletenessConfig(ConfigSection):
    """When the dataset is complete, so that its run may start. Admit reads it, not PlanRun."""

    marker_file: str = Field(
        min_length=1,
        max_length=200,
        description="A file of the dataset's folder, such as _SUCCESS, that is written last.",
    )


class TuningConfig(ConfigSection):
    """How a dataset is tuned. Everything is optional; what is absent is decided from the data."""

    model_config = ConfigDict(title="tuning.yaml of Tunedrop")

    target: str | None = Field(
        None,
        min_length=1,
        description="The column to predict. Default: one called target, label or class, else the "
        "first or the last one if it is called y, else the last one.",
    )
    task: Literal["classification", "regression"] | None = Field(
        None,
        description="Default: classification of text, booleans or up to 20 distinct integers.",
    )
    metric: str | None = Field(
        None,
        description="The objective, a scikit-learn scorer. Default: balanced_accuracy or r2.",
    )
    additional_metrics: Annotated[list[str] | None, BeforeValidator(_one_or_many)] = Field(
        None, max_length=16, description="More scorers to report for every training job."
    )
    ignore_columns: Annotated[list[str], BeforeValidator(_one_or_many)] = Field(
        default_factory=list, description="Columns that are not used."
    )
    column_kinds: dict[str, Kind] = Field(
        default_factory=dict,
        max_length=1_000,
        description="Kinds of columns that Tunedrop infers wrongly, such as {zip: categorical}.",
    )
    weight_column: str | None = Field(
        None,
        min_length=1,
        description="A column of numbers from 0 on: how much each row counts. It is no feature.",
    )
    group_column: str | None = Field(
        None,
        min_length=1,
        description="Rows with the same value in this column stay together. It is no feature.",
    )
    time_column: str | None = Field(
        None,
        min_length=1,
        description="A column of dates or numbers: models are scored on rows after their own.",
    )
    estimators: _Estimators = Field(
        None,
        min_length=1,
        description="A list of names, or a mapping of names to details. A name is the catalogue's, "
        "such as random_forest, or a class of scikit-learn, such as GaussianNB. Default: "
        "hist_gradient_boosting and linear.",
    )
    strategy: Strategy = Field(
        "bayesian",
        description="grid tries every combination; hyperband stops weak training jobs early.",
    )
    training_jobs: int | None = Field(
        None,
        ge=1,
        le=10_000,
        description="Training jobs of each estimator. Default: 30; for grid all combinations.",
    )
    parallel_training_jobs: int | None = Field(
        None,
        ge=1,
        le=100,
        description="Training jobs of each estimator at the same time. Default: 2.",
    )
    folds: int | None = Field(
        None,
        ge=1,
        le=20,
        description="Folds of the cross-validation; 1: one holdout of a fifth of the rows. "
        "Default: 5; 1 above 100,000 rows; 8 for hyperband, which needs 8 to 10.",
    )
    test_fraction: float | None = Field(
        None,
        ge=0,
        le=0.5,
        description="Share of the rows in the held-out test set. Default: 0.2 from 1,000 rows on.",
    )
    early_stopping: Literal["auto", "off"] = Field(
        "off",
        description="auto stops training jobs that are worse than the median at the same fold.",
    )
    convergence: ConvergenceConfig | None = None
    max_runtime: Annotated[int | None, BeforeValidator(_seconds)] = Field(
        None,
        ge=120,
        description="Longest time of each tuning job: seconds, or such as 90m, 2h, 1d.",
        json_schema_extra={"anyOf": [{"type": "integer"}, {"type": "string"}, {"type": "null"}]},
    )
    instance_type: str | None = Field(
        None,
        description="Default: the deployment's first one whose memory holds the data.",
    )
    seed: int | None = Field(
        None,
        ge=0,
        le=2**31 - 1,
        description="Makes folds, estimators and search repeatable.",
    )
    warm_start: Literal["auto", "off"] = Field(
        "auto",
        description="auto lets tuning jobs learn from up to five earlier ones of the dataset.",
    )

    ensemble: Literal["auto", "off"] = Field(
        "auto",
        description="auto makes the mean of the estimators' tuned models a contender, too.",
    )
    report: ReportConfig | None = Field(None, description="What the report shows of the data.")

    complete_when: CompletenessConfig | None = Field(
        None,
        description="When a run may start. Default: after the deployment's quiet period.",
    )
    start_on: list[Literal["drop", "schedule"]] | None = Field(
        None,
        min_length=1,
        description="What starts runs. Default: the deployment's. Admit reads it, not PlanRun.",
    )

    _lines: dict[Path, int] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _check(self) -> TuningConfig:
        least, most = HYPERBAND_FOLDS
        is_hyperband = self.strategy == "hyperband"
        if is_hyperband and self.early_stopping == "auto":
            problem = "Hyperband stops training jobs itself: early_stopping must be off"
            raise ValueError(problem, "Remove `early_stopping`.")
        if is_hyperband and self.folds is not None and not least <= self.folds <= most:
            problem = f"Hyperband needs {least} to {most} folds, not {self.folds}"
            raise ValueError(problem, "Correct `folds`, or remove it.")
        if self.group_column is not None and self.time_column is not None:
            problem = "group_column and time_column cannot be combined"
            raise ValueError(problem, "Remove one of the two.")
        return self

    def estimator(self, written: str) -> EstimatorConfig:
        """Return what is said about an estimator, by its name there."""
        return (self.estimators or {}).get(written) or EstimatorConfig()

    def written_name(self, key: str) -> str:
        """Return the name that tuning.yaml has for an estimator of the plan."""
        names = (name for name in self.estimators or () if name.rpartition(".")[2] == key)
        return next(names, key)

    def where(self, *path: str | int) -> str:
        """Return the place of an entry, for an error; estimators may be in a list."""
        names: list[str | int] = [*(self.estimators or ())]
        in_list = ("estimators", 0) in self._lines
        if in_list and path[:1] == ("estimators",) and path[1:2] and path[1] in names:
            path = ("estimators", names.index(path[1]))
        return place(path, self._lines)
