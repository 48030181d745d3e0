"""The server process: where it listens, whom it answers, what it keeps, and that it really ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
import pytest
import urllib3

from local_aws import daemon, saved_data
from local_aws.errors import LocalAwsError
from local_aws.workspace import REPOSITORY, Workspace
from tests.support.conformance.functions import Machines, create_function, eventually
from tests.support.conformance.servers import LocalAws, processes_of


def listens_only_on_loopback(pid: int) -> bool:
    """Whether every listening socket of a process is bound to 127.0.0.1."""
    inodes = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = os.readlink(link)
        except OSError:
            continue
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    addresses = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                addresses.append(fields[1].split(":")[0])
    return bool(addresses) and set(addresses) == {"0100007F"}


def test_it_listens_on_this_machine_only(local_aws: LocalAws) -> None:
    assert listens_only_on_loopback(local_aws.server.pid)


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://example.com"}, {"Host": "rebound.example.com:80"}]
)
def test_a_web_page_gets_no_answer(local_aws: LocalAws, headers: dict[str, str]) -> None:
    assert urllib3.request("GET", local_aws.endpoint + "/", headers=headers).status == 403


def test_any_credentials_are_accepted(local_aws: LocalAws) -> None:
    """A known difference (docs/fidelity.md)."""
    stranger = boto3.client(
        "s3",
        endpoint_url=local_aws.endpoint,
        region_name="us-east-1",
        aws_access_key_id="stranger",
        aws_secret_access_key="wrong",
    )
    assert "Buckets" in stranger.list_buckets()


def test_a_sagemaker_request_is_not_ministacks(local_aws: LocalAws) -> None:
    answer = local_aws.client("sagemaker").list_hyper_parameter_tuning_jobs()
    assert answer["HyperParameterTuningJobSummaries"] == []


def test_a_taken_port_is_said_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(LocalAwsError, match=f"Port {port} .* --port"):
            daemon.start(Workspace(tmp_path / "aws"), port)
    assert not (tmp_path / "aws").exists()


class TestLife:
    @pytest.fixture
    def own(self, tmp_path: Path) -> LocalAws:
        workspace = Workspace(tmp_path)
        server = daemon.start(workspace, port=0, owned=True)
        return LocalAws(workspace, server)

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
    def test_a_signal_ends_it_with_the_lambdas_that_run(
        self, own: LocalAws, number: signal.Signals
    ) -> None:
        self.start_a_slow_lambda(own)
        os.kill(own.server.pid, number)
        eventually(lambda: processes_of(own.workspace), lambda found: not found)

    def test_a_kill_leaves_no_lambda_behind_and_the_next_start_works(self, own: LocalAws) -> None:
        self.start_a_slow_lambda(own)
        os.kill(own.server.pid, signal.SIGKILL)
        eventually(lambda: processes_of(own.workspace), lambda found: not found)
        assert daemon.find(own.workspace) is None
        server = daemon.start(own.workspace, port=0, owned=True)
        assert daemon.find(own.workspace) == server
        daemon.stop(own.workspace, server)

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
        eventually(lambda: processes_of(Workspace(tmp_path)), lambda found: not found)

    def start_a_slow_lambda(self, own: LocalAws) -> None:
        function = create_function(own, "slow", timeout=60)
        own.client("lambda").invoke(
            FunctionName=function,
            InvocationType="Event",
            Payload=b'{"mode": "sleep", "seconds": 50}',
        )
        eventually(lambda: len(processes_of(own.workspace)), lambda count: count >= 2)
        time.sleep(0.5)


class TestPersistence:
    def test_a_kill_takes_everything_back_to_the_last_orderly_end(self, tmp_path: Path) -> None:
        workspace = Workspace(tmp_path)
        first = LocalAws(workspace, daemon.start(workspace, port=0, owned=True))
        first.client("s3").create_bucket(Bucket="kept")
        first.client("s3").put_object(Bucket="kept", Key="a", Body=b"old")
        daemon.stop(workspace, first.server)

        killed = LocalAws(workspace, daemon.start(workspace, port=0, owned=True))
        s3 = killed.client("s3")
        assert s3.get_object(Bucket="kept", Key="a")["Body"].read() == b"old"
        s3.put_object(Bucket="kept", Key="a", Body=b"new")
        s3.put_object(Bucket="kept", Key="b", Body=b"lost")
        s3.create_bucket(Bucket="lost")
        os.kill(killed.server.pid, signal.SIGKILL)
        eventually(lambda: processes_of(workspace), lambda found: not found)

        again = LocalAws(workspace, daemon.start(workspace, port=0, owned=True))
        s3 = again.client("s3")
        assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["kept"]
        [only] = s3.list_objects_v2(Bucket="kept")["Contents"]
        assert only["Key"] == "a"
        assert s3.get_object(Bucket="kept", Key="a")["Body"].read() == b"old"
        assert saved_data.LOST in workspace.log.read_text("utf-8")
        daemon.stop(workspace, again.server)

    def test_what_is_in_it_survives_a_restart(self, tmp_path: Path) -> None:
        workspace = Workspace(tmp_path)
        own = LocalAws(workspace, daemon.start(workspace, port=0, owned=True))
        s3, queues = own.client("s3"), own.client("sqs")
        s3.create_bucket(Bucket="kept")
        s3.put_bucket_versioning(Bucket="kept", VersioningConfiguration={"Status": "Enabled"})
        s3.put_bucket_notification_configuration(
            Bucket="kept", NotificationConfiguration={"EventBridgeConfiguration": {}}
        )
        old = s3.put_object(Bucket="kept", Key="a/b.csv", Body=b"old")["VersionId"]
        new = s3.put_object(Bucket="kept", Key="a/b.csv", Body=b"new", IfMatch="*")
        s3.put_object(Bucket="kept", Key="gone", Body=b"x")
        s3.delete_object(Bucket="kept", Key="gone")
        queue = queues.create_queue(QueueName="kept")["QueueUrl"]
        queues.send_message(QueueUrl=queue, MessageBody="waits")
        machines = Machines(own, create_function(own, "kept"), "kept")
        machine = machines.create({"A": machines.callback()})
        running = machines.steps.start_execution(stateMachineArn=machine, name="lost", input="{}")
        machines.tokens(running["executionArn"])
        daemon.stop(workspace, own.server)

        again = LocalAws(workspace, daemon.start(workspace, port=own.server.port, owned=True))
        s3 = again.client("s3")
        head = s3.head_object(Bucket="kept", Key="a/b.csv")
        assert (head["VersionId"], head["ETag"]) == (new["VersionId"], new["ETag"])
        read = s3.get_object(Bucket="kept", Key="a/b.csv", VersionId=old)["Body"].read()
        assert read == b"old"
        keys = [item["Key"] for item in s3.list_objects_v2(Bucket="kept")["Contents"]]
        assert "gone" not in keys
        with pytest.raises(s3.exceptions.ClientError, match="PreconditionFailed"):
            s3.put_object(Bucket="kept", Key="a/b.csv", Body=b"x", IfNoneMatch="*")
        assert "EventBridgeConfiguration" in s3.get_bucket_notification_configuration(Bucket="kept")
        [message] = again.client("sqs").receive_message(QueueUrl=queue)["Messages"]
        assert message["Body"] == "waits"
        assert interrupted_once(again, running["executionArn"])
        answer = again.client("lambda").invoke(FunctionName="kept", Payload=b'{"still": "here"}')
        assert answer["Payload"].read() == b'{"still": "here"}'
        daemon.stop(workspace, again.server)


def interrupted_once(own: LocalAws, execution: str) -> bool:
    """Whether an execution of the server before has failed, and is said to have once."""
    steps = own.client("stepfunctions")
    found = steps.describe_execution(executionArn=execution)
    history = steps.get_execution_history(executionArn=execution)["events"]
    kinds = [event["type"] for event in history]
    return (found["status"], found["error"], kinds.count("ExecutionFailed")) == (
        "FAILED",
        "States.ServiceRestart",
        1,
    )


def test_servers_that_start_at_the_same_time_get_ports_of_their_own(tmp_path: Path) -> None:
    workspaces = [Workspace(tmp_path / name) for name in "abcd"]
    with ThreadPoolExecutor() as pool:
        servers = list(pool.map(lambda each: daemon.start(each, owned=True), workspaces))
    try:
        assert len({server.port for server in servers}) == len(servers)
        assert [daemon.find(each) for each in workspaces] == servers
    finally:
        for workspace, server in zip(workspaces, servers, strict=True):
            daemon.stop(workspace, server)
