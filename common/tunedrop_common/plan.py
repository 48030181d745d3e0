"""plan.json: everything about a run that was decided before any money is spent.

One model: PlanRun writes it, StartJob, WriteReport and the training jobs read it.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
)

from tunedrop_common.data_findings import DataFinding

# The roles of columns that an estimator gets.
FEATURE_ROLES: Final = ("feature", "time")

Task = Literal["classification", "regression"]
Kind = Literal["numeric", "boolean", "datetime", "duration", "categorical", "text"]
Role = Literal["feature", "target", "weight", "group", "time", "ignored"]


class Record(BaseModel):
    """Frozen; further keys are left out."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Column(Record):
    """A column of the data, and how its values are read.

    Jobs and endpoints apply this and infer nothing.
    """

    name: str
    kind: Kind | None = Field(
        description="A duration is a number of seconds. None: ignored, and nothing was inferred."
    )
    role: Role = Field(description="The time is a feature, too; weight and group are not.")
    reason: str = Field("", description="Why a column is ignored, for the report.")
    distinct: int = Field(0, description="Of words: how many different ones there are.")
    day_first: bool = Field(False, description="Of datetimes: whether 01/02/2026 is in February.")
    has_time_of_day: bool = Field(
        False, description="Of datetimes: whether minutes and seconds mean something."
    )
    has_unparsable: bool = Field(
        False, description="Whether values of another kind are expected: they count as missing."
    )


class ChannelFiles(Record):
    """The files that one channel delivers."""

    uri: str = Field(description="S3Prefix of the channel; may cover more than `files`.")
    files: tuple[str, ...] = Field(description="Paths below the channel's folder that are data.")
    bytes: int
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
    train: ChannelFiles
    test: ChannelFiles | None
    columns: tuple[Column, ...]
    target: str
    labels: tuple[StrictBool | StrictInt | StrictStr, ...] = Field(
        (), description="Of a classification: the classes, of one type, in sorted order."
    )
    rows: int = Field(description="Rows of the training part; an estimate unless `is_complete`.")
    is_complete: bool = Field(description="Whether all rows were read to decide the above.")

    @property
    def row_columns(self) -> dict[str, str]:
        """What says how rows are split and weighed: role -> column."""
        return {c.role: c.name for c in self.columns if c.role in ("weight", "group", "time")}

    @property
    def decimal(self) -> str:
        """The decimal sign of numbers that are written as text."""
        return self.csv.decimal if self.csv else "."


class Metric(Record):
    """scikit-learn scorers: for all of them greater is better, so the direction is Maximize."""

    objective: str
    additional: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The objective first, then the others, each once."""
        return tuple(dict.fromkeys((self.objective, *self.additional)))


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
    finished_job: str = Field(
        "", description="A resumed run: the failed run's tuning job whose results are taken over."
    )


class ChampionMember(Record):
    """A model of a champion that is an ensemble."""

    estimator: EstimatorPlan
    hyperparameters: dict[str, str] = Field(description="The tuned ones; `estimator.fixed` adds.")


class Champion(Record):
    """The model in use when the run was planned."""

    run_id: str
    estimator: EstimatorPlan = Field(description="Of an ensemble: that of its first member.")
    hyperparameters: dict[str, str] = Field(description="The tuned ones; `estimator.fixed` adds.")
    members: tuple[ChampionMember, ...] = Field((), description="Of an ensemble; else none.")


class ConfirmPlan(Record):
    """The training job that scores the contenders on fresh repeated folds and fits the best."""

    name: str
    folds: int = Field(ge=2)
    repeats: int = Field(ge=1)
    seed: int
    max_seconds: int
    max_seconds_per_contender: int
    champion: Champion | None = None
    champion_decision: str = Field("", description="Why it is a contender, or why it is not.")
    replaces: str | None = Field(
        None, description="The run whose model was in use when this one was planned."
    )
    ensemble: bool = Field(False, description="The mean of the tuned models is a contender.")


class ReportPlan(Record):
    """What the report may show of the data, and how long finding it out may take."""

    explanation_time_ratio: float = Field(
        ge=0, description="Of the time that scoring the contenders took, for the explanation."
    )
    show_worst_rows: bool = Field(description="The worst rows are shown, not their numbers alone.")
    show_categories: bool = Field(description="Names of categories with enough rows are shown.")
    segments: tuple[str, ...] = Field(description="Columns whose segments are always shown.")


class Instance(Record):
    """The machine of every training job."""

    type: str
    volume_gb: int
    spot: bool = False


class FallbackInstance(Record):
    """A machine to try when a job cannot be finished on the one before."""

    type: str
    spot: bool


class PlannedCost(Record):
    """What a run's machines are expected to cost, and can cost at most.

    Money is known where prices are: those on demand, which bound spot's.
    """

    usd_per_hour: dict[str, float] = Field(
        description="By type, of the plan's machines; the unknown are left out."
    )
    expected_seconds: int = Field(ge=0, description="Of all machines, for the first attempts.")
    max_seconds: int = Field(ge=0, description="Of all machines and all attempts.")
    expected_usd: float | None
    max_usd: float | None = Field(description="All attempts on the dearest type of the plan.")


class Plan(Record):
    """Everything resolved."""

    version: Literal[1] = 1
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
    fallback_instances: tuple[FallbackInstance, ...] = Field(
        description="What further attempts of a job run on, in this order."
    )
    cost: PlannedCost
    report: ReportPlan
    image: str = Field(description="The training image of all jobs.")
    release: str = Field(description="The release of Tunedrop that made the plan.")
    decisions: tuple[str, ...] = Field(description="What was decided without being told, and why.")
    warnings: tuple[str, ...]
    sample_warnings: tuple[DataFinding, ...] = Field(
        description="What checks of the rows that were read found; Confirm checks all rows."
    )

    @property
    def automatic_decisions(self) -> tuple[str, ...]:
        """All decisions, that about the champion included."""
        return (*self.decisions, *filter(None, [self.confirm.champion_decision]))

    def estimator(self, key: str) -> EstimatorPlan:
        """Return the estimator of that key."""
        return {job.estimator.key: job.estimator for job in self.tuning_jobs}[key]
