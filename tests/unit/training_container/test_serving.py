"""The server as SageMaker meets it: a real process, plain HTTP, a model of a real Confirm job."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sklearn_trainer.errors import ModelError
from sklearn_trainer.serving.server import prepare
from tests.support.training import fruit
from tests.support.training.models import Trained
from tests.support.training.serving import Server

ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"
ROWS = [{k: v for k, v in row.items() if k != "price"} for row in fruit.rows(90)]
FEATURES = ["weight", "size", "colour", "orchard", "ripe", "picked", "remark"]


@pytest.fixture(scope="module")
def server(fruit_model: Trained) -> Iterator[Server]:
    server = Server(fruit_model.job.base).wait_until_up()
    yield server
    assert server.stop() == 0
    assert "Traceback" not in server.log.read_text()


def values_of(rows: list[dict[str, Any]], names: list[str]) -> list[list[Any]]:
    return [[row[name] for name in names] for row in rows]


def with_types(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row as a program would send it: null and true rather than "" and "true"."""
    words = {"": None, "true": True, "false": False}
    return {name: words.get(value, value) for name, value in row.items()}


@pytest.mark.parametrize(
    "body",
    [
        [with_types(row) for row in ROWS],
        ROWS,
        [{name: row[name] for name in reversed(FEATURES)} for row in ROWS],
        {"columns": FEATURES[::-1], "data": values_of(ROWS, FEATURES[::-1]), "index": [0]},
        values_of(ROWS, FEATURES),
        values_of(ROWS, list(ROWS[0])),
        values_of(ROWS, [name for name in ROWS[0] if name != "kind"]),
    ],
)
def test_json_rows_are_predicted_to_the_bit_as_by_the_pipeline_itself(
    body: Any, server: Server, fruit_model: Trained
) -> None:
    answer = server.invoke(body, **{ATTRIBUTES: "trace=7; probabilities=true"})
    assert answer.status == 200, answer
    assert answer.json == {
        "predictions": fruit_model.predictions,
        "probabilities": fruit_model.probabilities,
        "classes": list(fruit.CLASSES),
    }


@pytest.mark.parametrize(
    ("text", "content_type"),
    [
        (fruit.as_csv(ROWS), "text/csv"),
        (fruit.as_csv(ROWS), "text/csv; charset=utf-8; header=present"),
        ("\ufeff" + fruit.as_csv(ROWS), "text/csv"),
        ("\r\n\n" + fruit.as_csv(ROWS), "text/csv"),
        (fruit.as_csv(ROWS).partition("\n")[2], "text/csv"),
        (fruit.as_csv(ROWS).partition("\n")[2], "text/csv; header=absent"),
        (fruit.as_csv([{n: r[n] for n in FEATURES[::-1]} for r in ROWS]), "text/csv"),
        (fruit.as_csv([{n: r[n] for n in FEATURES} for r in ROWS]).partition("\n")[2], "text/csv"),
    ],
)
def test_csv_rows_are_predicted_to_the_bit_as_by_the_pipeline_itself(
    text: str, content_type: str, server: Server, fruit_model: Trained
) -> None:
    answer = server.invoke(text, content_type, **{ATTRIBUTES: "probabilities=true"})
    assert answer.status == 200, answer
    assert answer.type == "text/csv"
    fields = [line.split(",") for line in answer.lines]
    assert [label for label, *_ in fields] == fruit_model.predictions
    assert [
        [float(share) for share in shares] for _, *shares in fields
    ] == fruit_model.probabilities


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("text/csv", "text/csv"),
        ("*/*", "application/json"),
        ("text/html, text/*;q=0.5", "text/csv"),
        ("text/csv;q=0.1, application/json", "application/json"),
        ("text/csv; charset=utf-8; q=0.1, application/json", "application/json"),
    ],
)
def test_the_caller_chooses_the_type_of_the_answer(
    accept: str, expected: str, server: Server
) -> None:
    answer = server.invoke(ROWS[:2], Accept=accept)
    assert (answer.status, answer.type) == (200, expected)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"size": "big"}, {"row": 2, "column": "size", "found": "'big'", "expected": "a number"}),
        ({"ripe": "perhaps"}, {"row": 2, "column": "ripe", "expected": "true or false"}),
        ({"ripe": 2}, {"row": 2, "column": "ripe", "found": "'2'"}),
        ({"picked": "last week"}, {"row": 2, "column": "picked", "expected": "a date or time"}),
        ({"picked": 1753351200}, {"row": 2, "column": "picked", "expected": "a date or time"}),
        ({"colour": ["red"]}, {"row": 2, "column": "colour", "found": "['red']"}),
        ({"colour": "\ud800"}, {"row": 2, "column": "colour", "message": "The value is invalid"}),
    ],
)
def test_a_bad_value_is_named_by_row_and_column(
    change: dict[str, Any], expected: dict[str, Any], server: Server
) -> None:
    answer = server.invoke([ROWS[0], {**ROWS[1], **change}, ROWS[2]])
    assert answer.status == 400
    for key, value in expected.items():
        assert str(answer.error[key]).startswith(str(value)), answer.error


