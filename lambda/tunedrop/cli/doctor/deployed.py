"""What the checks know of a deployment: the stack's outputs, and its Lambdas' configurations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tunedrop.cli.stack import Stack
from tunedrop.environment import PlanRunEnvironment, StartJobEnvironment

FUNCTIONS = (
    "Admit",
    "PlanRun",
    "StartJob",
    "AwaitJob",
    "ResumeRun",
    "WriteReport",
    "RecordFailure",
    "StopJobs",
)


@dataclass(frozen=True)
class Deployed:
    """A deployment, with its Lambdas' configurations as they are asked for."""

    stack: Stack
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    _configurations: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def client(self, service: str, region: str | None = None) -> Any:
        """Return a client of an AWS service."""
        return self.stack.client(service, region)

    def configuration(self, function: str) -> Mapping[str, Any]:
        """Return a Lambda's configuration."""
        if function not in self._configurations:
            found = self.client("lambda").get_function_configuration(
                FunctionName=self.named(function)
            )
            self._configurations[function] = found
        return self._configurations[function]

    def named(self, function: str) -> str:
        """Return the name that a Lambda has in AWS."""
        return f"{self.stack.name}-{function}"

    def variables(self, function: str) -> Mapping[str, str]:
        """Return a Lambda's environment variables."""
        found: Mapping[str, str] = self.configuration(function)["Environment"]["Variables"]
        return found

    @property
    def planning(self) -> PlanRunEnvironment:
        """What PlanRun is told."""
        return PlanRunEnvironment.from_environ(self.variables("PlanRun"))

    @property
    def jobs(self) -> StartJobEnvironment:
        """What StartJob is told."""
        return StartJobEnvironment.from_environ(self.variables("StartJob"))

    @property
    def partition(self) -> str:
        """Of AWS: aws, aws-cn or aws-us-gov."""
        return self.stack.state_machine.split(":")[1]

    @property
    def account(self) -> str:
        """The AWS account that it is in."""
        return self.stack.state_machine.split(":")[4]

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource beside the stack's."""
        return f"arn:{self.partition}:{service}:{self.stack.region}:{self.account}:{resource}"
