"""The images that training jobs run with `--container`: built from the deployed assets.

`cdk deploy` pushes a stand-in to the local registry (`cdk_docker.py`), which keeps what it has in
memory. The image itself goes nowhere: it is built in the engine's own store, from the same asset,
under the name that the training jobs ask for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_aws import environment, processes
from local_aws.container_engine import Engine
from local_aws.errors import LocalAwsError
from local_aws.workspace import Workspace

# Wheels of 200 MB over a slow line.
_TIMEOUT_SECONDS = 3600.0

# What stands in the manifest of a stack that is for any account and region.
_PLACEHOLDERS = {
    "${AWS::AccountId}": environment.ACCOUNT,
    "${AWS::Region}": environment.REGION,
    "${AWS::Partition}": "aws",
}


@dataclass(frozen=True)
class ImageAsset:
    """An image of the cloud assembly.

    Parameters
    ----------
    name
        The URI by which the deployed stack knows it.
    """

    name: str
    folder: Path
    dockerfile: str | None
    platform: str | None


def ensure(workspace: Workspace, engine: Engine, say: Callable[[str], None]) -> None:
    """Build every image of the synthesized stack that the engine has not got.

    Raises
    ------
    LocalAwsError
        A build failed; the message has the end of its log.
    """
    for asset in assets(workspace.cloud_assembly):
        if not engine.has_image(asset.name):
            log = workspace.root / "image-build.log"
            say(f"Building the training image ({engine.name} build; {log} has its output)")
            _build(engine, asset, log)


def assets(assembly: Path) -> Iterable[ImageAsset]:
    """Read the images that a cloud assembly's manifests list.

    The format is CDK's own: https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.cloud_assembly_schema-readme.html
    """
    for manifest in sorted(assembly.glob("*.assets.json")):
        content: dict[str, Any] = json.loads(manifest.read_text("utf-8"))
        for image in (content.get("dockerImages") or {}).values():
            source = image["source"]
            for destination in image["destinations"].values():
                yield ImageAsset(
                    name=_uri(destination["repositoryName"], destination["imageTag"]),
                    folder=assembly / source["directory"],
                    dockerfile=source.get("dockerFile"),
                    platform=source.get("platform"),
                )


def build_arguments(engine: Engine, asset: ImageAsset) -> list[str]:
    """Return the engine's arguments that build an image from its asset."""
    return [
        "build",
        f"--tag={asset.name}",
        # SageMaker takes Docker's manifests only; Podman would write OCI's.
        *(["--format=docker"] if engine.name == "podman" else []),
        *([f"--platform={asset.platform}"] if asset.platform else []),
        *([f"--file={asset.folder / asset.dockerfile}"] if asset.dockerfile else []),
        str(asset.folder),
    ]


def _build(engine: Engine, asset: ImageAsset, log: Path) -> None:
    try:
        processes.run(
            [engine.program, *build_arguments(engine, asset)],
            cwd=asset.folder,
            env=engine.environment,
            log=log,
            timeout=_TIMEOUT_SECONDS,
        )
    except processes.CommandFailed as error:
        raise LocalAwsError(
            f"The training image could not be built. {error}\n"
            "Mend what it names, or leave --container out."
        ) from None


def _uri(repository: str, tag: str) -> str:
    host = f"{environment.ACCOUNT}.dkr.ecr.{environment.REGION}.amazonaws.com"
    text = f"{host}/{repository}:{tag}"
    for placeholder, value in _PLACEHOLDERS.items():
        text = text.replace(placeholder, value)
    return text
