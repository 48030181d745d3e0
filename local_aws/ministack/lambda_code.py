"""What Lambda's processes import: the unpacked code of functions, and the runtime's own packages.

MiniStack unpacks a function's package for each process it starts: hundreds of megabytes, and not
one module compiled. Here all processes with the same package share one copy; on AWS a cold start
finds the code unpacked, too.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from local_aws.ministack import patching

runtime = patching.module("core.lambda_runtime")

# Names the folder of unpacked packages, one for each digest.
CODE_VARIABLE = "LOCAL_AWS_LAMBDA_CODE"

_KEPT = 8

# What AWS's Python runtime brings.
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html
PACKAGES = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")


def patch() -> None:
    """Apply this module's replacement."""
    patching.replace(runtime, "zipfile", lambda _original: _SharedZipfileModule())


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
    for old in packages[_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)


def link_packages(folder: Path) -> None:
    """Make `folder` hold links to exactly the runtime's packages, as this interpreter has them."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {place.name: place for place in map(_location, PACKAGES)}
    for link in folder.iterdir():
        # Python puts a __pycache__ beside six.py, which is none of ours.
        if link.is_symlink() and link.resolve() != wanted.get(link.name):
            link.unlink()
    for name, place in wanted.items():
        if not (folder / name).exists():
            (folder / name).symlink_to(place)


def _location(package: str) -> Path:
    origin = Path(str(importlib.import_module(package).__file__)).resolve()
    return origin.parent if origin.name == "__init__.py" else origin
