"""Step Functions' side of the workflow: executions, and task tokens that are live or not."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from tests.support.fakes import START, FakeClient, client_error


class FakeStepFunctions(FakeClient):
    """Executions as tests make them; a task token answers once and only while it is live."""

    service = "stepfunctions"
    size_parameter = "maxResults"
    token_parameter = "nextToken"

    def __init__(self, page_size: int = 2) -> None:
        super().__init__(page_size)
        self.executions: dict[str, dict[str, Any]] = {}
        self.live_tokens: set[str] = set()
        self.answers: list[tuple[str, dict[str, Any]]] = []
        self.failures: list[tuple[str, str, str]] = []  # token, error, cause

    # for tests

    def add(
        self,
        arn: str,
        status: str = "RUNNING",
        *,
        given: Any = None,
        started: datetime = START,
        stopped: datetime | None = None,
        error: str = "",
        cause: str = "",
    ) -> None:
        """Make an execution, or change one."""
        self.executions[arn] = {
            "executionArn": arn,
            "stateMachineArn": "arn:aws:states:eu-west-1:123456789012:stateMachine:Tunedrop",
            "name": arn.rpartition(":")[2],
            "status": status,
            "startDate": started,
            "input": given if isinstance(given, str) else json.dumps(given),
            **({"error": error} if error else {}),
            **({"cause": cause} if cause else {}),
        }
        if status != "RUNNING":
            self.executions[arn]["stopDate"] = stopped or started + timedelta(minutes=5)

    # boto3's operations

    def send_task_success(self, **parameters: Any) -> dict[str, Any]:
        token = self._use_token(parameters["taskToken"])
        self.answers.append((token, json.loads(parameters["output"])))
        return {}

    def send_task_failure(self, **parameters: Any) -> dict[str, Any]:
        token = self._use_token(parameters["taskToken"])
        self.failures.append((token, parameters["error"], parameters["cause"]))
        return {}

    def _use_token(self, token: str) -> str:
        if token not in self.live_tokens:
            message = "Task Timed Out: 'Provided task does not exist anymore'"
            raise client_error("TaskTimedOut", 400, message, "SendTask")
        self.live_tokens.remove(token)
        return token

    def describe_execution(self, **parameters: Any) -> dict[str, Any]:
        arn = parameters["executionArn"]
        if arn not in self.executions:
            message = f"Execution Does Not Exist: '{arn}'"
            raise client_error("ExecutionDoesNotExist", 400, message, "DescribeExecution")
        return self.executions[arn]

    def list_executions(self, **parameters: Any) -> dict[str, Any]:
        found = [
            {k: v for k, v in execution.items() if k not in ("input", "error", "cause")}
            for execution in self.executions.values()
            if execution["status"] == parameters["statusFilter"]
        ]
        found.sort(key=lambda execution: execution["startDate"], reverse=True)
        return self._page("executions", found, parameters)
