"""The settings of a deployment: the one place where environment variables are read.

Each Lambda has a record of what it needs; `from_environ(os.environ)` reads it and says which
variable is missing or unreadable. docs/interfaces.md has the table, `cdk_app` sets the values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, Self, get_type_hints

from pydantic import Field, PositiveInt, TypeAdapter, ValidationError

from tunedrop.errors import TunedropError

StartOn = Literal["drop", "schedule"]
_Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class DeploymentError(TunedropError):
    """The deployment gave a Lambda a variable that is missing or unreadable; a fault of ours."""


@dataclass(frozen=True)
class Limits:
    """The deployment's limits: what a dataset may ask for (setting `TUNEDROP_LIMITS`)."""

    max_training_jobs: int
    max_parallel_training_jobs: int
    max_runtime_seconds: int
    max_training_job_seconds: int
    instance_types: Annotated[tuple[str, ...], Field(min_length=1)]
    max_dataset_bytes: int
    max_cost_usd: float | None = None
    prices_usd_per_hour: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Network:
    """Where training jobs run (setting `TUNEDROP_NETWORK`); no subnets means no VPC."""

    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]
    isolation: bool
    encrypt_traffic: bool


@dataclass(frozen=True)
class AdmissionSettings:
    """When a dataset's run may start (setting `TUNEDROP_ADMISSION`).

    `marker_file` is the file that makes every folder complete, below it; None: a pause does.
    `start_on` is what starts runs.
    """

    quiet_period_seconds: _Seconds
    max_concurrent_runs: PositiveInt
    max_runs_per_dataset_per_day: PositiveInt
    max_runs_per_day: PositiveInt
    marker_file: str | None = None
    start_on: Annotated[tuple[StartOn, ...], Field(min_length=1)] = ("drop", "schedule")


@dataclass(frozen=True)
class ReportSettings:
    """The deployment's part of what a report shows (setting `TUNEDROP_REPORT`)."""

    explanation_time_ratio: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 1.0
    show_worst_rows: bool = False


@dataclass(frozen=True)
class BucketEnvironment:
    """AwaitJob, ResumeRun; others have more."""

    bucket: str

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        """Read each field from its variable: `job_prefix` from TUNEDROP_JOB_PREFIX."""
        kinds = get_type_hints(cls, include_extras=True)
        return cls(**{name: _read(environ, name, kind) for name, kind in kinds.items()})


@dataclass(frozen=True)
class AdmitEnvironment(BucketEnvironment):
    """Admit; `stack` is the id of the CloudFormation stack."""

    state_machine: str
    arrivals: str
    topic: str
    stack: str
    admission: AdmissionSettings


@dataclass(frozen=True)
class PlanRunEnvironment(BucketEnvironment):
    """PlanRun."""

    job_prefix: str
    limits: Limits
    spot: bool
    training_image: str
    report: ReportSettings = ReportSettings()


@dataclass(frozen=True)
class StartJobEnvironment(BucketEnvironment):
    """StartJob; `kms_key_arn` may be ""."""

    training_role_arn: str
    network: Network
    kms_key_arn: str
    tags: Mapping[str, str]
    topic: str
    quota_wait_seconds: _Seconds


@dataclass(frozen=True)
class RecordFailureEnvironment(BucketEnvironment):
    """RecordFailure; `event_bus` is a name or an ARN."""

    event_bus: str


@dataclass(frozen=True)
class WriteReportEnvironment(BucketEnvironment):
    """WriteReport."""

    event_bus: str
    topic: str
    promotion: Literal["automatic", "manual"]


@dataclass(frozen=True)
class StopJobsEnvironment(BucketEnvironment):
    """StopJobs."""

    event_bus: str
    job_prefix: str


@dataclass(frozen=True)
class PredictEnvironment(BucketEnvironment):
    """Predict."""

    predict_queue: str
    max_prediction_bytes: PositiveInt


def _read(environ: Mapping[str, str], field: str, kind: Any) -> Any:
    """Read a variable: a text as it is, all else is JSON of this type."""
    name = f"TUNEDROP_{field.upper()}"
    value = environ.get(name)
    if value is None:
        raise DeploymentError(f"The environment variable {name} is not set; deploy the stack again")
    try:
        return value if kind is str else TypeAdapter(kind).validate_json(value)
    except ValidationError as error:
        raise DeploymentError(f"{name} cannot be read: {error}") from error
