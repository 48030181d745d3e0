"""What a user does to a dataset's champion: use a run's model, approve it, pin it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Literal

from tunedrop import keys
from tunedrop.champions.record import ChampionModel, ChampionRecord, change_champion
from tunedrop.errors import RunNotFoundError, UserInputError
from tunedrop.index.publishing import publish_champion_and_checks
from tunedrop.records import DatasetName, Line, RunId, StrictRecord
from tunedrop.report.assembly import champion_of
from tunedrop.report.results import Results
from tunedrop.storage import Bucket


class ChampionCall(StrictRecord):
    """A user's call of WriteReport."""

    champion: DatasetName
    action: Literal["use", "approve", "pin", "unpin"]
    run_id: RunId | None = None
    stated_by: Line = ""


def change_by_user(bucket: Bucket, call: ChampionCall) -> ChampionRecord:
    """Change the champion as the user asks; return its record.

    Raises
    ------
    UserInputError
        If the run does not exist, has no model to use, or does not wait for an approval.
    """
    now, stated_by = datetime.now(UTC), call.stated_by
    change: Callable[[ChampionRecord], ChampionRecord]
    if call.action in ("pin", "unpin"):
        change = partial(ChampionRecord.with_pin, pinned=call.action == "pin")
    elif call.run_id is None:
        raise UserInputError("The call names no run", where="run_id", expected="a run's id")
    elif call.action == "approve":
        with_approval = ChampionRecord.with_approval
        change = partial(with_approval, run_id=call.run_id, time=now, stated_by=stated_by)
    else:
        model = _model_of(bucket, call.champion, call.run_id)
        change = partial(ChampionRecord.with_use, model=model, time=now, stated_by=stated_by)
    record = change_champion(bucket, call.champion, change)
    publish_champion_and_checks(bucket, call.champion)
    return record


def _model_of(bucket: Bucket, dataset: str, run_id: str) -> ChampionModel:
    """Return the model of a run that can be used."""
    results = bucket.find_record(keys.run_file(dataset, run_id, "results.json"), Results)
    if results is None:
        raise RunNotFoundError(
            "The run has no report",
            found=f"{dataset}/{run_id}",
            expected="a run with results.json",
            to_do="List the runs: tunedrop runs",
        )
    model = champion_of(results)
    if model is None or not bucket.exists(keys.model(dataset, run_id)):
        raise UserInputError(
            "The run has no model to use",
            where=f"{dataset}/{run_id}",
            found=results.verdict if model is None else "no model.tar.gz",
            to_do="Choose another run: tunedrop runs",
        )
    return model
