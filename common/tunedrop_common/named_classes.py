"""Classes of a target as people write them in tuning.yaml, whatever their type in the data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_SHOWN: Final = 20


def class_text(label: object) -> str:
    """Return the same text for true and True, 1 and 1.0."""
    if isinstance(label, float) and label.is_integer():
        label = int(label)
    text = str(label)
    return text.lower() if text.lower() in ("true", "false") else text


def listed_classes(classes: Sequence[object]) -> str:
    """List the first classes for a message."""
    shown = ", ".join(map(repr, classes[:_SHOWN]))
    return shown + (", ..." if len(classes) > _SHOWN else "")
