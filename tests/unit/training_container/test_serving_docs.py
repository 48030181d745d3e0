"""The examples of docs/serving.md: each request is answered, each call is one that AWS knows."""

from __future__ import annotations

import json
import re
from typing import Any

import boto3
import pytest
from botocore.validate import validate_parameters
from werkzeug.test import Client, TestResponse

from sklearn_trainer.serving.server import prepare
from tests.support.training import ROOT
from tests.support.training.forks import ForkServer
from tests.support.training.jobs import column, plan
from tests.support.training.models import FAST, train

TEXT = (ROOT / "docs" / "serving.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, fork_server: ForkServer) -> Client:
    rows = [
        f"{60 + index % 40},{('red', 'green')[index % 2]},"
        f"2026-{8 + index % 4:02}-{1 + index % 28:02},{('apple', 'pear')[index % 2]}"
        for index in range(60)
    ]
    columns = [
        column("weight"),
        column("colour", "categorical"),
        column("picked", "datetime"),
        column("kind", "categorical", "target"),
    ]
    trained = train(
        tmp_path_factory.mktemp("documented") / "ml",
        plan(columns, confirm=FAST),
        {"train/train.csv": "weight,colour,picked,kind\n" + "\n".join(rows)},
        fork_server,
    )
    return Client(prepare(trained.folders, "127.0.0.1", {})[1])


def send(client: Client, body: str, content_type: str) -> TestResponse:
    return client.post("/invocations", data=body, content_type=content_type)


@pytest.mark.parametrize("body", blocks("json"))
def test_every_json_example_is_answered(body: str, client: Client) -> None:
    answer = send(client, body, "application/json")
    assert answer.status_code == 200, answer.get_data()
    request = json.loads(body)
    content = answer.get_json()
    assert len(content["predictions"]) == len(
        request if isinstance(request, list) else request["data"]
    )


def test_the_documented_answer_has_the_keys_of_a_real_one(client: Client) -> None:
    shown = next(json.loads(block) for block in blocks("text") if block.startswith('{"predictions'))
    attributes = {"X-Amzn-SageMaker-Custom-Attributes": "probabilities=true"}
    real = client.post("/invocations", json=json.loads(blocks("json")[0]), headers=attributes)
    real = real.get_json()
    assert shown.keys() == real.keys()
    assert shown["classes"] == real["classes"]


@pytest.mark.parametrize("body", blocks("csv"))
def test_every_csv_example_is_answered_line_by_line(body: str, client: Client) -> None:
    answer = send(client, body, "text/csv")
    assert answer.status_code == 200, answer.get_data()
    assert len(answer.get_data(as_text=True).splitlines()) == len(body.splitlines()) - 1


def test_the_documented_refusal_is_the_real_one(client: Client) -> None:
    rows = json.loads(blocks("json")[0])
    rows[1]["weight"] = "heavy"
    real = send(client, json.dumps(rows), "application/json")
    shown = next(json.loads(block) for block in blocks("text") if block.startswith('{"error'))
    assert real.get_json() == shown


class Recorder:
    """A SageMaker client that only checks each call against AWS's own description."""

    def __init__(self) -> None:
        self.client = boto3.client(
            "sagemaker",
            region_name="eu-west-1",
            aws_access_key_id="none",
            aws_secret_access_key="none",
        )
        self.called: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Any:
        def call(**arguments: Any) -> None:
            operation = self.client.meta.method_to_api_mapping[name]
            model = self.client.meta.service_model.operation_model(operation)
            assert model.input_shape is not None
            validate_parameters(arguments, model.input_shape)
            self.called.append((name, arguments))

        return call


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    recorder = Recorder()
    monkeypatch.setattr("boto3.client", lambda name: recorder)
    return recorder


def test_the_calls_of_boto3_are_complete_and_known_to_aws(recorder: Recorder) -> None:
    names: dict[str, Any] = {}
    for code in (block for block in blocks("python") if "sagemaker.create" in block):
        exec(code, names)  # noqa: S102 - our own documentation
    creating = ["create_model", "create_endpoint_config", "create_endpoint"]
    assert [name for name, _ in recorder.called] == [*creating * 2, "create_transform_job"]
    is_isolated = {
        arguments["ModelName"]: arguments.get("EnableNetworkIsolation", False)
        for name, arguments in recorder.called
        if name == "create_model"
    }
    for name, arguments in recorder.called:
        if name == "create_endpoint_config":  # AWS isolates no serverless endpoint
            [variant] = arguments["ProductionVariants"]
            assert is_isolated[variant["ModelName"]] == ("ServerlessConfig" not in variant)


@pytest.mark.slow
def test_the_snippet_of_the_sdk_names_what_the_sdk_has() -> None:
    code = next(block for block in blocks("python") if "sagemaker.model" in block)
    compile(code, "serving.md", "exec")
    imports = "\n".join(line for line in code.splitlines() if line.startswith("from "))
    exec(imports, {})  # noqa: S102 - our own documentation
