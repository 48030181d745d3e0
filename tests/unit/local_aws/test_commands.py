from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from local_aws.commands import new_events


class FakeLogs:
    """Two groups, whose events a test adds."""

    def __init__(self) -> None:
        self.events: dict[str, list[dict[str, Any]]] = {"/aws/lambda/a": [], "/aws/sagemaker/b": []}

    def add(self, group: str, timestamp: int, message: str) -> None:
        event = {"logStreamName": "s", "timestamp": timestamp, "message": message}
        self.events[group].append(event)

    def get_paginator(self, name: str) -> FakeLogs:
        self.operation = name
        return self

    def paginate(self, **arguments: str) -> Iterator[dict[str, Any]]:
        if self.operation == "filter_log_events":
            yield {"events": self.events[arguments["logGroupName"]]}
        else:
            prefix = arguments["logGroupNamePrefix"]
            yield {"logGroups": [{"logGroupName": n} for n in self.events if n.startswith(prefix)]}


def test_following_shows_each_line_once_in_the_order_of_time() -> None:
    logs, shown = FakeLogs(), Counter[Any]()
    logs.add("/aws/lambda/a", 2, "second")
    logs.add("/aws/sagemaker/b", 1, "first")
    assert [event["message"] for event in new_events(logs, shown)] == ["first", "second"]
    assert new_events(logs, shown) == []
    logs.add("/aws/lambda/a", 2, "second")
    logs.add("/aws/lambda/a", 3, "third")
    assert [event["message"] for event in new_events(logs, shown)] == ["second", "third"]
