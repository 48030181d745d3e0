"""Lambda's Python processes: errors, logging, the packages they see, their number and their end.

MiniStack writes a script for each process; half of the patches are in that script's text.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from local_aws.ministack import patching
from local_aws.ministack.lambda_code import SOURCES_VARIABLE

runtime = patching.module("core.lambda_runtime")
services = patching.module("services.lambda_svc")

# Names the folder with the packages that AWS's Python runtime brings (lambda_code.py).
RUNTIME_PACKAGES_VARIABLE = "LOCAL_AWS_LAMBDA_RUNTIME_PACKAGES"

_LATEST = ":$LATEST"
_EXITED = "Error: Runtime exited without providing a reason"
_INIT_FAILED = "Worker init failed: "
_TIMED_OUT = "Sandbox.Timedout"

_PROLOGUE = f"""
import logging as _logging, os as _os, sys as _sys, sysconfig as _sysconfig, threading as _threading
import time as _time

def _la_watch_parent(_parent=_os.getppid()):
    # A killed server must not leave Lambdas behind. (PR_SET_PDEATHSIG follows a thread, and
    # MiniStack starts workers from short-lived ones.)
    while _os.getppid() == _parent:
        _time.sleep(0.5)
    _os._exit(1)

_threading.Thread(target=_la_watch_parent, daemon=True).start()

# The access key names the caller (calls.py).
_os.environ["AWS_ACCESS_KEY_ID"] = _os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "lambda")

# The standard library and the runtime's own packages; the asset goes in front. A dependency which
# the asset lacks must be missing here as it is on AWS, although this interpreter has it.
# An image has the packages of the training jobs, which are this interpreter's, and its own code.
_la_library = _sysconfig.get_path("stdlib")
_la_ours = _os.environ.pop("PYTHONPATH", "").split(_os.pathsep)
_la_image = _os.environ.get("{SOURCES_VARIABLE}")
_sys.path[:] = [
    _entry for _entry in _sys.path[1:]
    if _entry not in _la_ours
    and (_la_image if "-packages" in _entry else _entry.startswith(_la_library))
]
if _la_image:
    _sys.path[:0] = _la_image.split(_os.pathsep)
else:
    _sys.path.append(_os.environ["{RUNTIME_PACKAGES_VARIABLE}"])

# AWS's runtime gives the root logger a handler: logging reaches CloudWatch Logs.
_la_formatter = _logging.Formatter(
    "[%(levelname)s]\\t%(asctime)s.%(msecs)03dZ\\t%(message)s", "%Y-%m-%dT%H:%M:%S")
_la_formatter.converter = _time.gmtime
_la_handler = _logging.StreamHandler(_sys.stderr)
_la_handler.setFormatter(_la_formatter)
_logging.getLogger().addHandler(_la_handler)
"""

_failure: ContextVar[dict[str, Any] | None] = ContextVar("lambda_failure", default=None)


def patch() -> None:
    """Apply this module's replacements."""
    patching.replace(runtime, "_PYTHON_WORKER_SCRIPT", patched_script)
    patching.replace(runtime.Worker, "invoke", _remember_failure)
    patching.replace(services, "_execute_function_warm", _name_error)
    patching.replace(services, "_execute_function_dispatch", _queue)
    patching.replace(services, "reap_idle_workers", _reap_versions)


def patched_script(script: str) -> str:
    """Return MiniStack's script with our prologue, and with the classes of exceptions.

    https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html,
    https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
    """
    script = patching.rewrite(
        script,
        '{"status": "error", "error": str(e), "trace": traceback.format_exc()}',
        '{"status": "error", "error": str(e), "trace": traceback.format_exc(),'
        ' "type": type(e).__name__, "stack": traceback.format_tb(e.__traceback__)[1:]}',
    )
    script = patching.rewrite(
        script,
        '{"status": "error", "error": str(e)}',
        '{"status": "error", "error":'
        ' "Runtime.ImportModuleError: Unable to import module \'" + module_name + "\': " + str(e)'
        ' if isinstance(e, ImportError) else type(e).__name__ + ": " + str(e)}',
    )
    return _PROLOGUE + script


def error_payload(body: dict[str, Any], failure: dict[str, Any] | None) -> dict[str, Any]:
    """Return the answer of AWS's runtime for a failed invocation."""
    message = str(body.get("errorMessage", ""))
    if failure and "type" in failure:
        return {
            "errorMessage": message,
            "errorType": failure["type"],
            "stackTrace": failure["stack"],
        }
    if body.get("errorType") == _TIMED_OUT:
        return body
    if message.startswith(_INIT_FAILED):
        name, _, rest = message.removeprefix(_INIT_FAILED).partition(": ")
        return {"errorMessage": rest, "errorType": name}
    return {"errorMessage": _EXITED, "errorType": "Runtime.ExitError"}


def _remember_failure(invoke: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Remember the process's answer: MiniStack passes on the message only."""

    def invoke_worker(*args: Any, **kwargs: Any) -> dict[str, Any]:
        result = invoke(*args, **kwargs)
        _failure.set(result)
        return result

    return invoke_worker


def _name_error(execute: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Answer with the exception's class as errorType, or Runtime.ExitError for a killed process.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-retries.html
    """

    def run(func: Any, event: Any, request_id: str) -> dict[str, Any]:
        _failure.set(None)
        answer = execute(func, event, request_id)
        body = answer.get("body")
        if answer.get("error") and isinstance(body, dict):
            answer["body"] = {**error_payload(body, _failure.get()), "requestId": request_id}
        return answer

    return run


def worker_limit(cores: int | None) -> int:
    """Invocations at once: two a core, at least 4 (a burst of 200 then took 17.5 s and 1 GB)."""
    return max(4, min(2 * (cores or 1), 16))


def _reap_versions(reap: Callable[..., int]) -> Callable[[], int]:
    """End idle processes of published versions, too: MiniStack keeps one of each for ever.

    Every deployment publishes versions, and those before are called by runs in flight only.
    """

    def run() -> int:
        ended = reap()
        idle_since = time.time() - runtime._LOCAL_WORKER_TTL
        idle: list[Any] = []
        with runtime._lock:
            for key, workers in list(runtime._workers.items()):
                if not key.endswith(_LATEST):
                    idle += [w for w in workers if not w.in_use and w.last_used < idle_since]
                    runtime._workers[key] = [w for w in workers if w not in idle]
        runtime.kill_workers(idle)
        return ended + len(idle)

    return run


def _queue(execute: Callable[..., Any]) -> Callable[..., Any]:
    slots = threading.BoundedSemaphore(worker_limit(os.cpu_count()))

    def run(*args: Any, **kwargs: Any) -> Any:
        if services._invoke_depth.get() > 1:
            # Invoked by a Lambda, which holds a slot itself: waiting could wait for ever.
            return execute(*args, **kwargs)
        with slots:
            return execute(*args, **kwargs)

    return run
