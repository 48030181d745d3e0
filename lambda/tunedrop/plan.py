"""plan.json: everything about a run that was decided before any money is spent.

One model, used to write it (PlanRun) and to read it (StartJob, WriteReport). The training container
reads the same file as its channel `plan`, with a reader of its own.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

VERSION: Final = 1

Task = Literal["classification", "regression"]
Role = Literal["feature", "target", "weight", "group", "time", "ignored"]


class Record(BaseModel):
    """Frozen, and strict about unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Column(Record):
    """A column of the data, as PlanRun's samples show it."""

    name: str
    kind: Literal["numeric", "boolean", "categorical", "text", "datetime", "constant", "empty"]
    role: Role = Field(description="The time is learnt from too; weight and group are not.")
    reason: str = Field("", description="Why a column is ignored, for the report.")


class Part(Record):
    """The files that one channel delivers."""

    uri: str = Field(description="S3Prefix of the channel; may cover more than `files`.")
    files: tuple[str, ...] = Field(description="Paths below the channel's folder that are data.")
    bytes: int
    copied: bool = Field(description="False: `uri` points at the originals, which may change.")
    versions: dict[str, str] = Field(description="Original key -> version id.")


class CsvDialect(Record):
    """How the text is to be read."""

    delimiter: str = ","
    encoding: str = "utf-8"
    decimal: Literal[".", ","] = "."
    lines_above_header: int = Field(0, description="Not read.")
    unnamed_column: Literal["", "first", "last"] = Field(
        "", description="The header has no name for it; its name is the empty one."
    )


class Data(Record):
    """What to learn from."""

    format: Literal["csv", "parquet"]
    csv: CsvDialect | None
    train: Part
    test: Part | None
    columns: tuple[Column, ...]
    target: str
    rows: int = Field(description="Rows of the training part; an estimate unless `rows_exact`.")
    rows_exact: bool

    @property
    def row_columns(self) -> dict[str, str]:
        """What says how rows are split and weighed: role -> column."""
        return {c.role: c.name for c in self.columns if c.role in ("weight", "group", "time")}


class Metric(Record):
    """scikit-learn scorers: for all of them greater is better, so the direction is Maximize."""

    objective: str
    additional: tuple[str, ...] = ()


class CrossValidation(Record):
    """The folds of the tuning's training jobs; seeded, so that every job sees the same ones.

    `folds` = 1 means one holdout of `holdout_fraction` of the rows. The final test and Confirm's
    folds are of the same kind.
    """

    kind: Literal["shuffled", "grouped", "ordered"] = Field(
        "shuffled",
        description="grouped: no group on both sides; ordered: trained on the past, scored on "
        "what comes after.",
    )
    folds: int = Field(ge=1)
    stratified: bool
    seed: int
    holdout_fraction: float | None = None


class FinalTest(Record):
    """Rows that no fold ever sees: a test file, or a fraction split off before everything else."""

    kind: Literal["none", "fraction", "file"]
    fraction: float | None = None


class NumericRange(Record):
    """A range of numbers; `scaling` as SageMaker names it."""

    kind: Literal["integer", "continuous"]
    minimum: float
    maximum: float
    scaling: Literal["Auto", "Linear", "Logarithmic", "ReverseLogarithmic"] = "Auto"


class CategoricalRange(Record):
    """A list of values, as the strings that SageMaker passes to the container."""

    kind: Literal["categorical"]
    values: tuple[str, ...]


Range = Annotated[NumericRange | CategoricalRange, Field(discriminator="kind")]


class EstimatorPlan(Record):
    """One estimator and what is tried of it; `key` names it in jobs and reports."""

    key: str
    class_path: str = Field(description="Starts with `sklearn.`")
    fixed: dict[str, str] = Field(description="Hyperparameters that are not tuned, as strings.")
    ranges: dict[str, Range]
    fixed_by_config: list[str] = Field(
        default=[], description="Those of `fixed` that tuning.yaml names: Confirm's defaults too."
    )

    def listed_values(self, name: str) -> tuple[str, ...]:
        """Return the values of a hyperparameter that is fixed or has a list of them."""
        given = self.ranges.get(name)
        if isinstance(given, CategoricalRange):
            return given.values
        return (self.fixed[name],) if name in self.fixed else ()


class TuningJobPlan(Record):
    """One tuning job, for one estimator."""

    name: str
    estimator: EstimatorPlan
    strategy: Literal["Bayesian", "Random", "Grid", "Hyperband"]
    max_training_jobs: int
    max_parallel_training_jobs: int
    max_runtime_seconds: int = Field(description="Of the tuning job.")
    max_training_job_seconds: int = Field(description="Of each training job.")
    early_stopping: Literal["Off", "Auto"]
    max_jobs_not_improving: int | None = None
    stop_on_convergence: bool = False
    target_objective: float | None = None
    random_seed: int
    parents: tuple[str, ...] = Field((), description="Tuning jobs to warm start from.")


class Champion(Record):
    """The model in use when the run was planned."""

    run_id: str
    estimator: EstimatorPlan
    hyperparameters: dict[str, str] = Field(description="The tuned ones; `estimator.fixed` adds.")


class ConfirmPlan(Record):
    """The training job that scores the contenders on fresh repeated folds and fits the best."""

    name: str
    folds: int = Field(ge=2)
    repeats: int = Field(ge=1)
    seed: int
    max_seconds: int
    max_seconds_per_contender: int
    champion: Champion | None = None


class Instance(Record):
    """The machine of every training job."""

    type: str
    volume_gb: int
    spot: bool = False


class Plan(Record):
    """Everything resolved."""

    version: Literal[1] = VERSION
    dataset: str
    run_id: str
    task: Task
    data: Data
    metric: Metric
    cross_validation: CrossValidation
    final_test: FinalTest
    seed: int
    tuning_jobs: tuple[TuningJobPlan, ...]
    parallel_tuning_jobs: int
    confirm: ConfirmPlan
    instance: Instance
    decisions: tuple[str, ...] = Field(description="What was decided without being told, and why.")
    warnings: tuple[str, ...] = ()
