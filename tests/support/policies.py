"""What IAM would decide by identity policies: the part of its language that this stack uses.

Anything else in a policy (NotAction, other condition operators, variables) is an error, never a
guess. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_KNOWN = {"Sid", "Effect", "Action", "Resource", "Condition"}


@dataclass(frozen=True)
class Request:
    """Something that a role asks for."""

    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)


def allowed(request: Request, policies: Iterable[Mapping[str, Any]]) -> bool:
    """Decide: an explicit Deny wins, then an Allow is needed."""
    effects = {
        statement["Effect"]
        for policy in policies
        for statement in _list(policy["Statement"])
        if _applies(statement, request)
    }
    return effects == {"Allow"}


def _applies(statement: Mapping[str, Any], request: Request) -> bool:
    unknown = set(statement) - _KNOWN
    if unknown or statement["Effect"] not in ("Allow", "Deny"):
        raise NotImplementedError(f"{sorted(unknown) or statement['Effect']} in {statement}")
    actions = [str(item).lower() for item in _list(statement["Action"])]
    return (
        any(_matches(request.action.lower(), item) for item in actions)
        and any(_matches(request.resource, item) for item in _list(statement["Resource"]))
        and all(
            _holds(operator, key, _list(patterns), request.context)
            for operator, keys in statement.get("Condition", {}).items()
            for key, patterns in keys.items()
        )
    )


def _holds(operator: str, key: str, patterns: Sequence[str], context: Mapping[str, str]) -> bool:
    value = context.get(key)
    if operator == "StringEquals":
        return value in patterns
    if operator == "StringLike":
        return value is not None and any(_matches(value, item) for item in patterns)
    raise NotImplementedError(f"the condition operator {operator}")


def _matches(text: str, pattern: str) -> bool:
    if "${" in pattern:
        raise NotImplementedError(f"the policy variable in {pattern}")
    # Brackets mean nothing to IAM.
    expression = fnmatch.translate(re.sub(r"\[", "[[]", pattern))
    return re.fullmatch(expression, text, re.DOTALL) is not None


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]
