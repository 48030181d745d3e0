"""The server with callers that send too much, too slowly, or stop in the middle; of one process."""

from __future__ import annotations

import json
import select
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import pytest

from sklearn_trainer.serving.application import ATTRIBUTES_HEADER, SPARE_THREADS, WAITING
from tests.support.training.forks import ForkServer
from tests.support.training.jobs import column, plan
from tests.support.training.models import FAST, Trained, train
from tests.support.training.serving import Server

THREADS = WAITING + SPARE_THREADS
HEAD = b"POST /invocations HTTP/1.1\r\nHost: here\r\nContent-Type: text/csv\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
HALF_A_BODY = HEAD + b"Content-Length: 10\r\n\r\n12.5\n"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, fork_server: ForkServer) -> Trained:
    columns = [
        column("weight"),
        column("note", "categorical", "ignored"),
        column("kind", "categorical", "target"),
    ]
    rows = [f"{10 + index % 40},,{'apple' if index % 40 < 20 else 'pear'}" for index in range(80)]
    return train(
        tmp_path_factory.mktemp("served") / "ml",
        plan(columns, confirm=FAST),
        {"train/train.csv": "weight,note,kind\n" + "\n".join(rows)},
        fork_server,
    )


@pytest.fixture(scope="module")
def patient(trained: Trained) -> Iterator[Server]:
    yield from serve(trained, seconds=600)


@pytest.fixture(scope="module")
def hasty(trained: Trained) -> Iterator[Server]:
    yield from serve(trained, seconds=2)


def serve(trained: Trained, seconds: int) -> Iterator[Server]:
    server = Server(
        trained.job.base,
        SAGEMAKER_MODEL_SERVER_WORKERS="1",
        SKLEARN_TRAINER_TRANSFER_SECONDS=str(seconds),
    ).wait_until_up()
    yield server
    assert server.stop() == 0
    assert "Traceback" not in server.log.read_text()


def call(server: Server, start: bytes) -> socket.socket:
    caller = socket.create_connection(("127.0.0.1", server.port), timeout=60)
    caller.sendall(start)
    return caller


def answer_of(caller: socket.socket) -> tuple[int, Any]:
    response = HTTPResponse(caller)
    response.begin()
    body = response.read()
    return response.status, body.decode() if response.status == 200 else json.loads(body)["error"]


@pytest.mark.parametrize(("mebibytes", "status"), [(25, 200), (26, 413), (30, 413)])
def test_a_chunked_body_is_predicted_as_a_whole_or_rejected(
    mebibytes: int, status: int, patient: Server
) -> None:
    row = b"12.5," + b"x" * (2**20 - 6) + b"\n"
    headers = {"Content-Type": "text/csv"}
    answer = patient.request("POST", "/invocations", iter([row] * mebibytes), headers)
    assert answer.status == status
    if status == 200:
        assert answer.lines == ["apple"] * mebibytes
    else:
        assert answer.error["expected"] == "at most 25 MiB"


@pytest.mark.parametrize(
    "request_bytes",
    [
        CHUNKED + b"ZZ\r\n12.5\n\r\n0\r\n\r\n",
        CHUNKED + b"2\r\n12.5\n\r\n0\r\n\r\n",
        CHUNKED + b"5\r\n12.5\n\r\n",
        HALF_A_BODY,
    ],
    ids=["no size", "wrong size", "no last chunk", "half a body"],
)
def test_a_broken_body_is_the_callers_error(request_bytes: bytes, patient: Server) -> None:
    with call(patient, request_bytes) as caller:
        caller.shutdown(socket.SHUT_WR)
        status, error = answer_of(caller)
        assert (status, caller.recv(1)) == (400, b"")
        assert error["message"].startswith("The body")


def test_callers_for_whom_there_is_no_place_are_rejected_before_they_have_sent_all(
    patient: Server,
) -> None:
    with ExitStack() as stack:
        waiting = {stack.enter_context(call(patient, HALF_A_BODY)) for _ in range(2 * THREADS)}
        while len(waiting) > WAITING:
            refused, _, _ = select.select(waiting, [], [], 60)
            assert refused
            assert {answer_of(caller)[0] for caller in refused} == {503}
            waiting -= set(refused)
        assert patient.get("/ping").status == 200
        last = waiting.pop()
        last.sendall(b"45.5\n")
        assert answer_of(last) == (200, "apple\npear\n")


@pytest.mark.parametrize(
    ("start", "callers"),
    [
        (b"", 15 * THREADS),
        (HEAD, 2 * THREADS),
        (HALF_A_BODY, 2 * THREADS),
        (CHUNKED + b"1000\r\n12.5\n", 2 * THREADS),
    ],
    ids=["nothing", "half a head", "half a body", "half a chunk"],
)
def test_callers_that_stop_sending_do_not_hold_the_server(
    start: bytes, callers: int, hasty: Server
) -> None:
    with ExitStack() as stack:
        for _ in range(callers):
            stack.enter_context(call(hasty, start))
        assert hasty.get("/ping").status == 200


def test_a_caller_that_does_not_take_its_answer_loses_the_connection(hasty: Server) -> None:
    body = b"1\n" * 150_000
    head = HEAD + b"%b: probabilities=true\r\n" % ATTRIBUTES_HEADER.encode()
    with socket.socket() as caller:
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        caller.settimeout(60)
        caller.connect(("127.0.0.1", hasty.port))
        caller.sendall(head + b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        assert caller.recv(13) == b"HTTP/1.1 200 "
        deadline = time.monotonic() + 60
        while is_connected(hasty, caller):
            assert time.monotonic() < deadline
            time.sleep(0.1)


def is_connected(server: Server, caller: socket.socket) -> bool:
    """Whether the server's end of a connection is open."""
    ports = [f":{server.port:04X}", f":{caller.getsockname()[1]:04X}"]
    connections = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()]
    established = [connection for connection in connections if connection[3] == "01"]
    return ports in [[local[-5:], remote[-5:]] for _, local, remote, *_ in established]


def test_a_body_that_trickles_in_has_the_same_deadline(hasty: Server) -> None:
    with call(hasty, HEAD + b"Content-Length: 1000000\r\n\r\n") as caller:
        while not select.select([caller], [], [], 0.05)[0]:
            caller.sendall(b"1")
        status, error = answer_of(caller)
        assert (status, error["expected"]) == (408, "all of it within 2 seconds")


@pytest.mark.parametrize("first_line", [b"12.5,\n", b"weight,note,kind\n"])
def test_short_lines_do_not_fill_the_memory(first_line: bytes, patient: Server) -> None:
    server = patient.process.pid
    worker = Path(f"/proc/{server}/task/{server}/children").read_text().split()[0]
    answer = patient.invoke(first_line + b"1\n" * (6 * 2**20), "text/csv")
    assert answer.status == 400
    peak = next(
        line for line in Path(f"/proc/{worker}/status").read_text().splitlines() if "VmHWM" in line
    )
    assert int(peak.split()[1]) < 700_000  # KiB
