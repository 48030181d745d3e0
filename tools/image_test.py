"""Builds the training image, and trains and serves in it as SageMaker does: `make image-test`.

The image is built from the asset that `cdk synth` has written, with the program and the arguments
that `cdk deploy` builds it with: Docker, Podman or Buildah (CDK_DOCKER). Buildah needs neither a
daemon nor containers: it runs the image's programs in a chroot.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DATASET = ROOT / "examples" / "penguins"
TUNING = "target: species\nestimators: [linear]\nfolds: 3\n"

BUILDERS = ("docker", "podman", "buildah")
IMAGE = "localhost/tunedrop-image-test"
CONTAINER = "tunedrop-image-test"
USER = "trainer"
# SageMaker takes no OCI manifests.
# https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-dockerfile.html
MANIFEST_TYPE = "application/vnd.docker.distribution.manifest.v2+json"
# Of the unpacked image. It was 0.6 GB; twice that is a mistake, such as a package of CUDA.
MOST_BYTES = 1_200_000_000

_INSTEAD = "Where containers cannot run, take Buildah: make image-test CDK_DOCKER=buildah"
_SERVE_SECONDS = 60.0
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
            raise Failed(f"{self.name} could not build the image. {_INSTEAD}")

    def inspect(self) -> Image:
        """Describe the image."""
        if self.name == "buildah":
            found = json.loads(_output([self.name, "inspect", "--type", "image", IMAGE]))
            config = found["Docker"]["config"]
            manifest_type = json.loads(found["Manifest"])["mediaType"]
            size = _folder_size(Path(_output([self.name, "mount", self._container()]).strip()))
        else:
            [found] = json.loads(_output([self.name, "image", "inspect", IMAGE]))
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
            _call([self.name, "rm", CONTAINER])

    def _container(self) -> str:
        """Return Buildah's working container, made when it is missing."""
        if _call([self.name, "inspect", "--type", "container", CONTAINER]).returncode:
            _output([self.name, "from", "--pull-never", "--name", CONTAINER, IMAGE])
        return CONTAINER


def main(arguments: list[str] | None = None) -> int:
    """Test the image; return the exit status."""
    parser = argparse.ArgumentParser(prog="make image-test", description=__doc__)
    parser.add_argument("--assembly", type=Path, default=ROOT / "cdk.out", help="of `cdk synth`")
    parser.add_argument("--python-image", help="another base than the Dockerfile's")
    chosen = parser.parse_args(arguments)
    try:
        builder = find_builder(os.environ.get("CDK_DOCKER"))
        builder.build(Asset.read(chosen.assembly), chosen.python_image)
        try:
            check(builder)
        finally:
            builder.clean()
    except Failed as error:
        print(f"FAILED: {error}", file=sys.stderr)
        return 1
    return 0


def find_builder(chosen: str | None = None) -> Builder:
    """Return the first builder that works here, or the chosen one."""
    reasons = []
    for name in [chosen] if chosen else BUILDERS:
        if shutil.which(name) is None:
            reasons.append(f"{name} is not in PATH")
        elif (answer := _call([name, "info"])).returncode:
            reasons.append(f"`{name} info` says: {_end(answer)}")
        else:
            return Builder(name)
    raise Failed(
        "Nothing here can build the image. Install Docker, Podman or Buildah (which needs no"
        f" daemon: apt-get install buildah), or name one: CDK_DOCKER. {'; '.join(reasons)}."
    )


