"""Event rules that are off for a while: what they would deliver is lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.support.deployed import Deployment


@contextmanager
def disabled(deployment: Deployment, chosen: Any) -> Iterator[None]:
    events = deployment.client("events")
    names = [rule["Name"] for rule in events.list_rules()["Rules"] if chosen(rule)]
    assert names
    for name in names:
        events.disable_rule(Name=name)
    try:
        yield
    finally:
        for name in names:
            events.enable_rule(Name=name)
