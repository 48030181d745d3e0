"""Conditions of a local AWS (docs/local-aws.md), set for a while."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import urllib3


@contextmanager
def conditions_of(endpoint: str, conditions: dict[str, Any]) -> Iterator[None]:
    """Simulate faults for a while."""
    url = f"{endpoint}/_local_aws/conditions"
    answer = urllib3.request("PUT", url, body=json.dumps(conditions))
    assert answer.status == 200, answer.data
    try:
        yield
    finally:
        urllib3.request("PUT", url, body="{}")
