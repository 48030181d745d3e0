"""Docker, Podman and Buildah, as far as `image_test` uses them, and the image that they build.

Buildah needs neither a daemon nor containers: it runs the image's programs in a chroot.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

BUILDERS = ("docker", "podman", "buildah")
IMAGE = "localhost/tunedrop-image-test"
CONTAINER = "tunedrop-image-test"
# SageMaker takes no OCI manifests.
# https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-dockerfile.html
MANIFEST_TYPE = "application/vnd.docker.distribution.manifest.v2+json"

INSTEAD = "Where containers cannot run, take Buildah: make image-test CDK_DOCKER=buildah"
_CHROOT = ["--isolation=chroot", "--network=host"]


class Failed(Exception):
    """A step failed; the message says which, and shows the end of what was written."""


@dataclass(frozen=True)
class Asset:
    """The image of the cloud assembly, as the CDK builds it."""

    folder: Path
    dockerfile: str
    platform: str
    outputs: tuple[str, ...] = ()
    build_args: tuple[tuple[str, str], ...] = ()

    @classmethod
    def read(cls, assembly: Path) -> Asset:
        """Read the one image that the assembly's manifests list."""
        for manifest in sorted(assembly.glob("*.assets.json")):
            for image in json.loads(manifest.read_text("utf-8")).get("dockerImages", {}).values():
                source = image["source"]
                return cls(
                    assembly / source["directory"],
                    source.get("dockerFile", "Dockerfile"),
                    source["platform"],
                    tuple(source.get("dockerOutputs", ())),
                    tuple(source.get("dockerBuildArgs", {}).items()),
                )
        raise Failed(f"{assembly} lists no image: `cdk synth` builds one without `training_image`.")


@dataclass(frozen=True)
class Image:
    """What a builder says of an image."""

    manifest_type: str
    size: int
    entrypoint: list[str]
    user: str


@dataclass(frozen=True)
class Builder:
    """Docker, Podman or Buildah."""

    name: str

    def build(self, asset: Asset, python_image: str | None) -> None:
        """Build the image."""
        command = [self.name, "build", "--tag", IMAGE, "--platform", asset.platform]
        command += ["--file", str(asset.folder / asset.dockerfile)]
        own = {"PYTHON_IMAGE": python_image} if python_image else {}
        for name, value in (dict(asset.build_args) | own).items():
            command += ["--build-arg", f"{name}={value}"]
        command += [f"--output={output}" for output in asset.outputs]
        command += _CHROOT if self.name == "buildah" else []
        if subprocess.run([*command, str(asset.folder)], check=False).returncode:  # noqa: S603 - the builder
            raise Failed(f"{self.name} could not build the image. {INSTEAD}")

    def inspect(self) -> Image:
        """Describe the image."""
        if self.name == "buildah":
            found = json.loads(output([self.name, "inspect", "--type", "image", IMAGE]))
            config = found["Docker"]["config"]
            manifest_type = json.loads(found["Manifest"])["mediaType"]
            size = _folder_size(Path(output([self.name, "mount", self._container()]).strip()))
        else:
            [found] = json.loads(output([self.name, "image", "inspect", IMAGE]))
            config, size = found["Config"], found["Size"]
            # Docker's classic store names no type, and pushes this one.
            of_docker = found.get("Descriptor", {}).get("mediaType", MANIFEST_TYPE)
            manifest_type = found.get("ManifestType", of_docker)
        return Image(manifest_type, size, config["Entrypoint"], config.get("User") or "root")

    def command(
        self, folder: Path, arguments: list[str], port: int | None = None, **variables: str
    ) -> list[str]:
        """Return the command line that runs a program of the image, with `folder` as /opt/ml."""
        given = [f"--env={name}={value}" for name, value in variables.items()]
        mount = f"--volume={folder}:/opt/ml"
        if self.name == "buildah":
            given += [f"--env=SAGEMAKER_BIND_TO_PORT={port}"] if port else []
            return [self.name, "run", *_CHROOT, mount, *given, self._container(), "--", *arguments]
        given += [f"--publish=127.0.0.1:{port}:8080"] if port else []
        entry, *rest = arguments
        return [self.name, "run", "--rm", mount, *given, f"--entrypoint={entry}", IMAGE, *rest]

    def clean(self) -> None:
        """Remove what this test has made, the image excepted."""
        if self.name == "buildah":
            call([self.name, "rm", CONTAINER])

    def _container(self) -> str:
        """Return Buildah's working container, made when it is missing."""
        if call([self.name, "inspect", "--type", "container", CONTAINER]).returncode:
            output([self.name, "from", "--pull-never", "--name", CONTAINER, IMAGE])
        return CONTAINER


def find_builder(chosen: str | None = None) -> Builder:
    """Return the first builder that works here, or the chosen one."""
    reasons = []
    for name in [chosen] if chosen else BUILDERS:
        if shutil.which(name) is None:
            reasons.append(f"{name} is not in PATH")
        elif (answer := call([name, "info"])).returncode:
            reasons.append(f"`{name} info` says: {end_of(answer)}")
        else:
            return Builder(name)
    raise Failed(
        "Nothing here can build the image. Install Docker, Podman or Buildah (which needs no"
        f" daemon: apt-get install buildah), or name one: CDK_DOCKER. {'; '.join(reasons)}."
    )


def _folder_size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir())


def call(command: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, with these environment variables besides ours."""
    return subprocess.run(  # noqa: S603 - builders, and our own programs
        command, capture_output=True, text=True, check=False, env=os.environ | variables
    )


def output(command: list[str], **variables: str) -> str:
    """Return what a program writes; raise Failed when it fails."""
    done = call(command, **variables)
    if done.returncode:
        raise Failed(f"`{' '.join(command)}` failed: {end_of(done)}")
    return done.stdout


def end_of(done: subprocess.CompletedProcess[str]) -> str:
    """Return the last line that a program wrote."""
    lines = (done.stdout + done.stderr).strip().splitlines() or ["(nothing was written)"]
    return lines[-1]
