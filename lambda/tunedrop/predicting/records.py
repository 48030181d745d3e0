"""What Predict writes: the record of a file's predictions, and how often it has begun with it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from tunedrop.errors import UserInputError


class _Written(BaseModel):
    """Frozen; further keys are left out."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class PredictionError(_Written):
    """Why a file has no predictions."""

    what: str
    where: str = ""
    found: str = ""
    expected: str = ""
    to_do: str = ""

    @classmethod
    def of(cls, error: UserInputError) -> PredictionError:
        """Return the parts of an error."""
        return cls(**{part: getattr(error, part) for part in cls.model_fields})


class UnlikeColumn(_Written):
    """A feature whose values are distributed unlike the training values."""

    column: str
    stability_index: float = Field(description="The population stability index.")
    values: str = Field(description="The values whose share grew most.")
    share: float = Field(description="Of the file's rows.")
    training_share: float


class UnknownWords(_Written):
    """Rows with categories that training did not have."""

    rows: int
    most_frequent: tuple[str, ...]


class PredictionRecord(_Written):
    """`predictions/<dataset>/<file>.json`: written when all else is."""

    status: Literal["done", "failed"]
    dataset: str
    file: str
    version_id: str = Field(description="Of the file in `predict/`.")
    time: datetime
    run_id: str | None = Field(None, description="Of the model; null before there is one.")
    model: str | None = Field(None, description="S3 URI of the model.")
    answer_version_id: str | None = Field(None, description="Of the file in `predictions/`.")
    rows: int = 0
    seconds: float = Field(0, description="To read, predict and write the rows.")
    unusable_values: dict[str, int] = Field({}, description="By feature; they count as missing.")
    unknown_categories: dict[str, UnknownWords] = Field({}, description="By feature.")
    unlike_training: tuple[UnlikeColumn, ...] = ()
    notes: tuple[str, ...] = Field((), description="The same in sentences.")
    error: PredictionError | None = None


class Attempts(_Written):
    """How often Predict has begun with a version of a file, and when last."""

    version_id: str
    count: int
    began: datetime
