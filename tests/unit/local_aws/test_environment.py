from __future__ import annotations

from pathlib import Path

from local_aws import environment
from local_aws.workspace import REPOSITORY, Workspace


def test_no_aws_of_the_person_gets_through(tmp_path: Path) -> None:
    shell = {
        "PATH": "/bin",
        "AWS_PROFILE": "production",
        "AWS_ACCESS_KEY_ID": "AKIA",
        "AWS_ENDPOINT_URL_S3": "https://elsewhere",
        "AWS_SESSION_TOKEN": "token",
        "HTTPS_PROXY": "http://proxy",
        "PYTHONPATH": "/somewhere",
        "HOME": "/root",
    }
    variables = environment.server_variables(Workspace(tmp_path), 4566, shell)
    assert variables["PATH"] == "/bin"
    assert variables["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"
    assert variables["AWS_ACCESS_KEY_ID"] != "AKIA"
    assert variables["HOME"] == str(tmp_path / "home")
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3"} & variables.keys()
    assert "HTTPS_PROXY" not in variables
    assert variables["PYTHONPATH"] == str(REPOSITORY)
