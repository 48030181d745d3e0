"""Rows that are dropped come back with predictions of the model in use."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from sklearn.metrics import accuracy_score

from tests.support.conformance.functions import eventually
from tests.support.conformance.inbox import Inbox
from tests.support.deployed import RETUNED, Deployment
from tests.support.mailbox import subscribed
from tests.support.runs import Tuned
from tunedrop.checks import Check, describe_check
from tunedrop.cli.main import main


def answered(deployment: Deployment, file: str) -> tuple[dict[str, Any], str]:
    """Wait for a file's record, and return it with the rows."""
    key = f"predictions/{RETUNED}/{file}"
    eventually(lambda: f"{key}.json" in deployment.keys(key), bool, 120)
    record = deployment.json_of(f"{key}.json")
    return record, deployment.read(key) if record["status"] == "done" else ""


def test_dropped_rows_get_the_predictions_of_the_model_in_use(
    deployment: Deployment, wine: Tuned
) -> None:
    deployment.put(f"predict/{RETUNED}/rows.csv", wine.table)
    record, text = answered(deployment, "rows.csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    champion = deployment.json_of(f"models/{RETUNED}/champion.json")
    assert (record["status"], record["run_id"]) == ("done", champion["in_use"]["run_id"])
    key = f"checks/{RETUNED}/rows.csv-{record['version_id']}.json"
    check = Check.model_validate_json(deployment.read(key))
    assert check.verdict in ("as promised", "better")
    assert record["notes"] == [describe_check(check), "These rows look like the training rows."]
    assert text.splitlines()[1].startswith(wine.table.splitlines()[1])
    assert accuracy_score([r["kind"] for r in rows], [r["prediction"] for r in rows]) > 0.9


def test_the_command_writes_the_predictions_and_says_what_differs(
    deployment: Deployment, wine: Tuned, tmp_path: Path, capsys: Any, monkeypatch: Any
) -> None:
    for name, value in deployment.variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    Path("new.csv").write_text(wine.table.replace("cultivar", "unseen"))
    assert main(["predict", RETUNED, "new.csv"]) == 0
    shown = capsys.readouterr().out
    assert "138 values that cannot be used" in shown
    assert "look like the training rows" in shown
    assert "138 rows" in shown
    assert len(Path("predictions-new.csv").read_text().splitlines()) == 139
    assert main(["predict", "nothing", "new.csv"]) == 2
    assert "no model in use" in capsys.readouterr().err


def test_rows_whose_outcomes_changed_make_a_check_that_is_announced(
    deployment: Deployment, wine: Tuned
) -> None:
    renamed = wine.table.replace("cultivar 1", "cultivar x").replace("cultivar 2", "cultivar 1")
    table = renamed.replace("cultivar x", "cultivar 2")
    file = "May “a” & b.csv"
    inbox = Inbox(deployment, "worse-models", "tunedrop")
    with subscribed(deployment) as mailbox:
        deployment.put(f"predict/{RETUNED}/{file}", table)
        record, _ = answered(deployment, file)
        [attributes] = eventually(lambda: mailbox.attributes(RETUNED), bool, 60)
    assert record["verdict"] == "worse"
    assert attributes == {"dataset": RETUNED, "status": "checked", "verdict": "worse"}
    [event] = eventually(inbox.received, bool, 60)
    [check] = deployment.keys(f"checks/{RETUNED}/{file}")
    assert (event["detail-type"], event["detail"]["check"]) == ("Model Worse", check)


@pytest.mark.slow
def test_many_files_at_once_get_one_model_each_while_the_champion_changes(
    deployment: Deployment, wine: Tuned
) -> None:
    bucket = deployment.bucket
    key = f"models/{RETUNED}/champion.json"
    record = deployment.json_of(key)
    first = record["in_use"]["run_id"]
    second = f"{first[:-8]}ffffffff"
    deployment.clients.s3.copy_object(
        Bucket=bucket,
        Key=f"models/{RETUNED}/{second}/model.tar.gz",
        CopySource={"Bucket": bucket, "Key": f"models/{RETUNED}/{first}/model.tar.gz"},
    )
    lines = wine.table.splitlines(keepends=True)
    for number in range(30):
        body = "".join([lines[0], *lines[1 + number : 11 + number]])
        deployment.put(f"predict/{RETUNED}/burst-{number}.csv", body)
        if number == 15:
            record["in_use"] |= {"run_id": second, "model": record["in_use"]["model"]}
            deployment.put(key, json.dumps(record))
    models = set()
    for number in range(30):
        answer, text = answered(deployment, f"burst-{number}.csv")
        assert (answer["status"], answer["rows"]) == ("done", 10)
        assert text.splitlines()[1].startswith(lines[1 + number].rstrip())
        models.add(answer["run_id"])
    assert second in models <= {first, second}