def test_bad_values_of_a_csv_are_named_by_row_and_column_too(server: Server) -> None:
    header, *lines = fruit.as_csv(ROWS[:4]).splitlines()
    lines[2] = lines[2].replace(str(ROWS[2]["size"]), "big")
    for text in ("\n".join([header, *lines]), "\n".join(lines), "\n".join(["", header, *lines])):
        error = server.invoke(text, "text/csv").error
        assert (error["row"], error["column"], error["found"]) == (3, "size", "'big'")
    for above in ([header], ["", "", header]):
        short = "\n".join([*above, lines[0], "1,2"])
        error = server.invoke(short, "text/csv").error
        assert (error["row"], error["found"], error["expected"]) == (2, "2", str(len(ROWS[0])))


def test_a_missing_column_is_named_with_those_that_are_there(server: Server) -> None:
    renamed = [{("wieght" if k == "weight" else k): v for k, v in row.items()} for row in ROWS[:2]]
    for answer in (server.invoke(renamed), server.invoke(fruit.as_csv(renamed), "text/csv")):
        assert answer.status == 400
        assert answer.error["column"] == "weight"
        assert "'wieght'" in answer.error["found"]
    shouted = fruit.as_csv([{k.upper(): v for k, v in row.items()} for row in ROWS[:2]])
    error = server.invoke(shouted, "text/csv").error
    assert (error["column"], error["message"]) == ("weight", "7 columns are missing.")
    assert "'WEIGHT'" in error["found"]
    error = server.invoke([[1, 2]]).error
    assert error["found"] == "2 in the first row"
    assert error["expected"].startswith("7: 'weight', 'size'")


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        ("x", {"content_type": "text/plain"}, 415),
        ("x", {"content_type": ""}, 415),
        ("x".encode("utf-16"), {"content_type": "text/csv; charset=utf-16"}, 400),
        (b"\x1f\x8b", {"content_type": "text/csv", "Content_Encoding": "gzip"}, 400),
        ("[]", {"Accept": "image/png"}, 406),
        ("[]", {ATTRIBUTES: "probabilities=maybe"}, 400),
        ("", {}, 400),
        ("", {"content_type": "text/csv"}, 400),
        ("[]", {}, 400),
        (json.dumps(ROWS[0]), {}, 400),
        (json.dumps({"instances": ROWS}), {}, 400),
        (json.dumps({"columns": "weight", "data": []}), {}, 400),
    ],
)
def test_what_cannot_be_answered_is_rejected_by_the_right_status(
    body: Any, headers: dict[str, str], status: int, server: Server
) -> None:
    answer = server.invoke(body, **headers)
    assert (answer.status, answer.type) == (status, "application/json")
    assert answer.error["message"].endswith(".")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/ping", 200), ("GET", "/", 404), ("GET", "/invocations", 405), ("PUT", "/ping", 405)],
)
def test_paths_have_their_methods(method: str, path: str, status: int, server: Server) -> None:
    assert server.request(method, path).status == status


def test_a_body_above_the_limit_is_rejected_and_one_below_it_is_read(server: Server) -> None:
    row = {**ROWS[0], "other": "sweet " * 4_000_000}
    answer = server.invoke([row])
    assert answer.status == 200, answer
    refused = server.invoke(b"x" * (26 * 2**20))
    assert (refused.status, refused.error["expected"]) == (413, "at most 25 MiB")


def test_batch_transform_is_told_what_to_send(server: Server) -> None:
    assert server.get("/execution-parameters").json == {
        "MaxConcurrentTransforms": 2,
        "BatchStrategy": "MultiRecord",
        "MaxPayloadInMB": 6,
    }


