"""Runs Confirm on a pandas table, by the container's door, for what it says about it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from pandas.api import types

from tests.support.training.forks import ForkServer
from tests.support.training.jobs import Job, column, part, plan

TARGET = "target"


def explained(
    base: Path,
    server: ForkServer,
    table: pd.DataFrame,
    test: pd.DataFrame | None = None,
    *,
    roles: dict[str, str] | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """Return the explanation of the model that Confirm ships; the target is called so."""
    files: dict[str, bytes | str] = {"train/train.csv": table.to_csv(index=False)}
    settings: dict[str, Any] = {"report": {"time_share": 100.0}, **changes}
    if test is not None:
        files["test/test.csv"] = test.to_csv(index=False)
        settings["final_test"] = {"kind": "file"}
        settings["data"] = {**settings.get("data", {}), "test": part("test.csv")}
    roles = {TARGET: "target", **(roles or {})}
    columns = [
        column(str(name), _kind(table[name]), roles.get(str(name), "feature")) for name in table
    ]
    job = Job(base, plan(columns, **settings), {}, "confirm", files).write()
    finished = server.run(job)
    assert finished.code == 0, finished.log
    found: dict[str, Any] = finished.confirm["explanation"]
    return found


def _kind(values: pd.Series) -> str:
    if types.is_datetime64_any_dtype(values):
        return "datetime"
    return "numeric" if types.is_numeric_dtype(values) else "categorical"
