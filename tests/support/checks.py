"""Synthetic checks of models in use."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tunedrop.checks import Check

START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def make_check(number: int = 1, value: float = 0.9, **changes: Any) -> Check:
    """Make a check of a file that was uploaded `number` minutes after the start."""
    values: dict[str, Any] = {
        "dataset": "iris",
        "run_id": "run-0001",
        "file": f"month-{number}.csv",
        "version_id": f"version-{number}",
        "time": START + timedelta(minutes=number),
        "metric": "r2",
        "rows": 1200,
        "of_rows": 1200,
        "score": {"value": value, "interval": (value - 0.02, value + 0.02)},
        "promised": {"value": 0.9, "interval": (0.89, 0.91)},
        "promised_by": "fresh folds",
        "verdict": "as promised",
    }
    return Check.model_validate(values | changes)
