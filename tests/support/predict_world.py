"""A bucket with models in use, and events for the handler of Predict."""

from __future__ import annotations

import json
from typing import Any

from tests.support.admission_harness import FakeQueue
from tests.support.fakes import Clock, FakeS3
from tests.support.plans import in_use
from tunedrop import keys
from tunedrop.handlers import predict

RUN_ID = "20261123T000000Z-aaaaaaaa"
KEY = "predict/fruit/new.csv"
ANSWER, RECORD = "predictions/fruit/new.csv", "predictions/fruit/new.csv.json"
DONE: dict[str, Any] = {"batchItemFailures": []}
AGAIN: dict[str, Any] = {"batchItemFailures": [{"itemIdentifier": "1"}]}


class World:
    """A bucket with a classification's and a regression's model in use."""

    def __init__(self, archives: dict[str, bytes]) -> None:
        self.clock = Clock()
        self.s3 = FakeS3(self.clock)
        self.queue = FakeQueue(self.clock)
        for dataset, task in (("fruit", "classification"), ("prices", "regression")):
            self.s3.put(keys.model(dataset, RUN_ID), archives[task])
            self.use(RUN_ID, dataset)

    def use(self, run_id: str, dataset: str = "fruit") -> None:
        self.s3.put(keys.champion(dataset), in_use(run_id, dataset).model_dump_json())

    def event(self, key: str = KEY) -> dict[str, Any]:
        return self.message({"detail": {"bucket": {"name": "bucket"}, "object": {"key": key}}})

    def message(self, content: Any) -> dict[str, Any]:
        return {"Records": [{"messageId": "1", "body": json.dumps(content)}]}

    def predict(self, content: str | bytes, key: str = KEY) -> dict[str, Any]:
        """Put a file of rows and deliver its event; return the record of its predictions."""
        self.s3.put(key, content)
        assert predict.handler(self.event(key), None) == DONE
        return self.record(f"predictions/{key.removeprefix('predict/')}.json")

    def record(self, key: str = RECORD) -> dict[str, Any]:
        record: dict[str, Any] = json.loads(self.s3.body(key))
        return record
