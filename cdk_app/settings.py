"""The deployment's settings: the platform engineer's side of the configuration.

They come from cdk.json's context key "tunedrop" (`cdk_app/context.py` reads and merges it). Every
default is here, and cdk.json spells them out; a test holds both together. What each one does is in
docs/settings.md.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    model_validator,
)

# Of the same region as the deployment: SageMaker and Lambda pull images from no other. By digest:
# Lambda keeps the image that it was deployed with, and a tag may be moved before the jobs start.
TRAINING_IMAGE = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?"
    r"/(?P<repository>[a-z0-9][a-z0-9._/-]*)@sha256:[0-9a-f]{64}"
)


def _pattern(expression: str, description: str) -> AfterValidator:
    """Make a validator whose error says what was expected."""

    def check(value: str) -> str:
        if not re.fullmatch(expression, value):
            raise ValueError(f"expected {description}")
        return value

    return AfterValidator(check)


StackName = Annotated[
    str,
    _pattern(
        r"[A-Za-z][A-Za-z0-9-]{0,39}", "1 to 40 letters, digits and hyphens, a letter in front"
    ),
]
BucketName = Annotated[
    str,
    _pattern(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", "3 to 63 lower-case letters, digits and hyphens"),
]
ImageUri = Annotated[
    str,
    _pattern(
        TRAINING_IMAGE.pattern,
        "an ECR image by its digest, as a tag can be moved: "
        "<account>.dkr.ecr.<region>.amazonaws.com/<repository>@sha256:<digest>",
    ),
]
BaseImage = Annotated[
    str,
    _pattern(
        r"[a-z0-9][a-z0-9._-]*(:\d+)?(/[a-z0-9._-]+)+(:[\w.-]{1,128})?(@sha256:[0-9a-f]{64})?",
        "an image with its registry: <registry>/<repository>@sha256:<digest>",
    ),
]
KeyArn = Annotated[
    str, _pattern(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[\w-]+", "the ARN of a KMS key")
]
SubnetId = Annotated[str, _pattern(r"subnet-[0-9a-f]{8,17}", "a subnet id: subnet-...")]
SecurityGroupId = Annotated[str, _pattern(r"sg-[0-9a-f]{8,17}", "a security group id: sg-...")]
InstanceType = Annotated[
    str, _pattern(r"ml\.[a-z0-9-]+\.[a-z0-9]+", "a SageMaker instance type: ml.m5.large")
]
# A g behind the number of the generation is a Graviton processor; m5, g5 and gr6 have none.
_GRAVITON = re.compile(r"ml\.[a-z]+\d+g[a-z]*\.")


def amd64(instance_type: str) -> str:
    """Check that an instance type can run the training image."""
    if _GRAVITON.match(instance_type):
        raise ValueError(
            "expected a type with an x86-64 processor, like ml.m5.large: the training image is "
            "for amd64, and this one is arm64"
        )
    return instance_type


DatasetGlob = Annotated[
    str, _pattern(r"[^/\s][^/]{0,99}", "a dataset's name, or a glob like sales-*: no slash in it")
]
FileName = Annotated[str, _pattern(r"[^/\s][^/]*", "a file's name: no slash in it")]
Email = Annotated[str, _pattern(r"[^@\s]+@[^@\s]+\.[^@\s]+", "an e-mail address")]
ScheduleName = Annotated[
    str,
    _pattern(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?", "1 to 40 lower-case letters, digits, hyphens"),
]
ScheduleExpression = Annotated[
    str,
    _pattern(
        r"(cron|rate)\([^()]+\)", "cron(...) or rate(...): cron(0 3 * * ? *) is each night at three"
    ),
]
EventBus = Annotated[
    str,
    _pattern(
        r"[\w./-]{1,256}|arn:aws[a-z-]*:events:[a-z0-9-]+:\d{12}:event-bus/[\w./-]{1,256}",
        "the name or the ARN of an EventBridge bus",
    ),
]
TagKey = Annotated[
    str,
    _pattern(r"(?!aws:|tunedrop:)[\w .:/=+@-]{1,128}", "a tag that is not aws:'s or tunedrop:'s"),
]
TagValue = Annotated[str, _pattern(r"[\w .:/=+@-]{0,256}", "a tag's value")]


# On all resources and jobs, so that a budget can add up what they cost.
STACK_TAG = "tunedrop:stack"

HOUR = 3600
DAY = 24 * HOUR
GIB = 1024**3

# An execution ends in failure at 25,000 events of its history (Step Functions Developer Guide,
# "Service quotas"). A wait whose heartbeat expires has about five: TaskTimedOut, TaskScheduled,
# TaskStarted, TaskSubmitted, and one to spare. The rest of the events is for all else of a run,
# above all for a hundred retries of each StartJob.
_HEARTBEAT_EVENTS = 5
_HEARTBEAT_EVENTS_AT_MOST = 20_000


class Section(BaseModel):
    """Frozen, strict about types and unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Limits(Section):
    """Limits of a dataset's requests; a request beyond a limit is rejected, never reduced."""

    max_training_jobs: int = Field(300, ge=10, le=10_000)
    max_parallel_training_jobs: int = Field(10, ge=1, le=100)
    max_runtime_seconds: int = Field(DAY, ge=120, le=30 * DAY)
    max_training_job_seconds: int = Field(4 * HOUR, ge=60, le=28 * DAY)
    instance_types: tuple[Annotated[InstanceType, AfterValidator(amd64)], ...] = Field(
        ("ml.m5.large", "ml.m5.xlarge", "ml.m5.2xlarge", "ml.m5.4xlarge", "ml.m5.12xlarge"),
        strict=False,
        min_length=1,
    )
    max_cost_usd: float | None = Field(25, gt=0, strict=False)
    monthly_budget_usd: float | None = Field(None, gt=0, strict=False)
    max_dataset_bytes: int = Field(10 * GIB, ge=1)
    max_prediction_bytes: int = Field(500 * 10**6, ge=1, le=2 * GIB)
    max_concurrent_runs: int = Field(10, ge=1, le=1000)
    max_runs_per_dataset_per_day: int = Field(6, ge=1, le=10_000)
    max_runs_per_day: int = Field(100, ge=1, le=10_000)


