"""What a deployment tells its Lambdas: the one place where environment variables are read.

Each Lambda has a record of what it needs; `from_environ(os.environ)` reads it and says which
variable is missing or unreadable. docs/interfaces.md has the table, `cdk_app` sets the values.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tunedrop.errors import TunedropError


class DeploymentError(TunedropError):
    """The deployment gave a Lambda a variable that is missing or unreadable; a fault of ours."""


@dataclass(frozen=True)
class Limits:
    """The deployment's limits: what a dataset may wish for (setting `TUNEDROP_LIMITS`)."""

    max_training_jobs: int
    max_parallel_training_jobs: int
    max_runtime_seconds: int
    max_training_job_seconds: int
    instance_types: tuple[str, ...]
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
class BucketEnvironment:
    """AwaitJob, ResumeRun, RecordFailure, Retune."""

    bucket: str

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> BucketEnvironment:
        """Read what these Lambdas need."""
        return cls(bucket=_text(environ, "TUNEDROP_BUCKET"))


@dataclass(frozen=True)
class PlanRunEnvironment:
    """PlanRun."""

    bucket: str
    job_prefix: str
    limits: Limits
    settle_seconds: float
    copy_limit_bytes: int
    spot: bool

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> PlanRunEnvironment:
        """Read what PlanRun needs."""
        return cls(
            bucket=_text(environ, "TUNEDROP_BUCKET"),
            job_prefix=_text(environ, "TUNEDROP_JOB_PREFIX"),
            limits=_limits(environ),
            settle_seconds=_number(environ, "TUNEDROP_SETTLE_SECONDS"),
            copy_limit_bytes=int(_number(environ, "TUNEDROP_COPY_LIMIT_BYTES")),
            spot=_flag(environ, "TUNEDROP_SPOT"),
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

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> StartJobEnvironment:
        """Read what StartJob needs."""
        return cls(
            bucket=_text(environ, "TUNEDROP_BUCKET"),
            training_image=_text(environ, "TUNEDROP_TRAINING_IMAGE"),
            training_role_arn=_text(environ, "TUNEDROP_TRAINING_ROLE_ARN"),
            network=_network(environ),
            kms_key_arn=_text(environ, "TUNEDROP_KMS_KEY_ARN", may_be_empty=True),
            tags={k: str(v) for k, v in _mapping(environ, "TUNEDROP_TAGS").items()},
        )


@dataclass(frozen=True)
class WriteReportEnvironment:
    """WriteReport."""

    bucket: str
    prices_usd_per_hour: Mapping[str, float]

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> WriteReportEnvironment:
        """Read what WriteReport needs."""
        prices = _mapping(environ, "TUNEDROP_PRICES")
        with _readable("TUNEDROP_PRICES"):
            return cls(
                bucket=_text(environ, "TUNEDROP_BUCKET"),
                prices_usd_per_hour={k: float(v) for k, v in prices.items()},
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


def _limits(environ: Mapping[str, str]) -> Limits:
    name = "TUNEDROP_LIMITS"
    value = _mapping(environ, name)
    with _readable(name):
        instance_types = tuple(str(t) for t in value["instance_types"])
        if not instance_types:
            raise ValueError("instance_types is empty")
        cost = value.get("max_cost_usd")
        prices = value.get("prices_usd_per_hour") or {}
        return Limits(
            max_training_jobs=int(value["max_training_jobs"]),
            max_parallel_training_jobs=int(value["max_parallel_training_jobs"]),
            max_runtime_seconds=int(value["max_runtime_seconds"]),
            max_training_job_seconds=int(value["max_training_job_seconds"]),
            instance_types=instance_types,
            max_dataset_bytes=int(value["max_dataset_bytes"]),
            max_cost_usd=None if cost is None else float(cost),
            prices_usd_per_hour={str(k): float(v) for k, v in prices.items()},
        )


def _network(environ: Mapping[str, str]) -> Network:
    name = "TUNEDROP_NETWORK"
    value = _mapping(environ, name)
    with _readable(name):
        return Network(
            subnets=tuple(value["subnets"]),
            security_groups=tuple(value["security_groups"]),
            isolation=bool(value["isolation"]),
            encrypt_traffic=bool(value["encrypt_traffic"]),
        )


def _text(environ: Mapping[str, str], name: str, *, may_be_empty: bool = False) -> str:
    value = environ.get(name)
    if value is None or (not value and not may_be_empty):
        raise DeploymentError(f"The environment variable {name} is not set; deploy the stack again")
    return value


def _number(environ: Mapping[str, str], name: str) -> float:
    text = _text(environ, name)
    with _readable(name):
        value = float(text)
        if not 0 <= value < float("inf"):
            raise ValueError(f"{text} is not a number of 0 or more")
        return value


def _flag(environ: Mapping[str, str], name: str) -> bool:
    text = _text(environ, name)
    if text not in ("true", "false"):
        raise DeploymentError(f"The environment variable {name} is {text!r}, not true or false")
    return text == "true"


def _mapping(environ: Mapping[str, str], name: str) -> dict[str, Any]:
    text = _text(environ, name)
    with _readable(name):
        value = json.loads(text)
        if not isinstance(value, dict):
            raise ValueError("it is not a JSON object")
        return value


class _readable:
    """Turn what goes wrong while a variable is read into an error that names it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, KeyError):
            raise DeploymentError(f"{self._name} has no {error.args[0]!r}") from error
        if isinstance(error, (ValueError, TypeError, AttributeError)):
            raise DeploymentError(f"{self._name} cannot be read: {error}") from error
