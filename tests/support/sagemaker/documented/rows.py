"""What a row of the table is, and the pages that rows cite."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

_REFERENCE = "https://docs.aws.amazon.com/sagemaker/latest/APIReference/"
_GUIDE = "https://docs.aws.amazon.com/sagemaker/latest/dg/"

RANGES = f"{_GUIDE}automatic-model-tuning-define-ranges.html"
LIMITS_PAGE = f"{_GUIDE}automatic-model-tuning-limits.html"
STRATEGIES = f"{_GUIDE}automatic-model-tuning-how-it-works.html"
EARLY_STOPPING = f"{_GUIDE}automatic-model-tuning-early-stopping.html"
WARM_START = f"{_GUIDE}automatic-model-tuning-warm-start.html"
METRICS_PAGE = f"{_GUIDE}automatic-model-tuning-define-metrics-variables.html"
SPOT = f"{_GUIDE}model-managed-spot-training.html"
COMMON_ERRORS = f"{_REFERENCE}CommonErrors.html"
QUOTAS = "https://docs.aws.amazon.com/general/latest/gr/sagemaker.html"
TAGS = "https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html"
JSON_PROTOCOL = "https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html"
# What we refuse although AWS does not: a row of docs/fidelity.md.
OURS = "docs/fidelity.md"

GONE = object()
ACCEPTED = ""
INVALID = "ValidationException"
PATTERN = "Member must satisfy regular expression pattern"


def reference(name: str) -> str:
    """Address of an operation or a type in the API reference; its members' limits are there."""
    return f"{_REFERENCE}API_{name}.html"


@dataclass(frozen=True)
class Row:
    """One request, and how it is answered.

    Parameters
    ----------
    request
        The whole of it; bytes are sent as they are.
    code
        The error's, or ACCEPTED.
    message
        What an error's message has.
    expected
        Members of the answer of an accepted request; of a list, its length.
    """

    operation: str
    request: Any
    source: str
    code: str = ACCEPTED
    message: str = ""
    expected: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.operation}-{self.message[:50] or self.code or 'accepted'}"


def changed(request: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Set values at dotted paths; GONE removes."""
    request = copy.deepcopy(request)
    for path, value in changes.items():
        *parents, last = path.split(".")
        place = request
        for name in parents:
            place = place.setdefault(name, {})
        if value is GONE:
            place.pop(last)
        else:
            place[last] = value
    return request


@dataclass(frozen=True)
class Operation:
    """An operation whose rows are changes of a request that is right, which has a name."""

    name: str
    request: Callable[..., dict[str, Any]]

    def good(self, source: str, *all_changes: dict[str, Any]) -> list[Row]:
        """Make rows that are accepted, once they are `named`."""
        return [Row(self.name, changes, source) for changes in all_changes]

    def named(self, prefix: str, rows: list[Row], **options: Any) -> list[Row]:
        """Give every accepted request a name of its own."""
        requests = (self.request(f"{prefix}-{number}", **options) for number in range(len(rows)))
        return [
            Row(self.name, changed(request, row.request), row.source)
            for request, row in zip(requests, rows, strict=True)
        ]

    def bad(self, source: str, *rows: tuple[dict[str, Any], str], code: str = INVALID) -> list[Row]:
        """Make rows that are refused: what is changed, and words of the message."""
        return [
            Row(self.name, changed(self.request("bad"), changes), source, code, message)
            for changes, message in rows
        ]


TOO_SHORT = "Member must have length greater than or equal to 1"


def at_least(minimum: int) -> str:
    """Word a number that is too small."""
    return f"Member must have value greater than or equal to {minimum}"


def broken(path: str, rule: str) -> str:
    """Word a broken constraint of the service model as AWS does."""
    return f"at '{path}' failed to satisfy constraint: {rule}"


def at_most(path: str, limit: int) -> str:
    """Word a value or collection that is too long."""
    return broken(path, f"Member must have length less than or equal to {limit}")


def enum(path: str, *values: str) -> str:
    """Word a value that is none of an enumeration."""
    return broken(path, f"Member must satisfy enum value set: [{', '.join(values)}]")


def numeric(low: str, high: str, scaling: str = "Auto", name: str = "x") -> list[dict[str, str]]:
    """Make the ranges of one numeric hyperparameter."""
    return [{"Name": name, "MinValue": low, "MaxValue": high, "ScalingType": scaling}]