def check(builder: Builder) -> None:
    """Check what the image is, then run a tuning job's and Confirm's `train`, and `serve`."""
    image = builder.inspect()
    _say("manifest type", image.manifest_type, image.manifest_type == MANIFEST_TYPE)
    _say("size", f"{image.size / 1e6:.0f} MB", image.size <= MOST_BYTES)
    _say("starts as root, for /opt/ml is root's", image.user, image.user in ("root", "0"))
    with _folder() as base:
        ran = _call(builder.command(base, ["true"]))
        if ran.returncode:
            raise Failed(
                f"The image is built, but {builder.name} cannot run it: {_end(ran)}\n"
                f"Not checked: train, serve and their user. {_INSTEAD}"
            )
        plan = make_plan()
        for job in ("tune", "confirm"):
            write_job(base, plan, job)
            trained = _call(builder.command(base, [*image.entrypoint, "train"]))
            _say(f"train ({job})", _end(trained), trained.returncode == 0)
            results = f"/opt/ml/output/data/{job}.json"
            owner = _output(builder.command(base, ["stat", "-c", "%U", results])).strip()
            _say("user that read the data", owner, owner == USER)
        answer = serve(builder, base, image.entrypoint)
        _say("serve", answer, "Adelie" in answer)
        # What another user wrote could otherwise not be deleted here.
        _call(builder.command(base, ["chmod", "-R", "a+rwX", "/opt/ml"]))


def make_plan() -> dict[str, Any]:
    """Let PlanRun's own code plan the example, offline."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as config:
        config.write(TUNING)
        config.flush()
        command = [sys.executable, "-m", "tunedrop", "check", str(DATASET)]
        path = os.pathsep.join(str(ROOT / folder) for folder in ("lambda", "common"))
        text = _output([*command, "--config", config.name, "--offline", "--json"], PYTHONPATH=path)
    plan: dict[str, Any] = json.loads(text)["plan"]
    return plan


def write_job(base: Path, plan: dict[str, Any], job: str) -> None:
    """Write what SageMaker puts into /opt/ml for a training job."""
    estimator = plan["tuning_jobs"][0]["estimator"]
    own = {"tunedrop_job": job, "tunedrop_estimator": estimator["key"]}
    data, config = base / "input" / "data", base / "input" / "config"
    for folder in (data / "plan", data / "train", config, base / "model"):
        folder.mkdir(parents=True, exist_ok=True)
    (data / "plan" / "plan.json").write_text(json.dumps(plan))
    shutil.copy(DATASET / "train.csv", data / "train" / "train.csv")
    hyperparameters = {**own, **estimator["fixed"], "C": "1.0"}
    (config / "hyperparameters.json").write_text(json.dumps(hyperparameters))


def serve(builder: Builder, base: Path, entrypoint: list[str]) -> str:
    """Serve the model that Confirm wrote; return the answer to the first row of the dataset."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    header, row = (DATASET / "train.csv").read_text("utf-8").splitlines()[:2]
    row = row.replace("Adelie", "")
    process = subprocess.Popen(  # noqa: S603 - the builder
        builder.command(base, [*entrypoint, "serve"], port), stderr=subprocess.STDOUT
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _await(f"{url}/ping", process)
        request = urllib.request.Request(  # noqa: S310 - our own server
            f"{url}/invocations",
            f"{header}\n{row}\n".encode(),
            {"Content-Type": "text/csv", "Accept": "text/csv"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - our own server
            return str(answer.read().decode()).strip()
    except urllib.error.HTTPError as error:
        raise Failed(f"serve answers {error.code}: {error.read()[:500]!r}") from None
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def _folder() -> Iterator[Path]:
    """Give an empty /opt/ml that every user may read."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def _await(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _SERVE_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - our own server
                return
        except OSError:
            time.sleep(0.2)
    raise Failed(f"{url} did not answer within {_SERVE_SECONDS:.0f} s.")


def _folder_size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir())


def _say(what: str, found: str, good: bool) -> None:
    print(f"{'ok' if good else 'FAILED'}: {what}: {found}", flush=True)
    if not good:
        raise Failed(f"{what}: {found}")


def _call(command: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - builders, and our own programs
        command, capture_output=True, text=True, check=False, env=os.environ | variables
    )


def _output(command: list[str], **variables: str) -> str:
    done = _call(command, **variables)
    if done.returncode:
        raise Failed(f"`{' '.join(command)}` failed: {_end(done)}")
    return done.stdout


def _end(done: subprocess.CompletedProcess[str]) -> str:
    lines = (done.stdout + done.stderr).strip().splitlines() or ["(nothing was written)"]
    return lines[-1]


if __name__ == "__main__":
    sys.exit(main())
