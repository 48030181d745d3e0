"""Builds the training image, and trains and serves in it as SageMaker does: `make image-test`.

The image is built from the asset that `cdk synth` has written, with the program and the arguments
that `cdk deploy` builds it with: Docker, Podman or Buildah (CDK_DOCKER). Buildah needs neither a
daemon nor containers: it runs the image's programs in a chroot.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3

from tests.support.training.jobs import Job

ROOT = Path(__file__).resolve().parent.parent
DATASET = ROOT / "examples" / "penguins"
TUNING = "target: species\nestimators: [linear]\nfolds: 3\n"

IMAGE = "localhost/tunedrop-image-test"
CONTAINER = "tunedrop-image-test"
# SageMaker takes no OCI manifests.
# https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-dockerfile.html
MANIFEST_TYPE = "application/vnd.docker.distribution.manifest.v2+json"
# What Lambda starts in the image (cdk_app/training.py).
PLAN_RUN = "import awslambdaric.bootstrap, tunedrop.handlers.plan_run as p; print(p.handler)"
USER = "trainer"

_CHROOT = ["--isolation=chroot", "--network=host"]
# About a minute.
_UNTIL_IT_SERVES = urllib3.Retry(60, backoff_factor=0.1, backoff_max=1)


class StepFailed(Exception):
    """A step failed; the message says which, and shows the end of its output."""


def main() -> int:
    """Test the image; return the exit status."""
    try:
        builder = Builder(os.environ["CDK_DOCKER"])
        builder.build(ROOT / "cdk.out")
        try:
            check(builder)
        finally:
            builder.clean()
    except (StepFailed, FileNotFoundError) as error:
        print(f"FAILED: {error}", file=sys.stderr)
        return 1
    return 0


def check(builder: Builder) -> None:
    """Check what the image is and has, then run `train` of tuning and of Confirm, and `serve`."""
    config, manifest_type = builder.inspect()
    user, entrypoint = config.get("User") or "root", config["Entrypoint"]
    _report("manifest type", manifest_type, manifest_type == MANIFEST_TYPE)
    _report("starts as root, which owns /opt/ml", user, user in ("root", "0"))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        base = Path(folder)
        base.chmod(0o755)  # every user of the image may read /opt/ml
        python = ["/opt/trainer/bin/python", "-P", "-c"]
        import_ = call(builder.command(base, [*python, PLAN_RUN]))
        _report("PlanRun's handler", end_of(import_), import_.returncode == 0)
        plan = make_plan()
        table: dict[str, bytes | str] = {"train/train.csv": (DATASET / "train.csv").read_bytes()}
        hyperparameters = {**plan["tuning_jobs"][0]["estimator"]["fixed"], "C": "1.0"}
        for job in ("tune", "confirm"):
            place = Job(base / job, plan, hyperparameters, job, table).write().base
            (place / "model").mkdir()
            training = call(builder.command(place, [*entrypoint, "train"]))
            _report(f"train ({job})", end_of(training), training.returncode == 0)
            results = f"/opt/ml/output/data/{job}.json"
            owner = output(builder.command(place, ["stat", "-c", "%U", results])).strip()
            _report("user that read the data", owner, owner == USER)
        answer = serve(builder, place, entrypoint)
        _report("serve", answer, "Adelie" in answer)
        # Files of another user could otherwise not be deleted here.
        call(builder.command(base, ["chmod", "-R", "a+rwX", "/opt/ml"]))


def make_plan() -> dict[str, Any]:
    """Return the plan of the example, made offline by PlanRun's own code."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as config:
        config.write(TUNING)
        config.flush()
        command = [sys.executable, "-m", "tunedrop", "check", str(DATASET)]
        text = output([*command, "--config", config.name, "--offline", "--json"])
    plan: dict[str, Any] = json.loads(text)["plan"]
    return plan


def serve(builder: Builder, base: Path, entrypoint: list[str]) -> str:
    """Serve the model that Confirm wrote; return the answer to the first row of the dataset."""
    port = free_port()
    rows = "\n".join((DATASET / "train.csv").read_text("utf-8").splitlines()[:2])
    command = builder.command(base, [*entrypoint, "serve"], port)
    process = subprocess.Popen(command, stderr=subprocess.STDOUT)  # noqa: S603 - ours
    url, headers = f"http://127.0.0.1:{port}", dict.fromkeys(("Content-Type", "Accept"), "text/csv")
    try:
        urllib3.request("GET", f"{url}/ping", retries=_UNTIL_IT_SERVES)
        answer = urllib3.request("POST", f"{url}/invocations", headers=headers, body=rows)
        return answer.data.decode().strip()
    except urllib3.exceptions.HTTPError as error:
        raise StepFailed(f"serve does not answer: {error}") from None
    finally:
        process.terminate()
        process.wait(30)


