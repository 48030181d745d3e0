"""The stack: wires the constructs to each other and does nothing else.

Read it to see who may touch what; `functions` has the Lambdas' permissions.
"""

from __future__ import annotations

import hashlib

from aws_cdk import CfnOutput, Stack, Tags
from aws_cdk import aws_kms as kms
from constructs import Construct

from cdk_app.access import BucketAccess, JobAccess
from cdk_app.budget import MonthlyBudget
from cdk_app.data_bucket import DataBucket
from cdk_app.dead_letters import DeadLetters
from cdk_app.events import DatasetEvents, JobEvents, StopEvents, send_failures_to
from cdk_app.functions import Functions, Surroundings
from cdk_app.notifications import Notifications
from cdk_app.permissions import arn
from cdk_app.retuning import Retuning
from cdk_app.run_state_machine import RunStateMachine
from cdk_app.sagemaker_permissions import Machines
from cdk_app.settings import Settings
from cdk_app.training import TrainingImage, serving_role, training_role


class TuningStack(Stack):
    """Tunedrop: a bucket in front, a state machine behind, a report at the end."""

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
        lost_datasets, lost_jobs, lost_stops = (
            DeadLetters(self, f"Lost{what}", meaning=meaning, topic=topic)
            for what, meaning in LOST.items()
        )

        image = TrainingImage(
            self, "TrainingImage", uri=settings.training_image, base=settings.base_image
        )
        machines = Machines(data.bucket, image.repository, key, settings.network)
        training = training_role(Construct(self, "Training"), machines)
        serving = serving_role(Construct(self, "Serving"), machines)

        # The state machine calls Lambdas which answer its task tokens: its name, known beforehand,
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
                lost_job_events=lost_jobs.sending(),
                lost_stop_events=lost_stops.sending(),
                topic_arn=topic.topic_arn,
                publishing=notifications.publishing(),
            ),
        )
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
        retuning = Retuning(
            self,
            "Retuning",
            name=f"{name}-retune",
            settings=settings,
            retune=functions.retune,
            runs=runs,
            topic=topic,
        ).state_machine

        DatasetEvents(
            self, "DatasetEvents", bucket=data.bucket, runs=runs, dead_letters=lost_datasets
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
            ("RetuneStateMachine", "Starts runs for all datasets", retuning.state_machine_arn),
            ("Topic", "How runs ended, and alarms; subscribe to it", topic.topic_arn),
            ("ServingRole", "For endpoints with a run's model", serving.role_arn),
            ("DropCommand", "Starts a first run, from a checkout of Tunedrop", drop),
        ):
            CfnOutput(self, output, description=description, value=value)


LOST = {
    "DatasetEvents": "A dataset arrived but could not start a run. Start it by hand: "
    'start an execution of the state machine with {"dataset": "<name>"}.',
    "JobEvents": "A job is over but its run could not be resumed. The run looks again after one "
    "heartbeat; read the Lambda ResumeRun's log.",
    "StopEvents": "Jobs of a run that was cut off may still be running, and cost money. Read the "
    "Lambda StopJobs' log, and stop jobs whose names start with td- or tc- by hand.",
}


def job_prefix(stack_name: str) -> str:
    """Return the part of jobs' names that is this deployment's own."""
    return hashlib.sha256(stack_name.encode()).hexdigest()[:8]
