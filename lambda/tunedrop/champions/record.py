"""champion.json: the model of a dataset that is in use, and how it came to be.

Runs and users change it at the same time and in any order. Each change is a function of the record
as it is, written only if nobody else wrote meanwhile; made twice, it changes nothing more. A run
takes the place of the model that its plan names and of no other, so what a user decided while it
was active stays.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from typing import Literal, TypeAlias

from pydantic import Field

from tunedrop import keys
from tunedrop.errors import UserInputError
from tunedrop.events import ChampionChanged
from tunedrop.storage import Bucket, to_json
from tunedrop_common.estimates import Interval
from tunedrop_common.plan import ChampionMember, EstimatorPlan, Record

# A run a day for more than a year.
_MOST_CHANGES = 500

MadeBy: TypeAlias = Literal["run", "use", "approval"]


class _Scored(Record):
    """A run's model with its score."""

    run_id: str
    metric: str
    score: float | None = Field(description="Its mean on Confirm's fresh folds.")
    interval: Interval = Field(None, description="95%, of the score.")
    verdict: str = Field(description="Of its run.")


class ChampionModel(_Scored):
    """A model that may be in use; PlanRun makes a contender of it."""

    model: str = Field(description="S3 URI of the fitted model.")
    estimator: EstimatorPlan = Field(description="Of an ensemble: that of its first member.")
    hyperparameters: dict[str, str] = Field(description="The tuned ones; `estimator.fixed` adds.")
    members: tuple[ChampionMember, ...] = Field((), description="Of an ensemble; else none.")
    time: datetime | None = Field(description="When its run ended.")


class ChampionChange(_Scored):
    """A model that was put into use."""

    time: datetime
    made_by: MadeBy
    stated_by: str = Field("", description="The user, as the caller states it.")


class ChampionRecord(Record):
    """What champion.json holds."""

    dataset: str
    in_use: ChampionModel | None = None
    pinned: bool = Field(False, description="No run replaces the model in use.")
    pending: ChampionModel | None = Field(None, description="It waits for an approval.")
    history: tuple[ChampionChange, ...] = Field((), description="The oldest first.")

    @property
    def run_in_use(self) -> str | None:
        """The run whose model is in use."""
        return self.in_use.run_id if self.in_use else None

    def events_of(self, run_id: str | None) -> list[ChampionChanged]:
        """Return the event that a run's model was put into use last; none if it never was."""
        events = [
            ChampionChanged(
                dataset=self.dataset,
                replaced_run_id=before.run_id if before else None,
                **change.model_dump(include=set(ChampionChanged.model_fields)),
            )
            for before, change in pairwise([None, *self.history])
            if change is not None and change.run_id == run_id
        ]
        return events[-1:]

    def with_run(
        self, model: ChampionModel, *, replaces: str | None, manual: bool, time: datetime
    ) -> ChampionRecord:
        """Return the record after a run that earned a promotion, or refitted the champion.

        Parameters
        ----------
        replaces
            The run whose model was in use when this one was planned.
        manual
            Whether promotions wait for an approval.
        """
        is_known = model.run_id in (change.run_id for change in self.history)
        if is_known or self.pinned or self.run_in_use != replaces:
            return self
        if manual:
            return self.model_copy(update={"pending": model})
        return self._with(model, "run", time)

    def with_use(self, model: ChampionModel, *, time: datetime, stated_by: str) -> ChampionRecord:
        """Return the record after a user put a run's model into use."""
        if self.run_in_use == model.run_id:
            return self
        return self._with(model, "use", time, stated_by)

    def with_approval(self, run_id: str, *, time: datetime, stated_by: str) -> ChampionRecord:
        """Return the record after a user approved a run.

        Raises
        ------
        UserInputError
            If the run does not wait for an approval.
        """
        if self.run_in_use == run_id:
            return self
        if self.pending is None or self.pending.run_id != run_id:
            raise UserInputError(
                "The run does not wait for an approval",
                where=self.dataset,
                found=run_id,
                expected=self.pending.run_id if self.pending else "no run waits",
                to_do=f"Look at the record: tunedrop champion {self.dataset}",
            )
        return self._with(self.pending, "approval", time, stated_by)

    def with_pin(self, pinned: bool) -> ChampionRecord:
        """Return the record with or without a pin."""
        return self.model_copy(update={"pinned": pinned})

    def _with(
        self, model: ChampionModel, made_by: MadeBy, time: datetime, stated_by: str = ""
    ) -> ChampionRecord:
        change = ChampionChange(
            **model.model_dump(include=set(_Scored.model_fields)),
            time=time,
            made_by=made_by,
            stated_by=stated_by,
        )
        is_settled = self.pending is not None and self.pending.run_id <= model.run_id
        return self.model_copy(
            update={
                "in_use": model,
                "pending": None if is_settled else self.pending,
                "history": (*self.history, change)[-_MOST_CHANGES:],
            }
        )


def read_champion(bucket: Bucket, dataset: str) -> ChampionRecord:
    """Return a dataset's record, an empty one if there is none yet."""
    record = bucket.find_record(keys.champion(dataset), ChampionRecord)
    return record or ChampionRecord(dataset=dataset)


def change_champion(
    bucket: Bucket, dataset: str, change: Callable[[ChampionRecord], ChampionRecord]
) -> ChampionRecord:
    """Change a dataset's record, as if nobody else did at the same time; return it."""
    key = keys.champion(dataset)

    def changed(current: bytes | None) -> bytes:
        before = ChampionRecord(dataset=dataset)
        if current is not None:
            before = bucket.parse(key, current, ChampionRecord)
        return to_json(change(before).model_dump(mode="json"))

    return bucket.parse(key, bucket.rewrite(key, changed), ChampionRecord)
