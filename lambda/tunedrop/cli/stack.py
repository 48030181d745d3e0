"""The deployed stack: found by its outputs, with the clients to use it and the limits it sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import ClientError

from tunedrop.aws_errors import code_of
from tunedrop.cli.errors import CommandError
from tunedrop.clients import CONFIG, make_pricing
from tunedrop.environment import PlanRunEnvironment, StartJobEnvironment
from tunedrop.planning.prices import PriceList
from tunedrop.storage import Bucket

if TYPE_CHECKING:
    from boto3 import Session
    from mypy_boto3_cloudformation.type_defs import StackTypeDef
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_stepfunctions import SFNClient

DEFAULT_NAME = "Tunedrop"

_USABLE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE")
# A Lambda may take 15 minutes.
_PATIENT = Config(read_timeout=900, retries={"total_max_attempts": 1})
# While it is updated, everything in it goes on working.
_UPDATING = ("UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")


@dataclass(frozen=True)
class Stack:
    """A stack in the account and region of a session."""

    name: str
    bucket_name: str
    state_machine: str
    session: Session
    outputs: Mapping[str, str]
    _configurations: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def region(self) -> str:
        """The AWS region that it is in."""
        return str(self.session.region_name)

    @property
    def partition(self) -> str:
        """Of AWS: aws, aws-cn or aws-us-gov."""
        return self.state_machine.split(":")[1]

    @property
    def account(self) -> str:
        """The AWS account that it is in."""
        return self.state_machine.split(":")[4]

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource beside the stack's."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def client(self, service: str, region: str | None = None) -> Any:
        """Return a client of an AWS service, in the stack's region or in another one."""
        session: Any = self.session
        return session.client(service, region_name=region, config=CONFIG)

    @property
    def bucket(self) -> Bucket:
        """Its bucket."""
        return Bucket(self.s3, self.bucket_name)

    @cached_property
    def s3(self) -> Any:
        """Client of S3."""
        return self.session.client("s3", config=CONFIG)

    @cached_property
    def sagemaker(self) -> SageMakerClient:
        """Client of SageMaker."""
        return self.session.client("sagemaker", config=CONFIG)

    @cached_property
    def executions(self) -> SFNClient:
        """Client of Step Functions."""
        return self.session.client("stepfunctions", config=CONFIG)

    @cached_property
    def functions(self) -> LambdaClient:
        """Client of Lambda; a call takes as long as the function does, and is made once."""
        return self.session.client("lambda", config=CONFIG.merge(_PATIENT))

    @cached_property
    def caller(self) -> str:
        """The ARN of who calls, for records of who started or stopped what."""
        return str(self.session.client("sts", config=CONFIG).get_caller_identity()["Arn"])

    @property
    def price_list(self) -> PriceList:
        """AWS's price list for its region."""
        return PriceList(self.region, lambda: make_pricing(self.session), keep=False)

    def configuration(self, function: str) -> Mapping[str, Any]:
        """Return the configuration of one of its Lambdas."""
        if function not in self._configurations:
            client = self.client("lambda")
            found = client.get_function_configuration(FunctionName=f"{self.name}-{function}")
            self._configurations[function] = found
        return self._configurations[function]

    def variables(self, function: str) -> Mapping[str, str]:
        """Return the environment variables of one of its Lambdas."""
        found: Mapping[str, str] = self.configuration(function)["Environment"]["Variables"]
        return found

    @property
    def planning(self) -> PlanRunEnvironment:
        """The environment of PlanRun."""
        return PlanRunEnvironment.from_environ(self.variables("PlanRun"))

    @property
    def jobs(self) -> StartJobEnvironment:
        """The environment of StartJob."""
        return StartJobEnvironment.from_environ(self.variables("StartJob"))


def find(session: Session, name: str) -> Stack:
    """Find a stack by its name and read its outputs.

    Raises
    ------
    CommandError
        When there is none that can be used.
    """
    found = _describe(session, name)
    where = f"in the region {session.region_name}"
    if found is None:
        raise CommandError(
            f"There is no stack {name!r} {where} of this AWS account. Name another one with "
            "--stack, --region or --profile, or deploy it: make deploy."
        )
    if found["StackStatus"] not in _USABLE + _UPDATING:
        raise CommandError(
            f"The stack {name!r} {where} is {found['StackStatus']} and cannot be used. "
            "The CloudFormation console says why."
        )
    outputs = {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}
    missing = {"Bucket", "StateMachine"} - outputs.keys()
    if missing:
        raise CommandError(
            f"The stack {name!r} {where} has no output {min(missing)}: it is not Tunedrop's. "
            "Name Tunedrop's with --stack."
        )
    return Stack(name, outputs["Bucket"], outputs["StateMachine"], session, outputs)


def _describe(session: Session, name: str) -> StackTypeDef | None:
    client = session.client("cloudformation", config=CONFIG)
    try:
        return client.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        # CloudFormation's answer for a stack that does not exist.
        if code_of(error) == "ValidationError" and "does not exist" in str(error):
            return None
        raise
