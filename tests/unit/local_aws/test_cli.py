from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from local_aws import LocalAwsError, daemon
from local_aws.cli import main
from local_aws.workspace import Workspace


@pytest.mark.parametrize("arguments", [[], ["fly"], ["run"], ["up", "--port", "none"]])
def test_a_wrong_command_line_is_status_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["run", "missing.csv"], "missing.csv: there is no such file or folder"),
        (["run", __file__, "--config", "missing.yaml"], "missing.yaml: there is no such file"),
        (["run", __file__, "--output", __file__], f"--output {__file__} is a file"),
        (["up", "--settings", "[1]"], "must be a JSON object"),
        (["up", "--settings", "{"], "not JSON"),
        (["up", "--conditions", "{"], "Invalid JSON"),
        (["up", "--conditions", '{"lost_events": 2}'], "lost_events\n"),
        (["up", "--conditions", '{"loss": 1}'], "loss\n"),
    ],
)
def test_wrong_usage_is_status_2_and_starts_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str], says: str
) -> None:
    root = tmp_path / "aws"
    assert main(["--root", str(root), *command]) == 2
    assert says in capsys.readouterr().err
    assert not root.exists()


def test_nothing_is_up_at_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = ["--root", str(tmp_path / "aws")]
    assert main([*root, "status"]) == 3
    assert main([*root, "logs"]) == 3
    assert main([*root, "down"]) == 0
    assert capsys.readouterr().out.count("not running") == 3


def test_a_taken_or_impossible_port_is_status_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        for port in (listener.getsockname()[1], 70_000):
            assert main(["--root", str(tmp_path), "up", "--port", str(port)]) == 1
            assert f"Port {port} of 127.0.0.1 cannot be used" in capsys.readouterr().err


def test_a_process_that_got_the_servers_old_id_is_left_alone(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    workspace.server_file.write_text(json.dumps({"pid": stranger.pid, "port": 9}))
    assert daemon.find(workspace) is None
    assert main(["--root", str(tmp_path), "down"]) == 0
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_a_server_that_cannot_start_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_workspace: Workspace, *_numbers: int, **_options: object) -> list[str]:
        return [sys.executable, "-c", "raise SystemExit('no such module')"]

    monkeypatch.setattr(daemon, "server_command", broken)
    with pytest.raises(LocalAwsError, match=r"did not start[\s\S]*no such module"):
        daemon.start(Workspace(tmp_path), 0)
    assert not Workspace(tmp_path).server_file.exists()


@pytest.mark.parametrize("command", [["down", "--forget"], ["up"]])
def test_a_folder_with_other_things_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    (tmp_path / "thesis.txt").write_text("ten years of work")
    assert main(["--root", str(tmp_path), *command]) == 2
    assert "has other things in it" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_file_that_cannot_be_used_is_named_without_a_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "file"
    root.write_text("")
    assert main(["--root", str(root), "up"]) == 1
    assert str(root) in capsys.readouterr().err


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as closed:
        process = subprocess.run(
            [sys.executable, "-m", "local_aws", "--root", "no-such-folder", "status"],
            stdout=closed,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
    assert process.returncode == 1
    assert process.stderr == ""
