"""All Lambdas: what each may do, and the variables it gets (docs/interfaces.md's table)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aws_cdk import Duration, Stack
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk_app.access import (
    BucketAccess,
    JobAccess,
    answer_task_token,
    read_prices,
    see_executions,
    see_images,
)
from cdk_app.bundling import Group, Platform, code_of
from cdk_app.log_group import make_log_group
from cdk_app.own_key_and_network import have_interfaces, use_key_and_subnets
from cdk_app.permissions import Permission, acknowledge, make_role, trace, write_logs
from cdk_app.settings import Settings

_ARCHITECTURES = {"arm64": lambda_.Architecture.ARM_64, "x86_64": lambda_.Architecture.X86_64}


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What the Lambdas work on: the other parts of the stack, as far as they need to know them."""

    bucket_name: str
    bucket: BucketAccess
    jobs: JobAccess
    job_prefix: str
    training_image: str
    training_repository: ecr.IRepository
    training_role_arn: str
    state_machine_name: str
    state_machine_arn: str
    lost_job_events: Permission
    lost_stop_events: Permission
    topic_arn: str
    publishing: Sequence[Permission]


class Functions(Construct):
    """PlanRun, StartJob, AwaitJob, ResumeRun, WriteReport, RecordFailure, StopJobs and Retune."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: Settings, around: Surroundings
    ) -> None:
        super().__init__(scope, construct_id)
        self._settings = settings
        self._around, self._bucket, self._jobs = around, around.bucket, around.jobs
        platform = Platform(settings.lambda_architecture, settings.lambda_python)
        self._code = {group: code_of(group, platform) for group in Group}
        self._runtime = lambda_.Runtime(
            f"python{settings.lambda_python}", lambda_.RuntimeFamily.PYTHON
        )
        self.plan_run = self._plan_run()
        self.start_job = self._start_job()
        self.await_job = self._await_job()
        self.resume_run = self._resume_run()
        self.write_report = self._write_report()
        self.record_failure = self._record_failure()
        self.stop_jobs = self._stop_jobs()
        self.retune = self._retune()

    def _plan_run(self) -> lambda_.Function:
        limits = {
            **self._settings.limits.model_dump(mode="json", exclude={"monthly_budget_usd"}),
            "prices_usd_per_hour": self._settings.prices_usd_per_hour,
        }
        return self._function(
            "PlanRun",
            Group.PLANNING,
            "Claims a dataset's content, copies it and resolves the plan of its run",
            permissions=[
                self._bucket.list(),
                self._bucket.list_versions(),
                self._bucket.read_versions("datasets/*"),
                self._bucket.read("claims/*", "models/*", "prices/*", "runs/*"),
                self._bucket.write("claims/*", "prices/*", "runs/*"),
                self._bucket.write_copies("inputs/*"),
                *self._jobs.describe(),
                read_prices(),
                see_images(self._around.training_repository),
            ],
            environment={
                "TUNEDROP_JOB_PREFIX": self._around.job_prefix,
                "TUNEDROP_LIMITS": _json(limits),
                "TUNEDROP_SETTLE_SECONDS": str(self._settings.settle_seconds),
                "TUNEDROP_COPY_LIMIT_BYTES": str(self._settings.copy_limit_bytes),
                "TUNEDROP_SPOT": _json(self._settings.spot),
                "TUNEDROP_TRAINING_IMAGE": self._around.training_image,
            },
            timeout=Duration.minutes(15),  # large inputs are copied
            memory_mb=1769,  # one whole vCPU
        )

    def _start_job(self) -> lambda_.Function:
        return self._function(
            "StartJob",
            Group.WORKFLOW,
            "Creates a tuning job or the Confirm job, from plan.json",
            permissions=[
                self._bucket.list(),
                self._bucket.read("runs/*"),
                self._bucket.write("runs/*"),
                *self._jobs.create(),
                *self._jobs.describe(),
                *self._around.publishing,
            ],
            environment={
                "TUNEDROP_TRAINING_IMAGE": self._around.training_image,
                "TUNEDROP_TRAINING_ROLE_ARN": self._around.training_role_arn,
                "TUNEDROP_NETWORK": _json(
                    self._settings.network.model_dump(mode="json", exclude={"lambdas"})
                ),
                "TUNEDROP_KMS_KEY_ARN": self._settings.kms_key_arn or "",
                "TUNEDROP_TAGS": _json(self._settings.all_tags),
                "TUNEDROP_TOPIC": self._around.topic_arn,
                "TUNEDROP_QUOTA_WAIT_SECONDS": str(self._settings.quota_wait_seconds),
            },
        )

    def _await_job(self) -> lambda_.Function:
        return self._function(
            "AwaitJob",
            Group.WORKFLOW,
            "Leaves the task token for ResumeRun, and answers at once for a job that is over",
            permissions=[
                self._bucket.list(),
                self._bucket.read("callbacks/*", "runs/*"),
                self._bucket.write("callbacks/*", "runs/*"),
                self._bucket.delete("callbacks/*"),
                *self._jobs.describe(),
                answer_task_token(),
            ],
        )

    def _resume_run(self) -> lambda_.Function:
        return self._function(
            "ResumeRun",
            Group.WORKFLOW,
            "Tells the waiting execution that its job is over",
            permissions=[
                self._bucket.list(),
                self._bucket.read("callbacks/*", "runs/*"),
                self._bucket.write("runs/*"),
                self._bucket.delete("callbacks/*"),
                *self._jobs.describe(),
                answer_task_token(),
                self._around.lost_job_events,
            ],
        )

    def _write_report(self) -> lambda_.Function:
        return self._function(
            "WriteReport",
            Group.REPORT,
            "Collects everything about a run, writes its report and index, keeps its model",
            permissions=[
                self._bucket.list(),
                self._bucket.read("index/*", "models/*", "runs/*", "training/*"),
                self._bucket.write("index/*", "models/*", "runs/*"),
                *self._jobs.describe(),
                self._jobs.search(),
            ],
            timeout=Duration.minutes(15),  # a large model is copied
            memory_mb=1769,  # one whole vCPU
        )

    def _record_failure(self) -> lambda_.Function:
        return self._function(
            "RecordFailure",
            Group.WORKFLOW,
            "Stops the jobs of a run that failed, and writes failure.json",
            permissions=[
                self._bucket.list(),
                self._bucket.read("index/*", "runs/*"),
                self._bucket.write("index/*", "runs/*"),
                *self._jobs.describe(),
                *self._jobs.stop(),
            ],
            timeout=Duration.minutes(5),
        )

    def _stop_jobs(self) -> lambda_.Function:
        return self._function(
            "StopJobs",
            Group.WORKFLOW,
            "Stops what executions that are over have left running",
            permissions=[
                self._bucket.list(),
                self._bucket.read("callbacks/*", "index/*", "runs/*"),
                self._bucket.write("index/*", "runs/*"),
                self._bucket.delete("callbacks/*"),
                *self._jobs.describe(),
                *self._jobs.stop(),
                *self._jobs.list(),
                *see_executions(
                    self, self._around.state_machine_arn, self._around.state_machine_name
                ),
                self._around.lost_stop_events,
            ],
            environment={"TUNEDROP_JOB_PREFIX": self._around.job_prefix},
            timeout=Duration.minutes(15),
        )

    def _retune(self) -> lambda_.Function:
        return self._function(
            "Retune",
            Group.WORKFLOW,
            "Lists the datasets that are due",
            permissions=[self._bucket.list()],
            timeout=Duration.minutes(5),
        )

    def _function(
        self,
        name: str,
        group: Group,
        description: str,
        *,
        permissions: Sequence[Permission],
        environment: Mapping[str, str] | None = None,
        timeout: Duration | None = None,
        memory_mb: int = 512,
    ) -> lambda_.Function:
        """Make `<stack>-<name>`: its role with exact permissions, its log group, its traces."""
        scope = Construct(self, name)
        full_name = f"{Stack.of(self).stack_name}-{name}"
        log_group = make_log_group(
            scope,
            "Logs",
            name=f"/aws/lambda/{full_name}",
            retention_days=self._settings.retention_days.logs,
            key_arn=self._settings.kms_key_arn,
        )
        role = make_role(
            scope,
            "Role",
            service="lambda.amazonaws.com",
            description=f"{full_name}: {description}",
            permissions=[
                write_logs(log_group.log_group_arn),
                trace(),
                *permissions,
                *self._bucket.encryption(),
                *have_interfaces(self, full_name, self._settings.network),
            ],
        )
        function = lambda_.Function(
            scope,
            "Function",
            function_name=full_name,
            description=description,
            code=self._code[group],
            handler=f"tunedrop.handlers.{_snake(name)}.handler",
            runtime=self._runtime,
            architecture=_ARCHITECTURES[self._settings.lambda_architecture],
            role=role.without_policy_updates(),
            log_group=log_group,
            # Lambda's runtime writes JSON with the keys of tunedrop.run_logs in it.
            logging_format=lambda_.LoggingFormat.JSON,
            application_log_level_v2=lambda_.ApplicationLogLevel.INFO,
            tracing=lambda_.Tracing.ACTIVE,
            environment={"TUNEDROP_BUCKET": self._around.bucket_name, **(environment or {})},
            timeout=timeout or Duration.minutes(1),
            memory_size=memory_mb,
        )
        use_key_and_subnets(function, self._settings)
        acknowledge(
            function,
            "AwsSolutions-L1",
            "The runtime is the setting lambda_python; the libraries' wheels are built for it.",
        )
        return function


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)[1:]


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True)