def test_many_callers_at_once_get_their_own_answers_and_pings_too(
    server: Server, fruit_model: Trained
) -> None:
    def call(index: int) -> bool:
        rows = random.Random(index).sample(range(len(ROWS)), 5)  # noqa: S311 - a choice of rows
        answer = server.invoke([ROWS[row] for row in rows])
        return bool(answer.json["predictions"] == [fruit_model.predictions[row] for row in rows])

    with ThreadPoolExecutor(8) as callers:
        answers = [callers.submit(call, index) for index in range(40)]
        for _ in range(5):
            assert server.get("/ping").status == 200
        assert all(answer.result() for answer in answers)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=20,
)
cells = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
records = st.lists(
    st.dictionaries(st.sampled_from([*FEATURES, "other"]), cells | json_values), max_size=3
)
complete = st.lists(st.fixed_dictionaries(dict.fromkeys(FEATURES, cells)), min_size=1, max_size=3)
bodies = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=200),
    json_values.map(json.dumps),
    records.map(json.dumps),
    complete.map(json.dumps),
    records.map(lambda rows: json.dumps({"columns": FEATURES, "data": rows})),
    st.sampled_from(
        [
            "[" * 200_000,
            '{"data":' * 50_000,
            "[" + "9" * 5_000 + "]",
            '[[1e999,-1e999,null,"","","",""]]',
            "1" * 100_000,
            "," * 1_000_000,
            ",".join(FEATURES) + "," * 1_000_000,
            json.dumps([dict.fromkeys(FEATURES) | {"picked": "0" * 1_000_000}]),
            ",".join(FEATURES) + "\n" + "1e400,0x1,a,b,true,2026-13-45,\x00\n",
            ",".join(FEATURES) + "\n" + ("," * 6 + "\n") * 1000,
            '"unclosed\n' * 50,
            "\r" * 1000,
        ]
    ),
)
types = st.sampled_from(
    ["application/json", "text/csv", "text/csv; header=present", "text/csv; header=absent"]
)


@settings(max_examples=50, suppress_health_check=list(HealthCheck))
@given(body=bodies, content_type=types, accept=st.sampled_from(["", "text/csv", "*/*"]))
def test_no_body_brings_the_server_down_or_shows_its_inside(
    server: Server, body: bytes | str, content_type: str, accept: str
) -> None:
    raw = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    answer = server.invoke(raw, content_type, **({"Accept": accept} if accept else {}))
    assert answer.status in (200, 400), (answer, server.log.read_text())
    assert b"Traceback" not in answer.body
    assert b".py" not in answer.body
    assert server.get("/ping").status == 200


def test_a_process_that_is_killed_is_replaced(server: Server) -> None:
    listed = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text()
    os.kill(int(listed.split()[0]), signal.SIGKILL)
    deadline = time.monotonic() + 120
    answered = 0
    while answered < 5:
        assert time.monotonic() < deadline
        try:
            answered += server.invoke(ROWS[:1]).status == 200
        except OSError:  # the connection was the killed one's
            time.sleep(0.1)


def test_sigterm_ends_the_server_after_the_answer_that_is_under_way(fruit_model: Trained) -> None:
    server = Server(fruit_model.job.base, SAGEMAKER_MODEL_SERVER_WORKERS="1").wait_until_up()
    body = json.dumps([ROWS[0]]).encode()
    head = "POST /invocations HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as caller:
        caller.sendall(
            f"{head}Expect: 100-continue\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        )
        assert b"100 Continue" in caller.recv(1000)  # a thread of the server waits for the body
        server.process.send_signal(signal.SIGTERM)
        caller.sendall(body)
        answer = b"".join(iter(lambda: caller.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert json.loads(answer.rpartition(b"\r\n")[2])["predictions"] == fruit_model.predictions[:1]
    assert server.stop() == 0
    with pytest.raises(OSError, match="refused"):
        server.get("/ping")


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"SAGEMAKER_MAX_PAYLOAD_IN_MB": "lots"}, "Found 'lots'"),
        ({"SKLEARN_TRAINER_PROBABILITIES": "some"}, "Found 'some'"),
    ],
)
def test_a_wrong_setting_is_named(
    environment: dict[str, str], words: str, fruit_model: Trained
) -> None:
    with pytest.raises(ModelError, match=words):
        prepare(fruit_model.folders, "127.0.0.1", environment)


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    server = Server(tmp_path / "nothing")
    assert server.process.wait(60) == 1
    log = server.log.read_text()
    assert re.match(r"The server cannot start\. .+", log)
    assert "model/metadata.json" in log
    assert "Traceback" not in log
