"""What Lambda starts in the image: the template's command, on the files of the image's context."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from uv import find_uv_bin

from tests.support import runtime_api
from tests.support.synthesis import ROOT, Template

EVENT = {
    "dataset": "iris",
    "run_id": "20261202T120000Z-1a2b3c4d",
    "execution": "arn:aws:states:eu-west-1:123456789012:execution:Runs:1a2b3c4d",
}
# What the image has and the tests' own environment lacks.
RUNTIME_CLIENT = ("awslambdaric", "simplejson", "snapshot-restore-py")


@pytest.mark.skipif(sys.platform != "linux", reason="awslambdaric is for Linux only")
def test_the_entry_point_answers_an_event_and_logs_json_with_the_runs_keys(
    template: Template, tmp_path: Path
) -> None:
    locked = (ROOT / "training_container/requirements.txt").read_text()
    versions = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", locked, re.MULTILINE))
    subprocess.run(
        [find_uv_bin(), "pip", "install", "--quiet", "--no-deps", "--target", str(tmp_path),
         "--python", sys.executable, *(f"{name}=={versions[name]}" for name in RUNTIME_CLIENT)],
        check=True,
    )  # fmt: skip
    assets = json.loads(template.path.with_name("Tunedrop.assets.json").read_text())
    (image,) = assets["dockerImages"].values()
    context = template.path.parent / image["source"]["directory"]
    folders = (tmp_path, *(context / name for name in ("common", "training_container", "lambda")))
    config = template.lambdas["PlanRun"]["ImageConfig"]
    python, *arguments = config["EntryPoint"]
    assert python == "/opt/trainer/bin/python"

    with runtime_api.serve(EVENT) as (address, answers):
        process = subprocess.Popen(
            [sys.executable, *arguments, *config["Command"]],
            cwd=config["WorkingDirectory"],
            env={
                "PYTHONPATH": os.pathsep.join(map(str, folders)),
                "AWS_LAMBDA_RUNTIME_API": address,
                "AWS_LAMBDA_LOG_FORMAT": "JSON",
                "AWS_DEFAULT_REGION": "eu-west-1",
                "HOME": template.variables_of("PlanRun")["HOME"],
            },
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            kind, answer = answers.get(timeout=60)
            assert process.stdout is not None
            log = json.loads(process.stdout.readline())
        finally:
            process.kill()
            process.communicate()

    assert (kind, answer["errorType"]) == ("error", "DeploymentError")
    assert "TUNEDROP_BUCKET" in answer["errorMessage"]
    assert log.items() >= {**EVENT, "level": "ERROR", "requestId": "request-1"}.items()
