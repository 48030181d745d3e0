"""Lambdas of the training image: run from the sources, by the interpreter of the training jobs.

MiniStack runs an image by Docker only, and no image is built here.
"""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable
from typing import Any

from local_aws.ministack import patching
from local_aws.workspace import REPOSITORY

services = patching.module("services.lambda_svc")

# Tells the process of an image which folders its code is in (lambda_workers.py).
SOURCES_VARIABLE = "LOCAL_AWS_IMAGE_SOURCES"

_SOURCES = os.pathsep.join(
    str(REPOSITORY / folder) for folder in ("training_container", "common", "lambda")
)


def patch() -> None:
    """Apply this module's replacement."""
    patching.replace(services, "_execute_function_docker", lambda _original: _run_sources)


def _run_sources(func: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
    """Run an image's command as Lambda's Python processes run a handler."""
    config = func["config"]
    variables = {
        **config.get("Environment", {}).get("Variables", {}),
        "HOME": os.environ["TMPDIR"],  # an image may write in /tmp only
        SOURCES_VARIABLE: _SOURCES,
    }
    [handler] = config["ImageConfigResponse"]["ImageConfig"]["Command"]
    process = {
        **config,
        "Runtime": "python3.13",
        "Handler": handler,
        "Environment": {"Variables": variables},
    }
    execute: Callable[..., dict[str, Any]] = services._execute_function_warm
    return execute({**func, "config": process, "code_zip": _package()}, event, request_id)


def _package() -> bytes:
    """Make the package that MiniStack asks for, with nothing to run in it."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as package:
        package.writestr(zipfile.ZipInfo("image"), "")
    return content.getvalue()
