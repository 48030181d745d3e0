from __future__ import annotations

from local_aws.ministack.lambda_workers import error_payload


def test_an_exception_keeps_its_class_message_and_stack() -> None:
    body = {"errorMessage": "no rows", "errorType": "Runtime.HandlerError"}
    failure = {"status": "error", "error": "no rows", "type": "DatasetError", "stack": ["line"]}
    assert error_payload(body, failure) == {
        "errorMessage": "no rows",
        "errorType": "DatasetError",
        "stackTrace": ["line"],
    }


def test_an_exception_that_talks_of_dying_is_still_an_exception() -> None:
    body = {"errorMessage": "Worker process died", "errorType": "Runtime.HandlerError"}
    failure = {"type": "ValueError", "stack": []}
    assert error_payload(body, failure)["errorType"] == "ValueError"


def test_a_timeout_keeps_its_name() -> None:
    body = {"errorMessage": "Task timed out after 3.00 seconds", "errorType": "Sandbox.Timedout"}
    assert error_payload(body, {"status": "error", "error": "..."}) == body


def test_an_import_error_is_told_as_aws_does() -> None:
    body = {
        "errorMessage": "Worker init failed: Runtime.ImportModuleError: Unable to import module",
        "errorType": "RuntimeError",
    }
    assert error_payload(body, None) == {
        "errorMessage": "Unable to import module",
        "errorType": "Runtime.ImportModuleError",
    }


def test_everything_else_is_an_exit_of_the_process() -> None:
    body = {"errorMessage": "[Errno 32] Broken pipe", "errorType": "BrokenPipeError"}
    assert error_payload(body, None)["errorType"] == "Runtime.ExitError"
