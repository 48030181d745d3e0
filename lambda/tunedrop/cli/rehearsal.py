"""What PlanRun would decide about a dataset, or refuse: its own code, on files of this machine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from tunedrop import keys
from tunedrop.claims import Run, digest_of, run_id_of
from tunedrop.cli.dataset_files import DatasetFiles
from tunedrop.cli.rehearsal_bucket import RehearsalBucket
from tunedrop.cli.stack import Stack
from tunedrop.datasets.layout import list_objects
from tunedrop.environment import Limits, PlanRunEnvironment
from tunedrop.planning.limits import Budget, worst_case_seconds
from tunedrop.planning.resolve import make_plan
from tunedrop.trigger import Trigger
from tunedrop_common.plan import Plan

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

# What cdk.json says unless somebody changes it; a test holds both together.
DEFAULT_ENVIRONMENT = PlanRunEnvironment(
    bucket="bucket",
    job_prefix="00000000",
    limits=Limits(
        max_training_jobs=300,
        max_parallel_training_jobs=10,
        max_runtime_seconds=86_400,
        max_training_job_seconds=14_400,
        instance_types=(
            "ml.m5.large",
            "ml.m5.xlarge",
            "ml.m5.2xlarge",
            "ml.m5.4xlarge",
            "ml.m5.12xlarge",
        ),
        max_dataset_bytes=10 * 1024**3,
    ),
    settle_seconds=60,
    copy_limit_bytes=5 * 1024**3,
    spot=False,
)


@dataclass(frozen=True)
class WorstCase:
    """What a run can take at most, by its plan; `usd` is None where no price is known."""

    seconds: int
    usd_per_hour: float | None

    @property
    def usd(self) -> float | None:
        """The cost, if the deployment knows the machine's price."""
        return None if self.usd_per_hour is None else self.seconds / 3600 * self.usd_per_hour


@dataclass(frozen=True)
class Rehearsal:
    """A plan that was made without a run."""

    plan: Plan
    worst_case: WorstCase


def rehearse(
    dropped: DatasetFiles,
    stack: Stack | None,
    environment: PlanRunEnvironment,
    *,
    keep_others: bool = False,
) -> Rehearsal:
    """Make the plan that PlanRun would make.

    Parameters
    ----------
    stack
        The deployment whose earlier runs and champion count; None for none.
    keep_others
        Objects of the dataset that are in the bucket and not among the files belong to it too.

    Raises
    ------
    UserInputError
        What PlanRun would refuse.
    """
    hidden = () if keep_others else (dropped.folder, f"{keys.DATASETS}{dropped.dataset}.")
    bucket = RehearsalBucket.over(stack.bucket if stack else None, dropped.files, hidden=hidden)
    now = datetime.now(UTC)
    objects = list_objects(bucket, dropped.dataset)
    digest = digest_of(Trigger("object", dropped.dataset, now, execution=""), objects)
    run = Run(dropped.dataset, run_id_of(now, digest), digest, objects)
    # It is asked about earlier tuning jobs only, and without a stack there are none.
    sagemaker = stack.sagemaker if stack else cast("SageMakerClient", None)
    plan = make_plan(bucket, sagemaker, run, environment)
    return Rehearsal(plan, worst_case(plan, environment.limits))


def worst_case(plan: Plan, limits: Limits) -> WorstCase:
    """Return what all machines of a run can be billed for at most."""
    first = plan.tuning_jobs[0]
    budget = Budget(
        training_jobs={job.name: job.max_training_jobs for job in plan.tuning_jobs},
        parallel_training_jobs=first.max_parallel_training_jobs,
        parallel_tuning_jobs=plan.parallel_tuning_jobs,
        max_runtime_seconds=first.max_runtime_seconds,
        max_training_job_seconds=first.max_training_job_seconds,
        confirm_seconds=plan.confirm.max_seconds,
        instance_type=plan.instance.type,
        decisions=(),
    )
    price = limits.prices_usd_per_hour.get(plan.instance.type)
    return WorstCase(worst_case_seconds(budget), price)
