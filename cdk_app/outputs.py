"""What a person, and the local AWS, need to know about a deployed stack."""

from __future__ import annotations

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn


def add_outputs(
    stack: Stack,
    *,
    bucket: s3.IBucket,
    runs: sfn.IStateMachine,
    retuning: sfn.IStateMachine,
    topic: sns.ITopic,
    serving_role: iam.IRole,
) -> None:
    """Add the outputs of docs/interfaces.md."""
    drop = f"aws s3 cp examples/penguins/train.csv s3://{bucket.bucket_name}/datasets/penguins/"
    for name, description, value in (
        ("Bucket", "Datasets, runs and models", bucket.bucket_name),
        ("StateMachine", "Every run is an execution of it", runs.state_machine_arn),
        ("RetuneStateMachine", "Starts runs for all datasets", retuning.state_machine_arn),
        ("Topic", "How runs ended, and alarms; subscribe to it", topic.topic_arn),
        ("ServingRole", "For endpoints with a run's model", serving_role.role_arn),
        ("DropCommand", "Starts a first run, from a checkout of Tunedrop", drop),
    ):
        CfnOutput(stack, name, description=description, value=value)
