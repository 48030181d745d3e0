from __future__ import annotations

from typing import Any

import pytest

from local_aws.ministack.lambda_workers import error_payload

DIED = {"errorMessage": "Worker process died", "errorType": "Runtime.HandlerError"}
TIMED_OUT = {"errorMessage": "Task timed out after 3.00 s", "errorType": "Sandbox.Timedout"}
NO_IMPORT = {
    "errorMessage": "Worker init failed: Runtime.ImportModuleError: Unable to import module",
    "errorType": "RuntimeError",
}
BROKEN_PIPE = {"errorMessage": "[Errno 32] Broken pipe", "errorType": "BrokenPipeError"}


@pytest.mark.parametrize(
    ("body", "failure", "message", "kind"),
    [
        (DIED, {"type": "DataError", "stack": ["line"]}, "Worker process died", "DataError"),
        (TIMED_OUT, {"error": "..."}, "Task timed out after 3.00 s", "Sandbox.Timedout"),
        (NO_IMPORT, None, "Unable to import module", "Runtime.ImportModuleError"),
        (
            BROKEN_PIPE,
            None,
            "Error: Runtime exited without providing a reason",
            "Runtime.ExitError",
        ),
    ],
    ids=["an exception", "a timeout", "an import error", "an exit of the process"],
)
def test_a_failed_invocation_is_told_as_awss_runtime_does(
    body: dict[str, Any], failure: dict[str, Any] | None, message: str, kind: str
) -> None:
    payload = error_payload(body, failure)
    stack = {"stackTrace": ["line"]} if failure and "stack" in failure else {}
    assert payload == {"errorMessage": message, "errorType": kind, **stack}
