"""`make smoke-test` in an AWS account: it says where it stopped, and leaves nothing behind."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from tests.support.answers import Answers
from tests.support.fakes import client_error
from tests.support.report.synthetic_results import make_results
from tools import smoke_test
from tools.image_test import StepFailed
from tools.smoke_test import main

STEPS = ("deploy", "drop", "predict", "stop", "destroy")
ALL_GOES = ["stop", "destroy", "delete the bucket"]


class Account:
    """What the test does in an account, in words: programs that it runs, and deletions."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.fails_at = ""
        self.predicted: dict[str, str] = {}

    def run(self, *command: str) -> None:
        [word] = [word for word in command if word in STEPS]
        self.done.append(word)
        if word == "deploy":
            assembly = Path(command[command.index("--output") + 1])
            assembly.mkdir()
            (assembly / "manifest.json").touch()
        if word == self.fails_at:
            raise StepFailed(f"{word} failed")
        if word == "drop":
            folder = Path(command[command.index("--fetch") + 1])
            folder.mkdir()
            (folder / "results.json").write_text(make_results(10).model_dump_json())
        if word == "predict":
            _, _, _, _, _, rows, _, answer, *_ = command
            header, *lines = Path(rows).read_text().splitlines()
            species = [line.split(",")[-1] for line in lines]
            predicted = [
                f"{line},{self.predicted.get(s, s)}" for line, s in zip(lines, species, strict=True)
            ]
            Path(answer).write_text("\n".join([f"{header},prediction", *predicted]))

    def client(self, service: str) -> Any:
        outputs = [{"OutputKey": "Bucket", "OutputValue": "own"}]
        return Answers(service, describe_stacks={"Stacks": [{"Outputs": outputs}]})

    def resource(self, _service: str) -> Any:
        def delete() -> None:
            self.done.append("delete the bucket")

        versions = SimpleNamespace(delete=lambda: None)
        return SimpleNamespace(
            Bucket=lambda name: SimpleNamespace(object_versions=versions, delete=delete)
        )


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Account:
    account = Account()
    monkeypatch.setattr(smoke_test, "_run", account.run)
    monkeypatch.setattr(smoke_test, "prepare_account", lambda _: 0)
    monkeypatch.setattr(boto3, "client", account.client)
    monkeypatch.setattr(boto3, "resource", account.resource)
    return account


@pytest.mark.parametrize(
    ("fails_at", "verdict", "done"),
    [
        ("", "passed", ["deploy", "drop", "predict", *ALL_GOES]),
        ("deploy", "FAILED: deploy: ", ["deploy", "destroy"]),
        ("drop", "FAILED: tune: ", ["deploy", "drop", *ALL_GOES]),
        ("predict", "FAILED: predict: ", ["deploy", "drop", "predict", *ALL_GOES]),
        ("stop", "FAILED: destroy: ", ["deploy", "drop", "predict", *ALL_GOES]),
    ],
)
def test_all_is_deleted_and_a_failure_is_told_with_its_step(
    account: Account,
    fails_at: str,
    verdict: str,
    done: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    account.fails_at = fails_at
    assert main([]) == bool(fails_at)
    assert verdict in "".join(capsys.readouterr())
    assert account.done == done


def test_wrong_predictions_fail(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    account.predicted = {"Adelie": "Gentoo"}
    assert main([]) == 1
    assert "FAILED: predict: The species" in capsys.readouterr().err


def test_a_stack_is_kept_on_request(account: Account) -> None:
    account.fails_at = "predict"
    assert main(["--keep"]) == 1
    assert account.done == ["deploy", "drop", "predict"]


def test_a_bucket_of_the_settings_is_never_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[str] = []
    monkeypatch.setattr(smoke_test, "prepare_account", lambda words: given.append(words[1]))
    monkeypatch.setattr(smoke_test, "_run", lambda *_: (_ for _ in ()).throw(client_error("x")))
    assert main(["--settings", '{"existing_bucket": "theirs", "stack_name": "Theirs"}']) == 1
    assert '"existing_bucket": null' in given[0]
    assert "heirs" not in given[0]
