"""AWS services of which a test says the answers; all else is denied."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support.fakes import FakeClient, client_error, operations

Answer = dict[str, Any] | Callable[[dict[str, Any]], dict[str, Any]]


class Answers(FakeClient):
    """A service's client: operation, as boto3 calls it, -> its answer."""

    def __init__(self, service: str, **answers: Answer) -> None:
        super().__init__()
        self.service = service
        self.answers = answers

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        operation = operations(self.service).get(name)
        if operation is None:
            raise AttributeError(name)

        def call(**parameters: Any) -> dict[str, Any]:
            self._begin(operation, parameters)
            if name not in self.answers:
                raise client_error("AccessDeniedException", 403, operation=operation)
            answer = self.answers[name]
            return answer(parameters) if callable(answer) else answer

        return call
