"""The Lambdas' code, bundled on this machine by the CDK, without Docker.

Every Lambda has the packages `tunedrop` and `tunedrop_common`; a group of Lambdas has the libraries
of its lock file, lambda/requirements/<group>.txt, too. The CDK bundles a group again when its hash
has changed: that of the two packages, the lock file, the platform and this module.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import jsii
from aws_cdk import BundlingOptions, DockerImage, IgnoreMode, ILocalBundling
from aws_cdk import aws_lambda as lambda_
from uv import find_uv_bin

ROOT = Path(__file__).parent.parent
PACKAGES = ("lambda/tunedrop", "common/tunedrop_common")

# Lambda's AL2023 runtimes have glibc 2.34.
_UV_PLATFORMS = {"arm64": "aarch64-manylinux_2_28", "x86_64": "x86_64-manylinux_2_28"}
_CACHES = ("__pycache__", "*.pyc")


class Group(StrEnum):
    """Lambdas which share an asset: the ones that need the same libraries."""

    WORKFLOW = "workflow"
    ADMISSION = "admission"
    REPORT = "report"


@dataclass(frozen=True)
class Platform:
    """The machine that the Lambdas run on."""

    architecture: str
    python: str


def code_of(group: Group, platform: Platform, root: Path = ROOT) -> lambda_.Code:
    """Return a group's code; the CDK hashes it, and bundles what it has not bundled before."""
    files = (*PACKAGES, f"lambda/requirements/{group}.txt", "cdk_app/bundling.py")
    return lambda_.Code.from_asset(
        str(root),
        ignore_mode=IgnoreMode.GIT,
        exclude=[*_all_but(files), *_CACHES],
        bundling=BundlingOptions(
            # These decide what is bundled, so they are part of the hash; nothing runs an image.
            image=DockerImage.from_registry("none"),
            command=[group, platform.python, platform.architecture],
            local=_LocalBundling(group, platform, root),
        ),
    )


def bundle(group: Group, platform: Platform, root: Path, folder: Path) -> None:
    """Put all that a group's Lambdas run into a folder."""
    _run(
        find_uv_bin(), "pip", "install", "--quiet", "--target", str(folder),
        "--python", sys.executable, "--python-version", platform.python,
        "--python-platform", _UV_PLATFORMS[platform.architecture],
        "--only-binary", ":all:", "--no-deps",
        "--requirements", str(root / f"lambda/requirements/{group}.txt"),
    )  # fmt: skip
    for programs in folder.glob("bin"):  # of wheels: no Lambda calls them
        shutil.rmtree(programs)
    for package in PACKAGES:
        target = folder / Path(package).name
        shutil.copytree(root / package, target, ignore=shutil.ignore_patterns(*_CACHES))
    if group is Group.REPORT:
        javascript = folder / "tunedrop/report/vega.js"
        _run(
            sys.executable, "-m", "tunedrop.report.javascript", str(javascript), cwd=root / "lambda"
        )


@jsii.implements(ILocalBundling)
class _LocalBundling:
    """What the CDK calls for each asset that its output folder does not have yet."""

    def __init__(self, group: Group, platform: Platform, root: Path) -> None:
        self._arguments = (group, platform, root)

    def try_bundle(self, output_dir: str, *_: Any, **__: Any) -> bool:
        """Bundle into the CDK's folder; True says that no image is needed."""
        bundle(*self._arguments, Path(output_dir))
        return True


def _all_but(files: tuple[str, ...]) -> list[str]:
    """Write the lines of a .gitignore which leaves these files and folders only."""
    lines: list[str] = []
    for file in files:
        folder = ""
        for part in file.split("/"):
            lines += [f"{folder}/*"] * (f"{folder}/*" not in lines)
            folder = f"{folder}/{part}"
            lines += [f"!{folder}"] * (f"!{folder}" not in lines)
    return lines


def _run(*command: str, cwd: Path | None = None) -> None:
    environment = {"PYTHONPATH": str(ROOT / "common"), "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run(command, cwd=cwd, env={**os.environ, **environment}, check=True)  # noqa: S603 - ours
