"""All Lambdas: what each may do, and the variables it gets (docs/interfaces.md's table)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aws_cdk import Duration, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cdk_app.access import (
    BucketAccess,
    JobAccess,
    answer_task_token,
    put_events,
    read_prices,
    see_executions,
    send_to,
    start_executions,
)
from cdk_app.bundling import Group, Platform, code_of
from cdk_app.lambda_function import make_function, options_of_asset, options_of_image
from cdk_app.notifications import Notifications, alarm_on
from cdk_app.permissions import Permission
from cdk_app.queues import ADMIT_TIMEOUT, Arrivals, PredictQueue
from cdk_app.settings import ADMISSION_LIMITS, Settings
from cdk_app.training import TrainingImage


@dataclass(frozen=True, kw_only=True)
class FunctionInputs:
    """What the Lambdas work on: the other parts of the stack, as far as they need to know them."""

    bucket: BucketAccess
    jobs: JobAccess
    image: TrainingImage
    state_machine_name: str
    state_machine_arn: str
    arrivals: Arrivals
    predict_queue: PredictQueue
    notifications: Notifications
    lost: Mapping[str, sqs.IQueue]


class Functions(Construct):
    """All Lambdas: those of a run, and Predict."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: Settings, inputs: FunctionInputs
    ) -> None:
        super().__init__(scope, construct_id)
        self._settings = settings
        self.inputs, self._bucket, self._jobs = inputs, inputs.bucket, inputs.jobs
        platform = Platform(settings.lambda_architecture, settings.lambda_python)
        self._events = put_events(self, settings.event_bus)
        self._event_bus = {"TUNEDROP_EVENT_BUS": settings.event_bus}
        self._code = {group: code_of(group, platform) for group in Group}
        self.admit = self._admit()
        self.plan_run = self._plan_run()
        self.start_job = self._start_job()
        self.await_job = self._await_job()
        self.resume_run = self._resume_run()
        self.write_report = self._write_report()
        self.record_failure = self._record_failure()
        self.stop_jobs = self._stop_jobs()
        self.predict = self._predict()

    def _admit(self) -> lambda_.Function:
        admission = {
            "quiet_period_seconds": self._settings.quiet_period_seconds,
            "marker_file": self._settings.complete_when.marker_file,
            "start_on": self._settings.start_on,
            **self._settings.limits.model_dump(mode="json", include=ADMISSION_LIMITS),
        }
        inputs = self.inputs
        admit = self._function(
            "Admit",
            Group.ADMISSION,
            "Evaluates datasets and starts the runs that are due",
            permissions=[
                self._bucket.read(
                    "admission/*",
                    "checks/*",
                    "datasets/*",
                    "models/*/champion.json",
                    "rejections/*",
                    "runs/*",
                ),
                self._bucket.write("admission/*", "rejections/*", "runs/*"),
                start_executions(inputs.state_machine_arn),
                see_executions(self, inputs.state_machine_name),
                send_to(inputs.arrivals.queue),
                inputs.arrivals.receiving(),
                *inputs.notifications.publishing(),
            ],
            environment={
                "TUNEDROP_STATE_MACHINE": inputs.state_machine_arn,
                "TUNEDROP_ARRIVALS": inputs.arrivals.queue.queue_url,
                "TUNEDROP_TOPIC": inputs.notifications.topic.topic_arn,
                "TUNEDROP_STACK": Stack.of(self).stack_id,
                "TUNEDROP_ADMISSION": _json(admission),
            },
            timeout=ADMIT_TIMEOUT,
            # Admit sends to its own queue: after 16 rounds Lambda would stop it. The bound is the
            # quiet period: a dataset has one check under way, and none once its files are at rest.
            recursive_loop=lambda_.RecursiveLoop.ALLOW,
        )
        waits = self._logged_metric("LongestWait", admit, "LongestWaitHours", "longest_wait_hours")
        alarm_on(
            waits,
            # Reconciliation is hourly: each period has a value.
            waits.metric(statistic="Maximum", period=Duration.hours(3)),
            meaning="A dataset has waited for a run for a day, or new runs have been paused for a "
            "day. The command `tunedrop runs` shows which, why and since when.",
            topic=inputs.notifications.topic,
            threshold=24,
        )
        return admit

    def _plan_run(self) -> lambda_.Function:
        limits = {
            **self._settings.limits.model_dump(
                mode="json",
                exclude=ADMISSION_LIMITS | {"max_prediction_bytes", "monthly_budget_usd"},
            ),
            "prices_usd_per_hour": self._settings.prices_usd_per_hour,
        }
        return self._function(
            "PlanRun",
            self.inputs.image,
            "Copies a run's inputs and resolves its plan",
            permissions=[
                self._bucket.read_versions("datasets/*"),
                self._bucket.read("admission/state.json", "models/*", "prices/*", "runs/*"),
                self._bucket.write("prices/*", "runs/*"),
                self._bucket.write("inputs/*"),
                *self._jobs.describe(),
                read_prices(),
            ],
            environment={
                "HOME": _HOME,
                "TUNEDROP_JOB_PREFIX": self._jobs.prefix,
                "TUNEDROP_LIMITS": _json(limits),
                "TUNEDROP_SPOT": _json(self._settings.spot),
                "TUNEDROP_TRAINING_IMAGE": self.inputs.image.uri,
                "TUNEDROP_REPORT": _json(self._settings.report.model_dump(mode="json")),
            },
            # Large inputs are copied, trial fits take a minute, and a cold start up to ten seconds.
            timeout=Duration.minutes(15),
            # Reading a table whole takes 0.8 GB, forked children as much again, imports 0.3 GB; new
            # accounts have no more than this.
            memory_mb=3008,
            # Files of 128 MiB packed and unpacked, or row groups of 1 GiB and a sample of them.
            storage_mb=2048,
            raises_by_design=True,  # rejects inputs
        )

    def _start_job(self) -> lambda_.Function:
        return self._function(
            "StartJob",
            Group.WORKFLOW,
            "Creates a tuning job or the Confirm job, from plan.json",
            permissions=[
                self._bucket.read("admission/state.json", "runs/*"),
                self._bucket.write("runs/*"),
                *self._jobs.create(),
                *self._jobs.describe(),
                *self.inputs.notifications.publishing(),
            ],
            environment={
                "TUNEDROP_TRAINING_ROLE_ARN": self._jobs.training_role.role_arn,
                "TUNEDROP_NETWORK": _json(
                    self._settings.network.model_dump(mode="json", exclude={"lambdas"})
                ),
                "TUNEDROP_KMS_KEY_ARN": self._settings.kms_key_arn or "",
                "TUNEDROP_TAGS": _json(self._settings.all_tags),
                "TUNEDROP_TOPIC": self.inputs.notifications.topic.topic_arn,
                "TUNEDROP_QUOTA_WAIT_SECONDS": str(self._settings.quota_wait_seconds),
            },
            raises_by_design=True,  # waits for quotas
        )

    def _await_job(self) -> lambda_.Function:
        return self._function(
            "AwaitJob",
            Group.WORKFLOW,
            "Leaves the task token for ResumeRun, and answers at once for a job that is over",
            permissions=[
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
                self._bucket.read("callbacks/*", "runs/*"),
                self._bucket.write("runs/*"),
                self._bucket.delete("callbacks/*"),
                *self._jobs.describe(),
                answer_task_token(),
                send_to(self.inputs.lost["JobEvents"]),
            ],
        )

    def _write_report(self) -> lambda_.Function:
        write_report = self._function(
            "WriteReport",
            Group.REPORT,
            "Collects everything about a run, writes its report and index, announces checks",
            permissions=[
                self._bucket.read("checks/*", "index/*", "models/*", "runs/*", "training/*"),
                self._bucket.write("index/*", "models/*", "runs/*"),
                *self._jobs.describe(),
                self._jobs.search(),
                self._events,
                *self.inputs.notifications.publishing(),
                send_to(self.inputs.lost["Checks"]),
            ],
            environment={
                "TUNEDROP_PROMOTION": _json(self._settings.promotion),
                "TUNEDROP_TOPIC": self.inputs.notifications.topic.topic_arn,
                **self._event_bus,
            },
            timeout=Duration.minutes(15),  # a large model is copied
            memory_mb=1769,  # one whole vCPU
        )
        worse = self._logged_metric("WorseModel", write_report, "WorseModels", "worse_models")
        alarm_on(
            worse,
            worse.metric(statistic="Sum"),
            meaning="A model in use predicts rows with outcomes worse than promised. A message of "
            "its own names the dataset; `tunedrop runs DATASET` shows its checks.",
            topic=self.inputs.notifications.topic,
        )
        return write_report

    def _record_failure(self) -> lambda_.Function:
        return self._function(
            "RecordFailure",
            Group.WORKFLOW,
            "Stops the jobs of a run that failed, and writes failure.json",
            permissions=[
                self._bucket.read("index/*", "runs/*"),
                self._bucket.write("index/*", "runs/*"),
                *self._jobs.describe(),
                *self._jobs.stop(),
                self._events,
            ],
            environment=self._event_bus,
            timeout=Duration.minutes(5),
        )

    def _stop_jobs(self) -> lambda_.Function:
        return self._function(
            "StopJobs",
            Group.WORKFLOW,
            "Stops what executions that are over have left running",
            permissions=[
                self._bucket.read("index/*", "runs/*"),
                self._bucket.write("index/*", "runs/*"),
                *self._jobs.describe(),
                *self._jobs.stop(),
                *self._jobs.list(),
                Permission(["states:ListExecutions"], [self.inputs.state_machine_arn]),
                see_executions(self, self.inputs.state_machine_name),
                send_to(self.inputs.lost["StopEvents"]),
                self._events,
            ],
            environment={"TUNEDROP_JOB_PREFIX": self._jobs.prefix, **self._event_bus},
            timeout=Duration.minutes(15),
        )

    def _predict(self) -> lambda_.Function:
        queue = self.inputs.predict_queue
        return self._function(
            "Predict",
            self.inputs.image,
            "Predicts files of rows by the model in use",
            permissions=[
                self._bucket.read_versions("predict/*"),
                self._bucket.read("checks/*", "models/*", "predictions/*"),
                self._bucket.write("checks/*", "predictions/*"),
                queue.receiving(),
                send_to(queue.queue),
            ],
            environment={
                "HOME": _HOME,
                "TUNEDROP_PREDICT_QUEUE": queue.queue.queue_url,
                "TUNEDROP_MAX_PREDICTION_BYTES": str(self._settings.limits.max_prediction_bytes),
            },
            timeout=Duration.minutes(15),
            memory_mb=3008,
            # The model, packed and unpacked; the rows, and the rows with their predictions.
            storage_mb=8192,
        )

    def _logged_metric(
        self, construct_id: str, function: lambda_.Function, name: str, key: str
    ) -> logs.MetricFilter:
        """Make a metric of a number that a Lambda logs."""
        return logs.MetricFilter(
            self,
            construct_id,
            log_group=function.log_group,
            filter_pattern=logs.FilterPattern.number_value(f"$.{key}", ">=", 0),
            metric_namespace=f"Tunedrop/{Stack.of(self).stack_name}",
            metric_name=name,
            metric_value=f"$.{key}",
        )

    def _function(
        self,
        name: str,
        source: Group | TrainingImage,
        description: str,
        *,
        permissions: Sequence[Permission],
        environment: Mapping[str, str] | None = None,
        **options: Any,
    ) -> lambda_.Function:
        if isinstance(source, TrainingImage):
            program = options_of_image(name, source)
        else:
            program = options_of_asset(name, self._code[source], self._settings)
        return make_function(
            Construct(self, name),
            name=name,
            description=description,
            settings=self._settings,
            program=program,
            permissions=[self._bucket.list(), *permissions, *self._bucket.encryption()],
            environment={"TUNEDROP_BUCKET": self._bucket.name, **(environment or {})},
            topic=self.inputs.notifications.topic,
            **options,
        )


# skrub creates a folder below it on import; a Lambda may write only here.
_HOME = "/tmp"  # noqa: S108


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True)
