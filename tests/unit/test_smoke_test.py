"""`make smoke-test` in an AWS account: it says where it stopped, and leaves nothing behind."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from tests.support.answers import Answer, Answers
from tests.support.fakes import client_error
from tests.support.report.synthetic_results import make_results
from tools import smoke_test
from tools.image_test import StepFailed
from tools.smoke_test import EVERY, TABLE, main

ENDPOINT_GOES = ["delete_endpoint", "delete_endpoint_config", "delete_model"]
ALL_GOES = ["stop", "destroy", "delete the bucket"]


class Account:
    """What the test does in an account, in words: programs that it runs, and deletions."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.fails_at = ""
        species = [line.split(",")[-1] for line in TABLE.read_text().splitlines()[1::EVERY]]
        self.predicted = "\n".join(species)

    def run(self, *command: str) -> None:
        [word] = [word for word in command if word in ("deploy", "drop", "-c", "stop", "destroy")]
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

    def client(self, service: str) -> Any:
        outputs = [{"OutputKey": "Bucket", "OutputValue": "own"}]

        def record(name: str) -> Answer:
            return lambda _: {"done": self.done.append(name)}  # type: ignore[func-returns-value]

        delete = {name: record(name) for name in ENDPOINT_GOES}
        body = SimpleNamespace(read=self.predicted.encode)
        return Answers(
            service,
            describe_stacks={"Stacks": [{"Outputs": outputs}]},
            invoke_endpoint={"Body": body},
            **delete,
        )

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
        ("", "passed", ["deploy", "drop", "-c", *ENDPOINT_GOES, *ALL_GOES]),
        ("deploy", "FAILED: deploy: ", ["deploy", "destroy"]),
        ("drop", "FAILED: tune: ", ["deploy", "drop", *ALL_GOES]),
        ("-c", "FAILED: predict: ", ["deploy", "drop", "-c", *ENDPOINT_GOES, *ALL_GOES]),
        ("stop", "FAILED: destroy: ", ["deploy", "drop", "-c", *ENDPOINT_GOES, *ALL_GOES]),
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
    account.predicted = account.predicted.replace("Adelie", "Gentoo")
    assert main([]) == 1
    assert "FAILED: predict: expected" in capsys.readouterr().err


def test_a_stack_is_kept_on_request_and_its_endpoint_is_not(account: Account) -> None:
    account.fails_at = "-c"
    assert main(["--keep"]) == 1
    assert account.done == ["deploy", "drop", "-c", *ENDPOINT_GOES]


def test_a_bucket_of_the_settings_is_never_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[str] = []
    monkeypatch.setattr(smoke_test, "prepare_account", lambda words: given.append(words[1]))
    monkeypatch.setattr(smoke_test, "_run", lambda *_: (_ for _ in ()).throw(client_error("x")))
    assert main(["--settings", '{"existing_bucket": "theirs", "stack_name": "Theirs"}']) == 1
    assert '"existing_bucket": null' in given[0]
    assert "heirs" not in given[0]
