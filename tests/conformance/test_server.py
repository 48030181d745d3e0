"""The server process: where it listens, whom it answers, what it keeps, and that it really ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
import urllib3

from local_aws import daemon
from local_aws.workspace import KILLED_WARNING, REPOSITORY, Workspace
from tests.support.conformance.functions import Machines, create_function, eventually, invoke
from tests.support.conformance.inbox import create_announcing_bucket
from tests.support.conformance.servers import LocalAws, processes_of


def test_it_listens_on_this_machine_only(local_aws: LocalAws) -> None:
    sockets = psutil.Process(local_aws.server.pid).net_connections()
    listening = [socket.laddr.ip for socket in sockets if socket.status == psutil.CONN_LISTEN]
    assert listening == ["127.0.0.1"]


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://example.com"}, {"Host": "rebound.example.com:80"}]
)
def test_a_web_page_gets_no_answer(local_aws: LocalAws, headers: dict[str, str]) -> None:
    assert urllib3.request("GET", local_aws.endpoint + "/", headers=headers).status == 403


class TestLife:
    def test_a_signal_ends_it_with_the_lambdas_that_run(self, tmp_path: Path) -> None:
        aws = start(tmp_path)
        run_a_slow_lambda(aws)
        os.kill(aws.server.pid, signal.SIGTERM)
        eventually(lambda: processes_of(aws.workspace), lambda pids: not pids)

    def test_it_ends_with_the_process_that_owns_it(self, tmp_path: Path) -> None:
        script = (
            "import sys, time; from pathlib import Path\n"
            "from local_aws import daemon; from local_aws.workspace import Workspace\n"
            f"daemon.start(Workspace(Path({str(tmp_path)!r})), 0, owned=True)\n"
            "print('up', flush=True); time.sleep(60)\n"
        )
        owner = subprocess.Popen(
            [sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=REPOSITORY
        )
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"up\n"
        assert len(processes_of(Workspace(tmp_path))) >= 1
        owner.kill()
        owner.wait()
        owner.stdout.close()
        eventually(lambda: processes_of(Workspace(tmp_path)), lambda pids: not pids)


@dataclass(frozen=True)
class Restarted:
    """A server that was stopped with things in it, and started again."""

    aws: LocalAws
    versions: list[dict[str, Any]]
    queue: str
    execution: str


@pytest.fixture(scope="module")
def restarted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Restarted]:
    first = start(tmp_path_factory.mktemp("restarted"))
    s3, queues = first.client("s3"), first.client("sqs")
    create_announcing_bucket(s3, "kept")
    s3.put_bucket_versioning(Bucket="kept", VersioningConfiguration={"Status": "Enabled"})
    versions = [s3.put_object(Bucket="kept", Key="a/b", Body=body) for body in (b"old", b"new")]
    s3.put_object(Bucket="kept", Key="gone", Body=b"x")
    s3.delete_object(Bucket="kept", Key="gone")
    queue = queues.create_queue(QueueName="kept")["QueueUrl"]
    queues.send_message(QueueUrl=queue, MessageBody="waits")
    machines = Machines(first, create_function(first, "kept"), "kept")
    execution = machines.start({"A": machines.callback()})
    machines.tokens(execution)
    daemon.stop(first.workspace, first.server)
    again = LocalAws(first.workspace, daemon.start(first.workspace, first.server.port, owned=True))
    yield Restarted(again, versions, queue, execution)
    daemon.stop(again.workspace, again.server)


class TestPersistence:
    def test_what_is_in_it_survives_a_restart(self, restarted: Restarted) -> None:
        s3, [old, new] = restarted.aws.client("s3"), restarted.versions
        head = s3.head_object(Bucket="kept", Key="a/b")
        assert (head["VersionId"], head["ETag"]) == (new["VersionId"], new["ETag"])
        read = s3.get_object(Bucket="kept", Key="a/b", VersionId=old["VersionId"])["Body"].read()
        assert read == b"old"
        keys = [item["Key"] for item in s3.list_objects_v2(Bucket="kept")["Contents"]]
        assert "gone" not in keys
        with pytest.raises(s3.exceptions.ClientError, match="PreconditionFailed"):
            s3.put_object(Bucket="kept", Key="a/b", Body=b"x", IfNoneMatch="*")
        assert "EventBridgeConfiguration" in s3.get_bucket_notification_configuration(Bucket="kept")
        queues = restarted.aws.client("sqs")
        [message] = queues.receive_message(QueueUrl=restarted.queue)["Messages"]
        assert message["Body"] == "waits"
        assert interrupted_once(restarted.aws, restarted.execution)
        assert invoke(restarted.aws, "kept", still="here")["payload"] == {"still": "here"}

    def test_a_kill_takes_everything_back_to_the_last_orderly_end(
        self, restarted: Restarted
    ) -> None:
        killed, workspace = restarted.aws, restarted.aws.workspace
        s3 = killed.client("s3")
        s3.put_object(Bucket="kept", Key="a/b", Body=b"newest")
        s3.put_object(Bucket="kept", Key="lost", Body=b"x")
        s3.create_bucket(Bucket="lost")
        run_a_slow_lambda(killed)
        os.kill(killed.server.pid, signal.SIGKILL)
        eventually(lambda: processes_of(workspace), lambda pids: not pids)
        assert daemon.find(workspace) is None

        again = start(workspace.root)
        s3 = again.client("s3")
        assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["kept"]
        keys = [item["Key"] for item in s3.list_objects_v2(Bucket="kept")["Contents"]]
        assert "lost" not in keys
        assert s3.get_object(Bucket="kept", Key="a/b")["Body"].read() == b"new"
        assert KILLED_WARNING in workspace.log.read_text("utf-8")
        daemon.stop(workspace, again.server)


def start(folder: Path) -> LocalAws:
    workspace = Workspace(folder)
    return LocalAws(workspace, daemon.start(workspace, port=0, owned=True))


def run_a_slow_lambda(aws: LocalAws) -> None:
    function = create_function(aws, "slow", timeout=60)
    aws.client("lambda").invoke(
        FunctionName=function,
        InvocationType="Event",
        Payload=b'{"mode": "sleep", "seconds": 50}',
    )
    eventually(lambda: len(processes_of(aws.workspace)), lambda count: count >= 2)
    time.sleep(0.5)


def interrupted_once(aws: LocalAws, execution: str) -> bool:
    """Whether an execution of the server before has failed, and is said to have once."""
    steps = aws.client("stepfunctions")
    description = steps.describe_execution(executionArn=execution)
    history = steps.get_execution_history(executionArn=execution)["events"]
    kinds = [event["type"] for event in history]
    return (description["status"], description["error"], kinds.count("ExecutionFailed")) == (
        "FAILED",
        "States.ServiceRestart",
        1,
    )
