"""champion.json: the model of a dataset that is in use, replaced by WriteReport when a run ends.

Runs of one dataset may end at the same time and in any order, so the write is conditional and the
run that started later wins; a report that is made again never takes the place of a later run.
"""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from tunedrop import keys
from tunedrop.storage import Bucket, to_json
from tunedrop_common.plan import ChampionMember, EstimatorPlan


class ChampionRecord(BaseModel):
    """What champion.json holds; PlanRun reads it to put the champion among Confirm's contenders."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    dataset: str
    run_id: str
    model: str = Field(description="S3 URI of the fitted model.")
    estimator: EstimatorPlan = Field(description="Of an ensemble: that of its first member.")
    hyperparameters: dict[str, str] = Field(description="The tuned ones; `estimator.fixed` adds.")
    members: tuple[ChampionMember, ...] = Field((), description="Of an ensemble; else none.")
    metric: str
    score: float | None = Field(description="Its mean on Confirm's fresh folds.")
    time: datetime | None


def promote(bucket: Bucket, record: ChampionRecord) -> bool:
    """Write champion.json unless a later run has; return whether this run is the champion now."""
    key = keys.champion(record.dataset)
    document = to_json(record.model_dump(mode="json"))

    def newest(current: bytes | None) -> bytes:
        return document if current is None or run_id(current) < record.run_id else current

    def run_id(body: bytes) -> str:
        return bucket.parse(key, body, ChampionRecord).run_id

    return run_id(bucket.rewrite(key, newest)) == record.run_id
