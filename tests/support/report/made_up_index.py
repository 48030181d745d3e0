"""Made-up runs as the index remembers them."""

from __future__ import annotations

from tunedrop.index.records import RunEntry


def entry(number: int, score: float | None = 0.9, **changes: object) -> RunEntry:
    """Make a run with a report, or one without a score."""
    values: dict[str, object] = {
        "run_id": f"run-{number:04d}",
        "outcome": "reported",
        "ended": f"2026-11-23T10:{number % 60:02d}:00+00:00",
        "verdict": "promoted",
        "metric": "r2",
        "shipped": "winner (linear)",
        "score": score,
        "low": None if score is None else score - 0.01,
        "high": None if score is None else score + 0.01,
        "training_jobs": 40,
        "usd": 1.25,
    }
    return RunEntry.model_validate(values | changes)
