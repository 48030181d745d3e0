"""The server of the local AWS with the tiny container, and with SageMaker's events recorded.

python -m tests.support.sagemaker.serve, with the arguments of `local_aws.server`; the file
options.json of its folder has more options of the service.
"""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

from local_aws import server
from local_aws.conditions import Conditions, CurrentConditions
from local_aws.ministack import events
from local_aws.sagemaker import ContainerEntryPoint, Service

CONTAINER = Path(__file__).with_name("tiny_container")


def make_service(root: Path, conditions: CurrentConditions, **arguments: Any) -> Service:
    """Make the service of tests in place of the server's own."""
    lock, record = threading.Lock(), root.parents[1] / "events.jsonl"

    def emit(event: dict[str, Any]) -> None:
        with lock, record.open("a") as file:
            file.write(json.dumps(event) + "\n")
        events.emit(event)

    options = json.loads((root.parents[1] / "options.json").read_text())
    conditions.change(Conditions(**options.pop("conditions", {})))
    entry_point = ContainerEntryPoint(
        module="tiny_trainer", python_path=(CONTAINER,), preload=("json",)
    )
    changed = {"emit": emit, "entry_point": entry_point, **options}
    return Service(root=root, conditions=conditions, **{**arguments, **changed})


if __name__ == "__main__":
    vars(server)["Service"] = make_service
    server.main()
