"""What can be granted to a Lambda, in the words of the flow: read runs/, start our jobs, ...

`functions` says who gets what; the S3 prefixes are those of `lambda/tunedrop/keys.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cdk_app.permissions import Permission, arn, use_key

_BY_NAME = "Keys below this prefix are made at run time, one folder for each dataset and run."
_BY_PREFIX = "Names of jobs are made at run time; the prefix is this deployment's own."


class BucketAccess:
    """Permissions on parts of the bucket; the key's are in `encryption`."""

    def __init__(self, bucket: s3.IBucket, key: kms.IKey | None) -> None:
        self.name = bucket.bucket_name
        self._bucket = bucket
        self._key = key

    def list(self) -> Permission:
        """List keys, and see that a key is missing (without it S3 answers 403, not 404)."""
        return Permission(actions=["s3:ListBucket"], resources=[self._bucket.bucket_arn])

    def read(self, *patterns: str) -> Permission:
        """Read objects."""
        return self._on(patterns, "s3:GetObject")

    def read_versions(self, *patterns: str) -> Permission:
        """Read objects in exact versions."""
        return self._on(patterns, "s3:GetObject", "s3:GetObjectVersion")

    def write(self, *patterns: str) -> Permission:
        """Write objects."""
        return self._on(patterns, "s3:PutObject", "s3:AbortMultipartUpload")

    def delete(self, *patterns: str) -> Permission:
        """Delete objects (their versions stay until the lifecycle takes them)."""
        return self._on(patterns, "s3:DeleteObject")

    def encryption(self) -> Sequence[Permission]:
        """Use the bucket's key, if there is one."""
        return use_key(self._key, "kms:Decrypt", "kms:GenerateDataKey")

    def _on(self, patterns: tuple[str, ...], *actions: str) -> Permission:
        return Permission(
            actions=actions,
            resources=[self._bucket.arn_for_objects(pattern) for pattern in patterns],
            wildcard=_BY_NAME,
        )


class JobAccess:
    """Permissions on this deployment's SageMaker jobs, by their name prefixes.

    Tuning jobs are `td-<prefix>-...`, and so are the training jobs that SageMaker makes for them;
    Confirm jobs are `tc-<prefix>-...`.
    """

    def __init__(self, scope: Construct, *, job_prefix: str, training_role: iam.IRole) -> None:
        self.prefix = job_prefix
        self.training_role = training_role
        self._tuning = arn(scope, "sagemaker", f"hyper-parameter-tuning-job/td-{job_prefix}-*")
        self._tuned = arn(scope, "sagemaker", f"training-job/td-{job_prefix}-*")
        self._confirm = arn(scope, "sagemaker", f"training-job/tc-{job_prefix}-*")

    def create(self) -> tuple[Permission, ...]:
        """Start jobs under the training role, with tags."""
        return (
            _on_jobs("CreateHyperParameterTuningJob", "AddTags", on=[self._tuning]),
            _on_jobs("CreateTrainingJob", "AddTags", on=[self._confirm]),
            Permission(
                actions=["iam:PassRole"],
                resources=[self.training_role.role_arn],
                conditions={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
            ),
        )

    def describe(self) -> tuple[Permission, ...]:
        """See tuning jobs, their training jobs and Confirm jobs."""
        return (
            _on_jobs(
                "DescribeHyperParameterTuningJob",
                "ListTrainingJobsForHyperParameterTuningJob",
                on=[self._tuning],
            ),
            _on_jobs("DescribeTrainingJob", on=[self._tuned, self._confirm]),
        )

    def stop(self) -> tuple[Permission, ...]:
        """Stop tuning jobs and Confirm jobs."""
        return (
            _on_jobs("StopHyperParameterTuningJob", on=[self._tuning]),
            _on_jobs("StopTrainingJob", on=[self._confirm]),
        )

    def list(self) -> tuple[Permission, ...]:
        """Find jobs by their name, and read whose they are from their tags."""
        return (
            Permission(
                actions=["sagemaker:ListHyperParameterTuningJobs", "sagemaker:ListTrainingJobs"],
                resources=["*"],
                wildcard="SageMaker lists jobs of a whole account; there is no resource to name.",
            ),
            _on_jobs("ListTags", on=[self._tuning, self._confirm]),
        )

    def search(self) -> Permission:
        """Read all training jobs of a tuning job in pages, billable seconds included."""
        return Permission(
            actions=["sagemaker:Search"],
            resources=["*"],
            wildcard="SageMaker searches a whole account; there is no resource to name.",
        )


def _on_jobs(*actions: str, on: Sequence[str]) -> Permission:
    return Permission([f"sagemaker:{action}" for action in actions], on, wildcard=_BY_PREFIX)


def send_to(queue: sqs.IQueue) -> Permission:
    """Put something into a queue."""
    return Permission(actions=["sqs:SendMessage"], resources=[queue.queue_arn])


def put_events(scope: Construct, event_bus: str) -> Permission:
    """Put Tunedrop's own events on a bus, given by its name or ARN."""
    is_arn = event_bus.startswith("arn:")
    return Permission(
        actions=["events:PutEvents"],
        resources=[event_bus if is_arn else arn(scope, "events", f"event-bus/{event_bus}")],
        conditions={"StringEquals": {"events:source": "tunedrop"}},
    )


def answer_task_token() -> Permission:
    """Wake an execution whose job is over, or needs another attempt."""
    # Service Authorization Reference, "Actions defined by AWS Step Functions".
    return Permission(
        actions=["states:SendTaskSuccess", "states:SendTaskFailure"],
        resources=["*"],
        wildcard="IAM knows no resource for a task token; who has the token may answer it.",
    )


def start_executions(state_machine_arn: str) -> Permission:
    """Start executions of the state machine, and see since when it is there."""
    return Permission(
        actions=["states:StartExecution", "states:DescribeStateMachine"],
        resources=[state_machine_arn],
    )


def read_prices() -> Permission:
    """Ask AWS's price list."""
    return Permission(
        actions=["pricing:GetProducts"],
        resources=["*"],
        wildcard="AWS's price list has no resources to name.",
    )


def see_executions(scope: Construct, machine_name: str) -> Permission:
    """See how executions of the state machine ended."""
    return Permission(
        actions=["states:DescribeExecution"],
        resources=[arn(scope, "states", f"execution:{machine_name}:*")],
        wildcard="Names of executions are made at run time; the state machine is exact.",
    )
