"""The ways in which a training job may be run, for tests that all of them have to pass."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from local_aws import container_engine
from local_aws.container_engine import Engine, EngineUnusable
from tests.support.sagemaker import fake_engine
from tests.support.sagemaker.machine import IMAGE
from tests.support.sagemaker.serve import CONTAINER

FORK, PROCESS, FAKE_ENGINE = "fork", "process", "fake engine"
ENGINES = container_engine.NAMES
NAMES = (FORK, PROCESS, FAKE_ENGINE, *ENGINES)
IN_CONTAINERS = (FAKE_ENGINE, *(pytest.param(name, marks=pytest.mark.slow) for name in ENGINES))
ALL = (FORK, PROCESS, *IN_CONTAINERS)
BROKEN_IMAGE = f"{IMAGE}-broken"

_BUILD_SECONDS = 600


@contextmanager
def options(launcher: str, folder: Path) -> Iterator[dict[str, Any]]:
    """Give the options of a server that runs training jobs so; skip where that is impossible."""
    if launcher in (FORK, PROCESS):
        yield {"fork": launcher == FORK}
    elif launcher == FAKE_ENGINE:
        program = fake_engine.install(folder)
        path = os.pathsep.join((str(program.parent), os.environ["PATH"]))
        engine = container_engine.find("podman", {"PATH": path})
        for image in (IMAGE, BROKEN_IMAGE):
            engine.call("build", f"--tag={image}", str(CONTAINER))
        yield {"engine": asdict(engine)}
    else:
        try:
            engine = container_engine.find(launcher, os.environ)
        except EngineUnusable as error:
            pytest.skip(str(error))
        build(engine)
        try:
            yield {"engine": asdict(engine)}
        finally:
            engine.call("rmi", IMAGE)


def build(engine: Engine) -> None:
    """Build the tiny container's image, and see that it runs."""
    built = engine.call("build", f"--tag={IMAGE}", str(CONTAINER), seconds=_BUILD_SECONDS)
    if built.returncode:
        pytest.skip(f"{engine.name} cannot build the image: {built.stderr.strip()[-300:]}")
    ran = engine.call("run", "--rm", "--network=host", "--entrypoint=true", IMAGE)
    if ran.returncode:
        pytest.skip(f"{engine.name} cannot run a container here: {ran.stderr.strip()[-300:]}")
