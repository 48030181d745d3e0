"""What Lambda's processes import: packages of functions, the runtime's packages, code of images.

MiniStack unpacks a function's package for each process it starts: hundreds of megabytes, and not
one module compiled. Here all processes with the same package share one copy; on AWS a cold start
finds the code unpacked, too. MiniStack runs an image by Docker only, and no image is built here:
its Lambdas run from the sources, by the interpreter of the training jobs.
"""

from __future__ import annotations

import hashlib
import importlib
import io
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local_aws.ministack import patching
from local_aws.workspace import REPOSITORY

runtime = patching.module("core.lambda_runtime")
services = patching.module("services.lambda_svc")

# Names the folder of unpacked packages, one for each digest.
CODE_VARIABLE = "LOCAL_AWS_LAMBDA_CODE"

_PACKAGES_KEPT = 8

# Tells the process of an image which folders its code is in (lambda_workers.py).
SOURCES_VARIABLE = "LOCAL_AWS_IMAGE_SOURCES"
_SOURCES = os.pathsep.join(
    str(REPOSITORY / folder) for folder in ("training_container", "common", "lambda")
)

# What AWS's Python runtime brings.
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html
PACKAGES = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")


def patch() -> None:
    """Apply this module's replacements."""
    patching.replace(runtime, "zipfile", lambda _original: _SharedZipfileModule())
    patching.replace(services, "_execute_function_docker", lambda _original: _run_sources)


class SharedZipFile(zipfile.ZipFile):
    """Unpacks into a folder by making it a link to the one copy that all share."""

    def extractall(self, path: Any = None, members: Any = None, pwd: bytes | None = None) -> None:
        """Unpack, once for each content; the modules compiled there serve the next process."""
        target = Path(path)
        if self.filename is None or any(target.iterdir()):
            super().extractall(path, members, pwd)
            return
        with open(self.filename, "rb") as package:
            digest = hashlib.file_digest(package, "sha256").hexdigest()
        shared = Path(os.environ[CODE_VARIABLE], digest)
        if not shared.is_dir():
            self._unpack(shared)
        os.utime(shared)
        target.rmdir()
        target.symlink_to(shared, target_is_directory=True)

    def _unpack(self, shared: Path) -> None:
        shared.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=shared.parent, prefix=".unpacking-") as unfinished:
            code = Path(unfinished, "code")
            super().extractall(code)
            try:
                code.rename(shared)
            except OSError:
                if not shared.is_dir():  # else another process was faster
                    raise


class _SharedZipfileModule:
    """The module `zipfile` with another ZipFile."""

    ZipFile = SharedZipFile

    def __getattr__(self, name: str) -> Any:
        return getattr(zipfile, name)


def forget_old(folder: Path) -> None:
    """Delete all packages but the ones used last; only while no function runs."""
    folder.mkdir(parents=True, exist_ok=True)
    packages = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in packages[_PACKAGES_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)


def link_packages(folder: Path) -> None:
    """Make `folder` hold links to exactly the runtime's packages, as this interpreter has them."""
    folder.mkdir(parents=True, exist_ok=True)
    packages = {path.name: path for path in map(_find_package, PACKAGES)}
    for link in folder.iterdir():
        # Python puts a __pycache__ beside six.py, which is not a link.
        if link.is_symlink() and link.resolve() != packages.get(link.name):
            link.unlink()
    for name, path in packages.items():
        if not (folder / name).exists():
            (folder / name).symlink_to(path)


def _find_package(package: str) -> Path:
    origin = Path(str(importlib.import_module(package).__file__)).resolve()
    return origin.parent if origin.name == "__init__.py" else origin


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
