"""What Lambda starts in the image: the template's command, on the files of the image's context."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support import runtime_api
from tests.support.image_packages import install
from tests.support.runtime_api import RuntimeApi
from tests.support.synthesis import Template

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="awslambdaric is for Linux only")


@pytest.fixture(scope="module")
def site_packages(template: Template, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    """The folders that are one in the image."""
    client = tmp_path_factory.mktemp("runtime-client")
    install(client, "awslambdaric", "simplejson", "snapshot-restore-py")
    assets = json.loads(template.path.with_name("Tunedrop.assets.json").read_text())
    (image,) = assets["dockerImages"].values()
    context = template.path.parent / image["source"]["directory"]
    return (client, *(context / name for name in ("common", "training_container", "lambda")))


@contextmanager
def started(
    template: Template, site_packages: tuple[Path, ...], event: dict[str, Any], **variables: str
) -> Iterator[tuple[RuntimeApi, subprocess.Popen[str]]]:
    """Start PlanRun as Lambda does, with the tests' Python in place of the image's."""
    config = template.lambdas["PlanRun"]["ImageConfig"]
    python, *arguments = config["EntryPoint"]
    assert python == "/opt/trainer/bin/python"
    with runtime_api.serve(event) as api:
        process = subprocess.Popen(
            [sys.executable, *arguments, *config["Command"]],
            cwd=config["WorkingDirectory"],
            env={
                "PYTHONPATH": os.pathsep.join(map(str, site_packages)),
                "AWS_LAMBDA_RUNTIME_API": api.address,
                "AWS_LAMBDA_LOG_FORMAT": "JSON",
                "AWS_DEFAULT_REGION": "eu-west-1",
                "HOME": template.variables_of("PlanRun")["HOME"],
                **variables,
            },
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            yield api, process
        finally:
            process.kill()
            process.communicate()


def test_the_entry_point_answers_an_event_and_logs_json_with_the_runs_keys(
    template: Template, site_packages: tuple[Path, ...]
) -> None:
    event = {
        "dataset": "iris",
        "run_id": "20261202T120000Z-1a2b3c4d",
        "execution": "arn:aws:states:eu-west-1:123456789012:execution:Runs:1a2b3c4d",
    }

    with started(template, site_packages, event) as (api, process):
        kind, answer = api.answers.get(timeout=60)
        assert (kind, answer["errorType"]) == ("error", "DeploymentError")
        assert "TUNEDROP_BUCKET" in answer["errorMessage"]
        assert process.stdout is not None
        log = json.loads(process.stdout.readline())

    assert log.items() >= {**event, "level": "ERROR", "requestId": "request-1"}.items()
