"""How rows that were predicted differ from the training rows: in an answer's record, too."""

from __future__ import annotations

from pydantic import Field

from tunedrop_common.plan import Record


class UnlikeColumn(Record):
    """A feature whose values are distributed unlike the training values."""

    column: str
    stability_index: float = Field(description="The population stability index.")
    values: str = Field(description="The values whose share grew most.")
    share: float = Field(description="Of the file's rows.")
    training_share: float


class UnknownCategories(Record):
    """Rows with categories that training did not have, and the most frequent of these."""

    rows: int
    most_frequent: tuple[str, ...]
