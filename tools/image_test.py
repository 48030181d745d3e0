"""Builds the training image, and trains and serves in it as SageMaker does: `make image-test`.

The image is built from the asset that `cdk synth` has written, with the program and the arguments
that `cdk deploy` builds it with: Docker, Podman or Buildah (CDK_DOCKER).
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
from pathlib import Path
from typing import Any

from tools.image_builders import (
    INSTEAD,
    MANIFEST_TYPE,
    Asset,
    Builder,
    Failed,
    call,
    end_of,
    find_builder,
    output,
)

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("lambda", "common", "training_container")
DATASET = ROOT / "examples" / "penguins"
TUNING = "target: species\nestimators: [linear]\nfolds: 3\n"

# What Lambda starts in the image (cdk_app/training.py).
PLAN_RUN = "import awslambdaric.bootstrap, tunedrop.handlers.plan_run as p; print(p.handler)"
USER = "trainer"
# Of the unpacked image. It was 0.6 GB; twice that is a mistake, such as a package of CUDA.
MOST_BYTES = 1_200_000_000

_SERVE_SECONDS = 60.0


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


def check(builder: Builder) -> None:
    """Check what the image is and has, then run `train` of tuning and of Confirm, and `serve`."""
    image = builder.inspect()
    _say("manifest type", image.manifest_type, image.manifest_type == MANIFEST_TYPE)
    _say("size", f"{image.size / 1e6:.0f} MB", image.size <= MOST_BYTES)
    _say("starts as root, for /opt/ml is root's", image.user, image.user in ("root", "0"))
    with _folder() as base:
        ran = call(builder.command(base, ["true"]))
        if ran.returncode:
            raise Failed(
                f"The image is built, but {builder.name} cannot run it: {end_of(ran)}\n"
                f"Not checked: train, serve and their user. {INSTEAD}"
            )
        python = ["/opt/trainer/bin/python", "-P", "-c"]
        imported = call(builder.command(base, [*python, PLAN_RUN]))
        _say("PlanRun's handler", end_of(imported), imported.returncode == 0)
        plan = make_plan()
        for job in ("tune", "confirm"):
            write_job(base, plan, job)
            trained = call(builder.command(base, [*image.entrypoint, "train"]))
            _say(f"train ({job})", end_of(trained), trained.returncode == 0)
            results = f"/opt/ml/output/data/{job}.json"
            owner = output(builder.command(base, ["stat", "-c", "%U", results])).strip()
            _say("user that read the data", owner, owner == USER)
        answer = serve(builder, base, image.entrypoint)
        _say("serve", answer, "Adelie" in answer)
        # What another user wrote could otherwise not be deleted here.
        call(builder.command(base, ["chmod", "-R", "a+rwX", "/opt/ml"]))


def make_plan() -> dict[str, Any]:
    """Let PlanRun's own code plan the example, offline."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as config:
        config.write(TUNING)
        config.flush()
        command = [sys.executable, "-m", "tunedrop", "check", str(DATASET)]
        path = os.pathsep.join(str(ROOT / folder) for folder in PACKAGES)
        text = output([*command, "--config", config.name, "--offline", "--json"], PYTHONPATH=path)
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


def _say(what: str, found: str, good: bool) -> None:
    print(f"{'ok' if good else 'FAILED'}: {what}: {found}", flush=True)
    if not good:
        raise Failed(f"{what}: {found}")


if __name__ == "__main__":
    sys.exit(main())