def free_port() -> int:
    """Return a port of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Builder:
    """Docker, Podman or Buildah."""

    name: str

    def build(self, assembly: Path) -> None:
        """Build the one image that the assembly's manifests list."""
        source = read_asset(assembly)
        folder = assembly / source["directory"]
        command = [self.name, "build", "--tag", IMAGE, "--platform", source["platform"]]
        command += ["--file", str(folder / source["dockerFile"])]
        for name, value in source.get("dockerBuildArgs", {}).items():
            command += ["--build-arg", f"{name}={value}"]
        command += [f"--output={output}" for output in source.get("dockerOutputs", ())]
        command += _CHROOT if self.name == "buildah" else []
        if subprocess.run([*command, str(folder)], check=False).returncode:  # noqa: S603 - the builder
            raise StepFailed(
                f"{self.name} could not build the image. Where containers cannot run, use Buildah, "
                "which needs no daemon: make image-test CDK_DOCKER=buildah"
            )

    def inspect(self) -> tuple[dict[str, Any], str]:
        """Return the image's configuration and the type of its manifest."""
        if self.name == "buildah":
            image = json.loads(output([self.name, "inspect", "--type", "image", IMAGE]))
            return image["Docker"]["config"], json.loads(image["Manifest"])["mediaType"]
        [image] = json.loads(output([self.name, "image", "inspect", IMAGE]))
        # Docker's classic store names no type, and pushes this one.
        of_docker = image.get("Descriptor", {}).get("mediaType", MANIFEST_TYPE)
        return image["Config"], image.get("ManifestType", of_docker)

    def command(self, folder: Path, arguments: list[str], port: int | None = None) -> list[str]:
        """Return the command line that runs a program of the image, with `folder` as /opt/ml."""
        mount = f"--volume={folder}:/opt/ml"
        if self.name == "buildah":
            variable = [f"--env=SAGEMAKER_BIND_TO_PORT={port}"] if port else []
            options = [*_CHROOT, mount, *variable, self._container()]
            return [self.name, "run", *options, "--", *arguments]
        publish = [f"--publish=127.0.0.1:{port}:8080"] if port else []
        entry, *rest = arguments
        return [self.name, "run", "--rm", mount, *publish, f"--entrypoint={entry}", IMAGE, *rest]

    def clean(self) -> None:
        """Remove Buildah's working container; the image stays."""
        if self.name == "buildah":
            call([self.name, "rm", CONTAINER])

    def _container(self) -> str:
        """Return Buildah's working container, made when it is missing."""
        if call([self.name, "inspect", "--type", "container", CONTAINER]).returncode:
            output([self.name, "from", "--pull-never", "--name", CONTAINER, IMAGE])
        return CONTAINER


def read_asset(assembly: Path) -> dict[str, Any]:
    """Return the source of the one image that the assembly's manifests list."""
    for manifest in sorted(assembly.glob("*.assets.json")):
        for image in json.loads(manifest.read_text("utf-8")).get("dockerImages", {}).values():
            source: dict[str, Any] = image["source"]
            return source
    raise StepFailed(f"{assembly} lists no image: `cdk synth` builds one without `training_image`.")


def _report(property_: str, value: str, is_right: bool) -> None:
    print(f"{'ok' if is_right else 'FAILED'}: {property_}: {value}", flush=True)
    if not is_right:
        raise StepFailed(f"{property_}: {value}")


def call(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a program to its end."""
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours


def output(command: list[str]) -> str:
    """Return what a program writes; raise StepFailed when it fails."""
    process = call(command)
    if process.returncode:
        raise StepFailed(f"`{' '.join(command)}` failed: {end_of(process)}")
    return process.stdout


def end_of(process: subprocess.CompletedProcess[str]) -> str:
    """Return the last line that a program wrote."""
    lines = (process.stdout + process.stderr).strip().splitlines() or ["(nothing was written)"]
    return lines[-1]


if __name__ == "__main__":
    sys.exit(main())