# What Admit holds to; Predict has `max_prediction_bytes`, and all other limits are PlanRun's.
ADMISSION_LIMITS = {"max_concurrent_runs", "max_runs_per_dataset_per_day", "max_runs_per_day"}


class CompleteWhen(Section):
    """What says that all files of a dataset are there, besides its rest."""

    marker_file: FileName | None = None


class Network(Section):
    """Where training jobs run; no subnets: outside of any VPC of yours."""

    subnets: tuple[SubnetId, ...] = Field((), strict=False, max_length=16)
    security_groups: tuple[SecurityGroupId, ...] = Field((), strict=False, max_length=5)
    lambdas: bool = False
    isolation: bool = True
    encrypt_traffic: bool = False

    @model_validator(mode="after")
    def _both_or_none(self) -> Network:
        if bool(self.subnets) != bool(self.security_groups):
            raise ValueError("subnets and security_groups belong together: give both or none")
        if self.lambdas and not self.subnets:
            raise ValueError("lambdas are to run in subnets, and there are none: give subnets")
        return self


class RetuningSchedule(Section):
    """A schedule that keeps models fresh; Admit decides for each dataset by `when`."""

    name: ScheduleName
    expression: ScheduleExpression
    timezone: str = "UTC"
    datasets: tuple[DatasetGlob, ...] | None = Field(None, strict=False, min_length=1)
    when: Literal["always", "changed", "worse"] = "always"


def _unique_names(schedules: tuple[RetuningSchedule, ...]) -> tuple[RetuningSchedule, ...]:
    names = [schedule.name for schedule in schedules]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ValueError(f"expected schedules of different names: {twice} is there twice")
    return schedules


class RetentionDays(Section):
    """After how many days things go."""

    training: int = Field(30, ge=1)
    inputs: int = Field(90, ge=1)
    predictions: int = Field(30, ge=1)
    old_versions: int = Field(90, ge=1)
    logs: Literal[
        1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557,
        2922, 3288, 3653,
    ] = 90  # fmt: skip


class Report(Section):
    """What reports show, and how long finding it out may take."""

    explanation_time_ratio: float = Field(1, ge=0, le=10, strict=False)
    show_worst_rows: bool = False


class Settings(Section):
    """Everything that differs between deployments."""

    stack_name: StackName = "Tunedrop"
    bucket_name: BucketName | None = None
    existing_bucket: BucketName | None = None
    access_logs_bucket: BucketName | None = None
    lambda_architecture: Literal["arm64", "x86_64"] = "arm64"
    lambda_python: Literal["3.11", "3.12", "3.13", "3.14"] = "3.13"
    training_image: ImageUri | None = None
    base_image: BaseImage | None = None
    quiet_period_seconds: int = Field(60, ge=0, le=HOUR)
    complete_when: CompleteWhen = CompleteWhen()
    heartbeat_seconds: int = Field(6 * HOUR, ge=1, le=7 * DAY)
    run_timeout_seconds: int = Field(7 * DAY, ge=60, le=30 * DAY)
    quota_wait_seconds: int = Field(DAY, ge=0, le=3 * DAY)
    spot: bool = False
    limits: Limits = Limits()
    prices_usd_per_hour: dict[InstanceType, Annotated[float, Field(gt=0, strict=False)]] = {}
    network: Network = Network()
    kms_key_arn: KeyArn | None = None
    report: Report = Report()
    promotion: Literal["automatic", "manual"] = "automatic"
    start_on: tuple[Literal["drop", "schedule"], ...] = Field(
        ("drop", "schedule"), strict=False, min_length=1
    )
    retuning: Annotated[tuple[RetuningSchedule, ...], AfterValidator(_unique_names)] = Field(
        (), strict=False, max_length=20
    )
    notification_email: Email | None = None
    event_bus: EventBus = "default"
    retention_days: RetentionDays = RetentionDays()
    tags: dict[TagKey, TagValue] = Field({}, max_length=40)

    @property
    def all_tags(self) -> dict[str, str]:
        """The tags of all resources and jobs, the stack's own among them."""
        return {**self.tags, STACK_TAG: self.stack_name}

    @model_validator(mode="after")
    def _one_bucket(self) -> Settings:
        if self.existing_bucket and (self.bucket_name or self.access_logs_bucket):
            raise ValueError(
                "bucket_name and access_logs_bucket are about a new bucket, existing_bucket is one "
                "to adopt: give one of both"
            )
        return self

    @model_validator(mode="after")
    def _heartbeat_within_history(self) -> Settings:
        # As many tuning jobs as may run side by side wait at the same time.
        waits = self.limits.max_parallel_training_jobs
        events = waits * _HEARTBEAT_EVENTS
        if self.run_timeout_seconds / self.heartbeat_seconds * events > _HEARTBEAT_EVENTS_AT_MOST:
            least = -(-self.run_timeout_seconds * events // _HEARTBEAT_EVENTS_AT_MOST)
            raise ValueError(
                f"heartbeat_seconds ({self.heartbeat_seconds}) could fill the history of an "
                f"execution: with {waits} waits at once (limits.max_parallel_training_jobs) and a "
                f"run_timeout_seconds of {self.run_timeout_seconds} it must be at least {least}"
            )
        return self
