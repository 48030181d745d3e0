"""The settings of a deployment: the one place where environment variables are read.

Each Lambda has a record of what it needs; `from_environ(os.environ)` reads it and says which
variable is missing or unreadable. docs/interfaces.md has the table, `cdk_app` sets the values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import Field, NonNegativeInt, PositiveInt, TypeAdapter, ValidationError

from tunedrop.errors import TunedropError

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
class DoorSettings:
    """When a dataset's run may start (setting `TUNEDROP_DOOR`).

    `manifest` is the file that makes every folder complete, below it; None: a pause does.
    """

    settle_seconds: _Seconds
    max_concurrent_runs: PositiveInt
    max_runs_per_dataset_per_day: PositiveInt
    manifest: str | None = None


@dataclass(frozen=True)
class ReportSettings:
    """The deployment's part of what a report shows (setting `TUNEDROP_REPORT`)."""

    time_share: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 1.0
    rows: bool = False


@dataclass(frozen=True)
class BucketEnvironment:
    """AwaitJob, ResumeRun, WriteReport, RecordFailure."""

    bucket: str

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> BucketEnvironment:
        """Read what these Lambdas need."""
        return cls(bucket=_text(environ, "TUNEDROP_BUCKET"))


@dataclass(frozen=True)
class AdmitEnvironment:
    """Admit."""

    bucket: str
    state_machine: str
    arrivals: str
    topic: str
    door: DoorSettings

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> AdmitEnvironment:
        """Read what Admit needs."""
        return cls(
            bucket=_text(environ, "TUNEDROP_BUCKET"),
            state_machine=_text(environ, "TUNEDROP_STATE_MACHINE"),
            arrivals=_text(environ, "TUNEDROP_ARRIVALS"),
            topic=_text(environ, "TUNEDROP_TOPIC"),
            door=_json(environ, "TUNEDROP_DOOR", DoorSettings),
        )


@dataclass(frozen=True)
class PlanRunEnvironment:
    """PlanRun."""

    bucket: str
    job_prefix: str
    limits: Limits
    copy_limit_bytes: int
    spot: bool
    training_image: str
    report: ReportSettings = ReportSettings()

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> PlanRunEnvironment:
        """Read what PlanRun needs."""
        return cls(
            bucket=_text(environ, "TUNEDROP_BUCKET"),
            job_prefix=_text(environ, "TUNEDROP_JOB_PREFIX"),
            limits=_json(environ, "TUNEDROP_LIMITS", Limits),
            copy_limit_bytes=_json(environ, "TUNEDROP_COPY_LIMIT_BYTES", NonNegativeInt),
            spot=_json(environ, "TUNEDROP_SPOT", bool),
            training_image=_text(environ, "TUNEDROP_TRAINING_IMAGE"),
            report=_json(environ, "TUNEDROP_REPORT", ReportSettings),
        )


@dataclass(frozen=True)
class StartJobEnvironment:
    """StartJob."""

    bucket: str
    training_image: str
    training_role_arn: str
    network: Network
    kms_key_arn: str
    tags: Mapping[str, str]
    topic: str
    quota_wait_seconds: float

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> StartJobEnvironment:
        """Read what StartJob needs."""
        return cls(
            bucket=_text(environ, "TUNEDROP_BUCKET"),
            training_image=_text(environ, "TUNEDROP_TRAINING_IMAGE"),
            training_role_arn=_text(environ, "TUNEDROP_TRAINING_ROLE_ARN"),
            network=_json(environ, "TUNEDROP_NETWORK", Network),
            kms_key_arn=_text(environ, "TUNEDROP_KMS_KEY_ARN", may_be_empty=True),
            tags=_json(environ, "TUNEDROP_TAGS", dict[str, str]),
            topic=_text(environ, "TUNEDROP_TOPIC"),
            quota_wait_seconds=_json(environ, "TUNEDROP_QUOTA_WAIT_SECONDS", _Seconds),
        )


@dataclass(frozen=True)
class StopJobsEnvironment:
    """StopJobs."""

    bucket: str
    job_prefix: str

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> StopJobsEnvironment:
        """Read what StopJobs needs."""
        return cls(
            bucket=_text(environ, "TUNEDROP_BUCKET"),
            job_prefix=_text(environ, "TUNEDROP_JOB_PREFIX"),
        )


def _text(environ: Mapping[str, str], name: str, *, may_be_empty: bool = False) -> str:
    value = environ.get(name)
    if value is None or (not value and not may_be_empty):
        raise DeploymentError(f"The environment variable {name} is not set; deploy the stack again")
    return value


def _json(environ: Mapping[str, str], name: str, kind: Any) -> Any:
    """Read a variable that is JSON of this type."""
    try:
        return TypeAdapter(kind).validate_json(_text(environ, name))
    except ValidationError as error:
        raise DeploymentError(f"{name} cannot be read: {error}") from error
