"""What Predict writes: the record of a file's predictions, and how often it has begun with it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from tunedrop.errors import UserInputError
from tunedrop_common.checks import CheckVerdict
from tunedrop_common.estimates import IntervalEstimate
from tunedrop_common.plan import Record
from tunedrop_common.predictions import UnknownCategories, UnlikeColumn


class PredictionError(Record):
    """Why a file has no predictions."""

    what: str
    where: str = ""
    found: str = ""
    expected: str = ""
    to_do: str = ""

    @classmethod
    def of(cls, error: UserInputError) -> PredictionError:
        """Return the parts of an error."""
        return cls(**error.parts)


class PredictionRecord(Record):
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
    unusable_outcomes: dict[str, int] = Field(
        {}, description="Of the target and the weights; these rows are not scored."
    )
    unknown_categories: dict[str, UnknownCategories] = Field({}, description="By feature.")
    unlike_training: tuple[UnlikeColumn, ...] = ()
    verdict: CheckVerdict | None = Field(
        None, description="Of the rows with a target, if there are any; `checks/` has more."
    )
    score: IntervalEstimate | None = Field(None, description="Of these rows.")
    notes: tuple[str, ...] = Field((), description="The same in sentences.")
    error: PredictionError | None = None


class Attempts(Record):
    """How often Predict has begun with a version of a file, and when last."""

    version_id: str
    count: int
    began: datetime
