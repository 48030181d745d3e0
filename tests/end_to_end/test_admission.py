"""What one dataset's files start: one run of all of them, of each contents once, or one message."""

from __future__ import annotations

from tests.support.conformance.functions import eventually
from tests.support.deployed import Deployment
from tests.support.mailbox import subscribed
from tests.support.runs import IRIS
from tunedrop import keys


def test_a_folder_with_a_bad_name_and_fifty_files_is_one_message(deployment: Deployment) -> None:
    name = "month=july"
    with subscribed(deployment) as mailbox:
        for number in range(50):
            deployment.put(f"{keys.DATASETS}{name}/part-{number:02}.csv", IRIS)
        eventually(lambda: mailbox.about(name), bool, 60)
        eventually(deployment.nothing_arrives, bool, 60)
        assert len(mailbox.about(name)) == 1
    [key] = deployment.keys(keys.rejection(name, "").removesuffix(".json"))
    record = deployment.json_of(key)
    assert record["dataset"] == name
    assert record["to_do"]
    assert deployment.keys(keys.runs_of(name)) == []
