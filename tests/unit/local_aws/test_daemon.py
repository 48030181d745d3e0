from __future__ import annotations

import fcntl
import threading
from pathlib import Path

import pytest

from local_aws import daemon, deploy
from local_aws.daemon import Server, lock, running_stack
from local_aws.deploy import Stack
from local_aws.workspace import Workspace

STACK = Stack("Tunedrop", "bucket", "arn", "aws s3 cp")


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> list[Server]:
    """Servers that start and stop without a process; those that were stopped."""
    stopped: list[Server] = []

    def stop(_workspace: Workspace, server: Server) -> None:
        stopped.append(server)

    monkeypatch.setattr(daemon, "find", lambda _workspace: None)
    monkeypatch.setattr(daemon, "start", lambda *_arguments, **_options: Server(1, 4566))
    monkeypatch.setattr(daemon, "stop", stop)
    monkeypatch.setattr(deploy, "ensure", lambda *_arguments: STACK)
    return stopped


def is_free(workspace: Workspace) -> bool:
    """Whether another command could start or deploy now."""
    with workspace.lock_file.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def test_two_commands_do_not_start_or_deploy_at_once(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "aws")
    waits, entered = threading.Event(), threading.Event()

    def other() -> None:
        with lock(workspace, lambda _line: waits.set()):
            entered.set()

    waiting = threading.Thread(target=other, daemon=True)
    with lock(workspace, print):
        waiting.start()
        assert waits.wait(30)
        assert not entered.is_set()
    waiting.join(30)
    assert entered.is_set()
    assert is_free(workspace)


def test_nobody_uses_a_server_that_ends_with_another_command(
    tmp_path: Path, deployed: list[Server]
) -> None:
    workspace = Workspace(tmp_path)
    with running_stack(workspace, print) as (_clients, stack):
        assert stack == STACK
        assert not is_free(workspace)
        assert not deployed
    assert deployed == [Server(1, 4566)]
    assert is_free(workspace)
