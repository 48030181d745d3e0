from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from local_aws import deploy, settings
from local_aws.fingerprint import SOURCES
from local_aws.workspace import REPOSITORY, Workspace


def test_only_settings_differ() -> None:
    assert set(settings.for_this_machine()) == {
        "lambda_architecture",
        "lambda_python",
        "settle_seconds",
        "heartbeat_seconds",
    }


def test_the_local_settings_are_settings_of_cdk_json() -> None:
    known = json.loads((REPOSITORY / "cdk.json").read_text("utf-8"))["context"]["tunedrop"]
    assert set(settings.for_this_machine()) <= set(known)


def test_the_lambdas_are_built_for_this_interpreter() -> None:
    version = subprocess.run(
        [sys.executable, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    assert settings.for_this_machine()["lambda_python"] == version


def test_every_source_of_the_fingerprint_is_there() -> None:
    assert [name for name in SOURCES if not (REPOSITORY / name).exists()] == []


def test_what_was_deployed_is_forgotten_when_its_record_is_broken(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    assert deploy.deployed(workspace) is None
    workspace.deployed_file.write_text('{"fingerprint": "f", "stack": "S"}')
    assert deploy.deployed(workspace) == deploy.Deployed("f", "S")
    for broken in ("{", "[]", '{"other": 1}'):
        workspace.deployed_file.write_text(broken)
        assert deploy.deployed(workspace) is None
