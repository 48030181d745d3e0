"""The stack: wires the constructs to each other and does nothing else.

Read it to see who may touch what; `functions` has the Lambdas' permissions.
"""

from __future__ import annotations

import hashlib

from aws_cdk import CfnOutput, Stack, Tags
from aws_cdk import aws_kms as kms
from constructs import Construct

from cdk_app.access import BucketAccess, JobAccess
from cdk_app.arrivals import Arrivals
from cdk_app.budget import MonthlyBudget
from cdk_app.data_bucket import DataBucket
from cdk_app.dead_letters import DeadLetters
from cdk_app.events import DoorEvents, JobEvents, StopEvents, send_failures_to
from cdk_app.functions import Functions, Surroundings
from cdk_app.notifications import Notifications
from cdk_app.permissions import arn
from cdk_app.retuning import Retuning
from cdk_app.run_state_machine import RunStateMachine
from cdk_app.sagemaker_permissions import Machines
from cdk_app.settings import Settings
from cdk_app.training import TrainingImage, serving_role, training_role


class TuningStack(Stack):
    """Tunedrop: a bucket in front, a door, a state machine behind, a report at the end."""

    def __init__(self, scope: Construct, *, settings: Settings) -> None:
        name = settings.stack_name
        super().__init__(
            scope,
            name,
            description="Tunedrop: drop a dataset, get a tuned scikit-learn model and a report",
        )
        for tag, value in settings.all_tags.items():
            Tags.of(self).add(tag, value)

        key = (
            kms.Key.from_key_arn(self, "Key", settings.kms_key_arn)
            if settings.kms_key_arn
            else None
        )
        data = DataBucket(
            self,
            "Data",
            name=settings.bucket_name,
            existing=settings.existing_bucket,
            key=key,
            retention=settings.retention_days,
        )
        notifications = Notifications(self, "Notifications", email=settings.notification_email)
        topic = notifications.topic
        if settings.limits.monthly_budget_usd is not None:
            MonthlyBudget(
                self,
                "Budget",
                usd=settings.limits.monthly_budget_usd,
                stack_tag=name,
                notifications=notifications,
            )
        lost_arrivals, lost_jobs, lost_stops = (
            DeadLetters(self, f"Lost{what}", meaning=meaning, topic=topic)
            for what, meaning in LOST.items()
        )

        arrivals = Arrivals(
            self,
            "Arrivals",
            settle_seconds=settings.settle_seconds,
            dead_letters=lost_arrivals,
            topic=topic,
        )

        image = TrainingImage(
            self, "TrainingImage", uri=settings.training_image, base=settings.base_image
        )
        machines = Machines(data.bucket, image.repository, key, settings.network)
        training = training_role(Construct(self, "Training"), machines)
        serving = serving_role(Construct(self, "Serving"), machines)

        # Admit starts the state machine, which calls other Lambdas: its name, known beforehand,
        # keeps roles and state machine from waiting for each other.
        runs_name = f"{name}-run"
        runs_arn = arn(self, "states", "stateMachine", runs_name, separator=":")
        functions = Functions(
            self,
            "Functions",
            settings=settings,
            around=Surroundings(
                bucket_name=data.bucket.bucket_name,
                bucket=BucketAccess(data.bucket, key),
                jobs=JobAccess(self, job_prefix=job_prefix(name), training_role=training),
                job_prefix=job_prefix(name),
                training_image=image.uri,
                training_repository=image.repository,
                training_role_arn=training.role_arn,
                state_machine_name=runs_name,
                state_machine_arn=runs_arn,
                arrivals=arrivals,
                notifications=notifications,
                lost_job_events=lost_jobs.sending(),
                lost_stop_events=lost_stops.sending(),
            ),
        )
        arrivals.deliver_to(functions.admit)
        send_failures_to(functions.resume_run, lost_jobs)
        send_failures_to(functions.stop_jobs, lost_stops)

        runs = RunStateMachine(
            self,
            "Runs",
            name=runs_name,
            settings=settings,
            functions=functions,
            topic=topic,
            publishing=notifications.publishing(),
        ).state_machine
        DoorEvents(
            self,
            "DoorEvents",
            bucket=data.bucket,
            state_machine_arn=runs_arn,
            arrivals=arrivals.queue,
            dead_letters=lost_arrivals,
        )
        if settings.retuning.schedule is not None:
            Retuning(
                self,
                "Retuning",
                retuning=settings.retuning,
                arrivals=arrivals,
                dead_letters=lost_arrivals,
            )
        JobEvents(
            self,
            "JobEvents",
            job_prefix=job_prefix(name),
            resume_run=functions.resume_run,
            dead_letters=lost_jobs,
        )
        StopEvents(
            self,
            "StopEvents",
            state_machine_arn=runs_arn,
            stop_jobs=functions.stop_jobs,
            dead_letters=lost_stops,
        )
        drop = (
            "aws s3 cp examples/penguins/train.csv "
            f"s3://{data.bucket.bucket_name}/datasets/penguins/"
        )
        # What a person, and the local AWS, need to know (docs/interfaces.md).
        for output, description, value in (
            ("Bucket", "Datasets, runs and models", data.bucket.bucket_name),
            ("StateMachine", "Every run is an execution of it", runs.state_machine_arn),
            ("Topic", "How runs ended, and alarms; subscribe to it", topic.topic_arn),
            ("ServingRole", "For endpoints with a run's model", serving.role_arn),
            ("DropCommand", "Starts a first run, from a checkout of Tunedrop", drop),
        ):
            CfnOutput(self, output, description=description, value=value)


LOST = {
    "Arrivals": "A message about a dataset or a run could not be delivered to Admit, or Admit "
    "failed on it five times. Read Admit's log, then redrive the queue to Arrivals.",
    "JobEvents": "A job is over but its run could not be resumed. The run looks again after one "
    "heartbeat; read the Lambda ResumeRun's log.",
    "StopEvents": "Jobs of a run that was cut off may still be running, and cost money. Read the "
    "Lambda StopJobs' log, and stop jobs whose names start with td- or tc- by hand.",
}


def job_prefix(stack_name: str) -> str:
    """Return the part of jobs' names that is this deployment's own."""
    return hashlib.sha256(stack_name.encode()).hexdigest()[:8]
