"""Problems of the data that the checks find, by the sample in plan.json, by all rows afterwards."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

DataCheck = Literal[
    "target copy", "group", "time", "identifier",
    "duplicate rows", "conflicting targets", "test rows in training",
]  # fmt: skip


class DataFinding(BaseModel):
    """A problem of the data; none of them rejects a dataset."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    check: DataCheck
    column: str = Field("", description="Empty where it is about rows.")
    count: int = Field(0, description="Of the rows, or of a group column's values.")
