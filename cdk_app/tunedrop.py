"""Tunedrop as a construct, for an app of yours: wires its parts, and does nothing else.

Read it to see who may touch what; `functions` has the Lambdas' permissions. `app` puts
it into the stack that this repository deploys.
"""

from __future__ import annotations

import hashlib

from aws_cdk import CfnOutput, Stack, Tags
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from cdk_app import grants
from cdk_app.access import BucketAccess, JobAccess
from cdk_app.context import parse_settings
from cdk_app.data_bucket import DataBucket
from cdk_app.events import (
    route_to_admission,
    route_to_predict,
    route_to_resume_run,
    route_to_stop_jobs,
    route_to_write_report,
    schedule_starts,
)
from cdk_app.functions import FunctionInputs, Functions
from cdk_app.kms_and_vpc import let_logs_use
from cdk_app.notifications import MonthlyBudget, Notifications
from cdk_app.permissions import arn
from cdk_app.queues import Arrivals, DeadLetters, PredictQueue
from cdk_app.run_state_machine import RunStateMachine
from cdk_app.sagemaker_permissions import Machines
from cdk_app.settings import Settings
from cdk_app.training import TrainingImage, serving_role, training_role


class Tunedrop(Construct):
    """A bucket, the admission of runs, the state machine of a run, and the report.

    A stack has one at most: the stack's name is in front of all names, and its outputs are what the
    `tunedrop` command looks for.

    Parameters
    ----------
    settings
        Those of docs/settings.md, but for `stack_name`: `parse_settings({...})` checks them.
    bucket
        A versioned bucket that sends its events to EventBridge, with a lifecycle of its owner; None
        takes what the settings say.
    topic
        Gets the verdicts and the alarms; None makes one.
    key
        Encrypts what `kms_key_arn` does; None takes the setting, or the key of `bucket`. A key of
        the same app lets CloudWatch Logs use it.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        bucket: s3.IBucket | None = None,
        topic: sns.ITopic | None = None,
        key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        name = Stack.of(self).stack_name
        settings = parse_settings({**settings.model_dump(mode="json"), "stack_name": name})
        if key is None and settings.kms_key_arn is not None:
            key = kms.Key.from_key_arn(self, "Key", settings.kms_key_arn)
        elif key is None and bucket is not None:
            key = bucket.encryption_key
        self._key = key
        if self._key is not None:
            let_logs_use(self, self._key, name=name)
            settings = settings.model_copy(update={"kms_key_arn": self._key.key_arn})
        self._settings = settings
        for tag, value in settings.all_tags.items():
            Tags.of(self).add(tag, value)

        self.bucket = DataBucket(
            self, "Data", settings=settings, key=self._key, bucket=bucket
        ).bucket
        self._notifications = Notifications(
            self, "Notifications", email=settings.notification_email, topic=topic
        )
        self.topic = self._notifications.topic
        if settings.limits.monthly_budget_usd is not None:
            MonthlyBudget(
                self,
                "Budget",
                usd=settings.limits.monthly_budget_usd,
                stack_tag=name,
                notifications=self._notifications,
            )
        self._lost = {
            name: DeadLetters(self, f"Lost{name}", meaning=meaning, topic=self.topic).queue
            for name, meaning in LOST.items()
        }
        self._arrivals = Arrivals(
            self,
            "Arrivals",
            quiet_period_seconds=settings.quiet_period_seconds,
            dead_letters=self._lost["Arrivals"],
            topic=self.topic,
        )
        self._predict_queue = PredictQueue(self, "Predict", dead_letters=self._lost["Predictions"])
        # Admit starts the state machine, which calls other Lambdas: its name, known beforehand,
        # keeps roles and state machine from waiting for each other.
        self._runs_name = f"{name}-run"
        self._runs_arn = arn(self, "states", f"stateMachine:{self._runs_name}")
        self._functions, self._serving_role = self._make_functions()
        self.runs: sfn.StateMachine = RunStateMachine(
            self,
            "Runs",
            name=self._runs_name,
            settings=settings,
            functions=self._functions,
            notifications=self._notifications,
        ).state_machine
        self._route_events()
        self._write_outputs()

    def grant_drop(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow dropping datasets, which spends money within the limits."""
        return grants.grant_permissions(self, grantee, grants.drop(self.bucket, self._key))

    def grant_predict(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow uploading rows and reading their predictions."""
        return grants.grant_permissions(self, grantee, grants.predict(self.bucket, self._key))

    def grant_read(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow reading datasets, runs, reports, models and their checks."""
        return grants.grant_permissions(self, grantee, grants.read(self.bucket, self._key))

    def grant_operate(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow reading, starting and stopping runs, also with the `tunedrop` command."""
        return grants.grant_permissions(
            self,
            grantee,
            [*grants.read(self.bucket, self._key), *grants.operate(self._functions)],
        )

    def _make_functions(self) -> tuple[Functions, iam.Role]:
        settings = self._settings
        image = TrainingImage(
            self, "TrainingImage", uri=settings.training_image, base=settings.base_image
        )
        machines = Machines(self.bucket, image.repository, self._key, settings.network)
        training = training_role(Construct(self, "Training"), machines)
        serving = serving_role(Construct(self, "Serving"), machines)
        prefix = job_prefix(settings.stack_name)
        inputs = FunctionInputs(
            bucket=BucketAccess(self.bucket, self._key),
            jobs=JobAccess(self, job_prefix=prefix, training_role=training),
            image=image,
            state_machine_name=self._runs_name,
            state_machine_arn=self._runs_arn,
            arrivals=self._arrivals,
            predict_queue=self._predict_queue,
            notifications=self._notifications,
            lost=self._lost,
        )
        return Functions(self, "Functions", settings=settings, inputs=inputs), serving

    def _route_events(self) -> None:
        self._arrivals.deliver_to(self._functions.admit)
        route_to_admission(
            Construct(self, "AdmissionEvents"),
            bucket=self.bucket,
            state_machine_arn=self._runs_arn,
            arrivals=self._arrivals,
        )
        self._predict_queue.deliver_to(self._functions.predict)
        route_to_predict(
            Construct(self, "PredictEvents"), bucket=self.bucket, predict_queue=self._predict_queue
        )
        if schedules := self._settings.retuning:
            scope = Construct(self, "Retuning")
            schedule_starts(scope, schedules=schedules, arrivals=self._arrivals)
        route_to_resume_run(
            Construct(self, "JobEvents"),
            job_prefix=job_prefix(self._settings.stack_name),
            resume_run=self._functions.resume_run,
            dead_letters=self._lost["JobEvents"],
        )
        route_to_stop_jobs(
            Construct(self, "StopEvents"),
            state_machine_arn=self._runs_arn,
            stop_jobs=self._functions.stop_jobs,
            dead_letters=self._lost["StopEvents"],
        )
        route_to_write_report(
            Construct(self, "CheckEvents"),
            bucket=self.bucket,
            write_report=self._functions.write_report,
            dead_letters=self._lost["Checks"],
        )

    def _write_outputs(self) -> None:
        drop = (
            "aws s3 cp examples/penguins/train.csv "
            f"s3://{self.bucket.bucket_name}/datasets/penguins/"
        )
        # What a person, and the local AWS, need to know (docs/architecture.md).
        for output, description, value in (
            ("Bucket", "Datasets, runs and models", self.bucket.bucket_name),
            ("StateMachine", "Every run is an execution of it", self.runs.state_machine_arn),
            ("Topic", "How runs ended, and alarms; subscribe to it", self.topic.topic_arn),
            ("ServingRole", "For endpoints with a run's model", self._serving_role.role_arn),
            ("DropCommand", "Starts a first run, from a checkout of Tunedrop", drop),
        ):
            written = CfnOutput(self, output, description=description, value=value)
            # The same whatever the construct is called.
            written.override_logical_id(output)


LOST = {
    "Arrivals": "A message about a dataset or a run could not be delivered to Admit, or Admit "
    "failed on it 12 times. Read Admit's log, then purge the queue: the hourly reconciliation "
    "finds what the messages were about.",
    "JobEvents": "A job is over but its run could not be resumed. The run looks again after one "
    "heartbeat; read the Lambda ResumeRun's log.",
    "StopEvents": "Jobs of a run that was cut off may still be running, and cost money. Read the "
    "Lambda StopJobs' log, and stop jobs whose names start with td- or tc- by hand.",
    "Predictions": "A file in predict/ has no answer. Read the Lambda Predict's log; the hourly "
    "reconciliation tries the file again.",
    "Checks": "A check of a model in use was not shown or announced. Read the Lambda "
    "WriteReport's log, then purge the queue; `tunedrop runs DATASET` lists the checks.",
}


def job_prefix(stack_name: str) -> str:
    """Return the part of jobs' names that is this deployment's own."""
    return hashlib.sha256(stack_name.encode()).hexdigest()[:8]
