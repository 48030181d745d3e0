"""candidates.json: which training jobs of the search an ensemble may be made of, best first.

StartJob writes it, Confirm reads it.
"""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field

from tunedrop_common.plan import Record

# Over all estimators.
MOST_CANDIDATES: Final = 20
# One model is no ensemble.
FEWEST_CANDIDATES: Final = 2


class ListedJob(Record):
    """A training job of the search that scored every fold."""

    training_job: str = Field(pattern=r"^[A-Za-z0-9](-*[A-Za-z0-9]){0,62}$")
    estimator: str = Field(description="Its key in the plan.")
    hyperparameters: dict[str, str] = Field(description="All of them, tuned and fixed.")
    objective: float


class CandidateList(Record):
    """The best training jobs of a run."""

    version: Literal[1] = 1
    candidates: tuple[ListedJob, ...] = Field(max_length=MOST_CANDIDATES)
