"""The deployed stack: its outputs, clients of the services it uses, and calls of its Lambdas."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import ClientError

from tunedrop.admission_state import AdmissionState, read_admission_state
from tunedrop.aws_errors import code_of, translated
from tunedrop.cli.terminal import CommandError
from tunedrop.clients import CONFIG, make_pricing
from tunedrop.environment import PlanRunEnvironment, StartJobEnvironment
from tunedrop.errors import UserInputError
from tunedrop.failures.error_meanings import is_user_input
from tunedrop.planning.prices import PriceList
from tunedrop.storage import Bucket

if TYPE_CHECKING:
    from boto3 import Session
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_stepfunctions import SFNClient

DEFAULT_NAME = "Tunedrop"

# A Lambda may take 15 minutes; a call is made once.
_INVOKE_CONFIG = CONFIG.merge(Config(read_timeout=900, retries={"total_max_attempts": 1}))


@dataclass(frozen=True)
class Stack:
    """A stack in the account and region of a session; `id` is of one creation of it."""

    name: str
    id: str
    bucket_name: str
    state_machine: str
    session: Session
    outputs: Mapping[str, str]

    @property
    def region(self) -> str:
        """The AWS region of the stack."""
        return str(self.session.region_name)

    def client(self, service: str, region: str | None = None, config: Config = CONFIG) -> Any:
        """Return a client of an AWS service, in the stack's region by default."""
        session: Any = self.session
        return session.client(service, region_name=region, config=config)

    @property
    def bucket(self) -> Bucket:
        """The bucket that holds all state."""
        return Bucket(self.s3, self.bucket_name)

    def read_admission_state(self) -> AdmissionState | None:
        """Return the admission state; None before the first message."""
        return read_admission_state(self.bucket, self.id)

    @cached_property
    def s3(self) -> Any:
        """Client of S3."""
        return self.client("s3")

    @cached_property
    def sagemaker(self) -> SageMakerClient:
        """Client of SageMaker."""
        return self.session.client("sagemaker", config=CONFIG)

    @cached_property
    def executions(self) -> SFNClient:
        """Client of Step Functions."""
        return self.session.client("stepfunctions", config=CONFIG)

    @cached_property
    def caller(self) -> str:
        """ARN of the caller, for records of who started or stopped what."""
        return str(self.client("sts").get_caller_identity()["Arn"])

    @property
    def price_list(self) -> PriceList:
        """AWS's price list for the stack's region."""
        return PriceList(self.region, lambda: make_pricing(self.session))

    def configuration(self, function: str) -> Mapping[str, Any]:
        """Return the configuration of one of the stack's Lambdas."""
        name = f"{self.name}-{function}"
        client = self.session.client("lambda", config=CONFIG)
        return client.get_function_configuration(FunctionName=name)

    @cached_property
    def plan_run(self) -> PlanRunEnvironment:
        """The environment of PlanRun."""
        variables = self.configuration("PlanRun")["Environment"]["Variables"]
        return PlanRunEnvironment.from_environ(variables)

    @cached_property
    def start_job(self) -> StartJobEnvironment:
        """The environment of StartJob."""
        variables = self.configuration("StartJob")["Environment"]["Variables"]
        return StartJobEnvironment.from_environ(variables)

    def invoke(self, function: str, call: Mapping[str, Any]) -> dict[str, Any]:
        """Call one of the stack's Lambdas and wait for its answer.

        Raises
        ------
        UserInputError
            If the Lambda rejects the user's input.
        CommandError
            If it fails in another way.
        """
        name = f"{self.name}-{function}"
        client = self.client("lambda", config=_INVOKE_CONFIG)
        with translated():
            answer = client.invoke(FunctionName=name, Payload=json.dumps(call).encode())
            payload: dict[str, Any] = json.loads(answer["Payload"].read())
        if "FunctionError" not in answer:
            return payload
        # https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
        message = str(payload.get("errorMessage") or payload)
        if is_user_input(payload.get("errorType", "")):
            raise UserInputError(message)
        raise CommandError(f"{message.rstrip('.')}. Read the log of {name}.")


def find_stack(session: Session, name: str) -> Stack:
    """Read a stack's outputs.

    Raises
    ------
    CommandError
        If there is no usable stack of this name.
    """
    region = f"in the region {session.region_name}"
    client = session.client("cloudformation", config=CONFIG)
    try:
        stack = client.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        # CloudFormation's answer for a stack that does not exist.
        if code_of(error) == "ValidationError" and "does not exist" in str(error):
            raise CommandError(
                f"There is no stack {name!r} {region} of this AWS account. Name another one with "
                "--stack, --region or --profile, or deploy it: make deploy."
            ) from None
        raise
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", ())}
    if missing := {"Bucket", "StateMachine"} - outputs.keys():
        raise CommandError(
            f"The stack {name!r} {region} is {stack['StackStatus']} and has no output "
            f"{min(missing)}. If it is Tunedrop's, deploy it again: make deploy. Otherwise name "
            "Tunedrop's stack with --stack."
        )
    return Stack(
        name, stack["StackId"], outputs["Bucket"], outputs["StateMachine"], session, outputs
    )
