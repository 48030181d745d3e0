"""A run as the index remembers it, taken from its results.json or its failure.json."""

from __future__ import annotations

import math
import re
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

from tunedrop.index.records import RunEntry

_QUOTED = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""")
_LONGEST = 300


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


_Number = Annotated[float | None, BeforeValidator(_finite)]


class _Excerpt(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", from_attributes=True)


class _Contender(_Excerpt):
    name: str
    estimator: str
    mean: _Number = None
    interval: tuple[_Number, _Number] | None = None
    test_score: _Number = None


class _Confirm(_Excerpt):
    contenders: tuple[_Contender, ...]


class _ConfirmJob(_Excerpt):
    ended: datetime | None = None


class _Cost(_Excerpt):
    billable_seconds: int
    usd: _Number = None


class _Results(_Excerpt):
    """What of results.json the index wants."""

    run_id: str
    metric: str
    verdict: str
    shipped: str
    confirm: _Confirm
    confirm_job: _ConfirmJob
    cost: _Cost | None = None
    training_jobs: tuple[Any, ...]


class _Failure(_Excerpt):
    """What of failure.json the index wants."""

    error: str
    what: str = ""
    time: str = ""


def reported(results: Any) -> RunEntry:
    """Return the entry of a run with a report, from `Results` or results.json as it was read."""
    known = _Results.model_validate(results)
    shipped = next(each for each in known.confirm.contenders if each.name == known.shipped)
    low, high = shipped.interval or (None, None)
    ended = known.confirm_job.ended
    label = shipped.name if shipped.name.endswith(shipped.estimator) else ""
    return RunEntry(
        run_id=known.run_id,
        outcome="reported",
        ended=ended.isoformat() if ended else "",
        verdict=known.verdict,
        metric=known.metric,
        shipped=label or f"{shipped.name} ({shipped.estimator})",
        score=shipped.mean,
        low=low,
        high=high,
        test_score=shipped.test_score,
        training_jobs=len(known.training_jobs),
        billable_seconds=known.cost.billable_seconds if known.cost else None,
        usd=known.cost.usd if known.cost else None,
    )


def failed(run_id: str, failure: Any) -> RunEntry:
    """Return the entry of a run that failed, from failure.json as it was read.

    What is in quotation marks may be out of people's data: it stays in failure.json.
    """
    known = _Failure.model_validate(failure)
    what = " ".join(_QUOTED.sub("'...'", known.what).split())
    return RunEntry(
        run_id=run_id,
        outcome="failed",
        ended=known.time,
        error=known.error,
        what=what if len(what) <= _LONGEST else what[: _LONGEST - 1] + "…",
    )
