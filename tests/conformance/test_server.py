"""The server process: where it listens, whom it answers, what it keeps, and that it really ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
import urllib3

from local_aws import daemon
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
    def test_a_kill_after_a_save_keeps_the_stack_and_what_came_since(self, tmp_path: Path) -> None:
        workspace = Workspace(tmp_path)
        own = LocalAws(workspace, daemon.start(workspace, port=0, owned=True))
        own.client("s3").create_bucket(Bucket="kept")
        machines = Machines(own, create_function(own, "kept"), "kept")
        machine = machines.create({"A": machines.callback()})
        daemon.save(own.server)
        own.client("s3").put_object(Bucket="kept", Key="later", Body=b"x")
        execution = machines.steps.start_execution(stateMachineArn=machine)["executionArn"]
        machines.tokens(execution)
        os.kill(own.server.pid, signal.SIGKILL)
        eventually(lambda: processes_of(workspace), lambda found: not found)

        again = LocalAws(workspace, daemon.start(workspace, port=0, owned=True))
        assert again.client("s3").get_object(Bucket="kept", Key="later")["Body"].read() == b"x"
        assert again.client("lambda").get_function(FunctionName="kept")
        assert interrupted_once(again, execution)
        daemon.stop(workspace, again.server)

    def test_messages_lines_and_metrics_of_two_seconds_ago_survive_a_kill(
        self, tmp_path: Path
    ) -> None:
        workspace = Workspace(tmp_path)
        own = LocalAws(workspace, daemon.start(workspace, port=0, owned=True))
        queue = own.client("sqs").create_queue(QueueName="kept")["QueueUrl"]
        own.client("logs").create_log_group(logGroupName="/kept")
        put_contents(own, queue, "saved")
        daemon.save(own.server)
        put_contents(own, queue, "later")
        time.sleep(2.5)
        # What was made since the stack was saved is not part of it, and neither are its contents.
        own.client("logs").create_log_group(logGroupName="/unsaved")
        os.kill(own.server.pid, signal.SIGKILL)
        eventually(lambda: processes_of(workspace), lambda found: not found)

        again = LocalAws(workspace, daemon.start(workspace, port=own.server.port, owned=True))
        assert contents(again, queue) == {
            "messages": ["later", "saved"],
            "lines": ["saved", "later"],
            "values": 2.0,
        }
        groups = again.client("logs").describe_log_groups()["logGroups"]
        assert [group["logGroupName"] for group in groups] == ["/kept"]
        daemon.stop(workspace, again.server)

    @pytest.mark.slow
    def test_messages_are_after_an_orderly_end_what_they_were_before_it(
        self, tmp_path: Path
    ) -> None:
        workspace = Workspace(tmp_path)
        own = LocalAws(workspace, daemon.start(workspace, port=0, owned=True))
        queues = own.client("sqs")
        queue = queues.create_queue(QueueName="kept")["QueueUrl"]
        daemon.save(own.server)
        queues.send_message(QueueUrl=queue, MessageBody="consumed")
        time.sleep(2.5)
        [message] = queues.receive_message(QueueUrl=queue)["Messages"]
        queues.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        queues.send_message(QueueUrl=queue, MessageBody="last")
        daemon.stop(workspace, own.server)

        again = LocalAws(workspace, daemon.start(workspace, port=own.server.port, owned=True))
        left = again.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
        assert [message["Body"] for message in left["Messages"]] == ["last"]
        daemon.stop(workspace, again.server)

    def test_a_kill_before_any_save_leaves_nothing_half_kept(self, tmp_path: Path) -> None:
        workspace = Workspace(tmp_path)
        own = LocalAws(workspace, daemon.start(workspace, port=0, owned=True))
        own.client("s3").create_bucket(Bucket="lost")
        own.client("s3").put_object(Bucket="lost", Key="a", Body=b"x")
        os.kill(own.server.pid, signal.SIGKILL)
        eventually(lambda: processes_of(workspace), lambda found: not found)

        again = LocalAws(workspace, daemon.start(workspace, port=0, owned=True))
        assert again.client("s3").list_buckets()["Buckets"] == []
        daemon.stop(workspace, again.server)

    def test_buckets_versions_and_state_machines_survive_a_restart(self, tmp_path: Path) -> None:
        workspace = Workspace(tmp_path)
        own = LocalAws(workspace, daemon.start(workspace, port=0, owned=True))
        s3 = own.client("s3")
        s3.create_bucket(Bucket="kept")
        s3.put_bucket_versioning(Bucket="kept", VersioningConfiguration={"Status": "Enabled"})
        s3.put_bucket_notification_configuration(
            Bucket="kept", NotificationConfiguration={"EventBridgeConfiguration": {}}
        )
        old = s3.put_object(Bucket="kept", Key="a/b.csv", Body=b"old")["VersionId"]
        new = s3.put_object(Bucket="kept", Key="a/b.csv", Body=b"new", IfMatch="*")
        s3.put_object(Bucket="kept", Key="gone", Body=b"x")
        s3.delete_object(Bucket="kept", Key="gone")
        machines = Machines(own, create_function(own, "kept"), "kept")
        machine = machines.create({"A": machines.callback()})
        running = machines.steps.start_execution(stateMachineArn=machine, name="lost", input="{}")
        machines.tokens(running["executionArn"])
        daemon.stop(workspace, own.server)

        again = LocalAws(workspace, daemon.start(workspace, port=0, owned=True))
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


def put_contents(own: LocalAws, queue: str, text: str) -> None:
    """Send a message, write a line and measure a value."""
    own.client("sqs").send_message(QueueUrl=queue, MessageBody=text)
    logs, stream = own.client("logs"), {"logGroupName": "/kept", "logStreamName": "stream"}
    with suppress(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_stream(**stream)
    logs.put_log_events(
        **stream, logEvents=[{"timestamp": int(time.time() * 1000), "message": text}]
    )
    own.client("cloudwatch").put_metric_data(
        Namespace="Tests", MetricData=[{"MetricName": "kept", "Value": 1.0}]
    )


def contents(own: LocalAws, queue: str) -> dict[str, Any]:
    """Read what `put_contents` left."""
    queues, now = own.client("sqs"), datetime.now(UTC)
    messages = queues.receive_message(
        QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=0
    ).get("Messages", [])
    events = own.client("logs").get_log_events(
        logGroupName="/kept", logStreamName="stream", startFromHead=True
    )["events"]
    points = own.client("cloudwatch").get_metric_statistics(
        Namespace="Tests",
        MetricName="kept",
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=1),
        Period=86400,
        Statistics=["Sum"],
    )["Datapoints"]
    return {
        "messages": sorted(message["Body"] for message in messages),
        "lines": [event["message"] for event in events],
        "values": sum(point["Sum"] for point in points),
    }


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
