"""Reads which training jobs of the search may be members of the ensemble, and their predictions.

The workflow lists the best ones in the channel `candidates`; the channel `predictions` has their
output archives, which ran people's data: they are read as hostile, and what is not as expected is
skipped.
"""

from __future__ import annotations

import json
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from sklearn_trainer.contract import Folders, own_hyperparameters
from sklearn_trainer.data.dataset import Dataset
from sklearn_trainer.data.folds import Fold
from sklearn_trainer.ensembling.predictions_file import (
    MOST_BYTES,
    PREDICTIONS_FILE,
    Entries,
    target_checksum,
    unpack,
)
from sklearn_trainer.notes import counted
from tunedrop_common.archives import read_members
from tunedrop_common.candidates import FEWEST_CANDIDATES, CandidateList, ListedJob
from tunedrop_common.errors import TunedropError
from tunedrop_common.plan import EstimatorPlan, Plan, Record

CANDIDATES_FILE = "candidates.json"
TUNE_FILE = "tune.json"

_MOST_LIST_BYTES, _MOST_TUNE_BYTES = 2**20, 2**20


@dataclass(frozen=True)
class Candidate:
    """A training job of the search.

    Parameters
    ----------
    hyperparameters
        All of them, tuned and fixed.
    seconds
        That fitting and scoring a fold took; the median, for the first one loads libraries.
    values
        Of shape (entries, columns), in the order of the search's folds.
    """

    training_job: str
    estimator: EstimatorPlan
    hyperparameters: dict[str, str]
    seconds: float
    values: npt.NDArray[np.float32]


class NoEnsemble(TunedropError):
    """There is nothing to combine; the message is a sentence for the report."""


class _About(Record):
    """What tune.json says about its predictions."""

    left_out: str = ""
    target_sha256: str = ""


class _Tune(Record):
    """What is read of tune.json."""

    estimator: str
    hyperparameters: dict[str, str]
    metrics: dict[str, list[float]]
    fit_seconds: list[float]
    score_seconds: list[float]
    predictions: _About = _About()


class _Unusable(Exception):
    """Why a training job cannot be a member, as what it does: "has no predictions"."""


def read_candidates(
    plan: Plan, folders: Folders, dataset: Dataset, folds: Sequence[Fold]
) -> list[Candidate]:
    """Return the candidates, best first.

    Parameters
    ----------
    folds
        Of the search.

    Raises
    ------
    NoEnsemble
        When there are fewer than two.
    """
    reader = _Outputs(plan, folders, dataset, folds)
    found: list[Candidate] = []
    skipped: Counter[str] = Counter()
    listed = _listed(folders)
    for each in listed:
        try:
            candidate = reader.read(each)
        except _Unusable as reason:
            skipped[str(reason)] += 1
            continue
        same = (candidate.estimator.key, candidate.hyperparameters)
        if all((other.estimator.key, other.hyperparameters) != same for other in found):
            found.append(candidate)
    if len(found) < FEWEST_CANDIDATES:
        reasons = "".join(
            f"; {counted(count, 'training job', 'training jobs')} {reason}"
            for reason, count in skipped.most_common()
        )
        raise NoEnsemble(
            f"Of the search's {counted(len(listed), 'best training job', 'best training jobs')}, "
            f"{len(found)} can be combined, and it takes two{reasons}."
        )
    return found


def _listed(folders: Folders) -> Sequence[ListedJob]:
    path = folders.channel("candidates") / CANDIDATES_FILE
    try:
        with path.open("rb") as file:
            return CandidateList.model_validate_json(file.read(_MOST_LIST_BYTES)).candidates
    except FileNotFoundError as error:
        raise NoEnsemble(
            "Fewer than two of the search's training jobs have predictions that are still there."
        ) from error
    except (OSError, ValidationError) as error:
        raise NoEnsemble(
            "The list of the search's best training jobs is not what this image reads."
        ) from error


class _Outputs:
    def __init__(
        self, plan: Plan, folders: Folders, dataset: Dataset, folds: Sequence[Fold]
    ) -> None:
        self.plan, self.folders, self.folds = plan, folders, len(folds)
        self.entries, self.target = Entries.of(folds), target_checksum(dataset.y)
        classes = dataset.classes
        self.columns = 1 if classes is None or len(classes) == 2 else len(classes)
        self.shares = classes is not None

    def read(self, listed: ListedJob) -> Candidate:
        tune, content = self._files(listed.training_job)
        given = own_hyperparameters(listed.hyperparameters)
        if tune.estimator != listed.estimator or not given.items() <= tune.hyperparameters.items():
            raise _Unusable("had other hyperparameters than the list says")
        if len(tune.metrics.get(self.plan.metric.objective, ())) != self.folds:
            raise _Unusable("did not score all folds")
        if tune.predictions.target_sha256 != self.target:
            raise _Unusable("saw other rows than Confirm")
        try:
            values = unpack(content, self.entries, self.columns)
            estimator = self.plan.estimator(tune.estimator)
        except Exception as error:  # whatever Arrow makes of such a file
            raise _Unusable("has predictions that cannot be read") from error
        if self.shares and not ((values >= 0) & (values <= 1)).all():
            raise _Unusable("has predictions that cannot be read")
        seconds = [sum(each) for each in zip(tune.fit_seconds, tune.score_seconds, strict=False)]
        return Candidate(
            listed.training_job,
            estimator,
            tune.hyperparameters,
            statistics.median(seconds or [0.0]),
            values,
        )

    def _files(self, training_job: str) -> tuple[_Tune, bytes]:
        """Return what tune.json says, and the bytes of the predictions."""
        channel = self.folders.channel("predictions")
        wanted = {TUNE_FILE: _MOST_TUNE_BYTES, PREDICTIONS_FILE: MOST_BYTES}
        path = next(channel.glob(f"*/{training_job}/output/output.tar.gz"), None)
        if path is None:
            raise _Unusable("has no output any more")
        try:
            with path.open("rb") as archive:
                members = read_members(archive, wanted)
            tune = _Tune.model_validate(json.loads(members[TUNE_FILE]))
        except (OSError, ValueError, KeyError, RecursionError) as error:
            raise _Unusable("has output that cannot be read") from error
        if PREDICTIONS_FILE not in members:
            why = tune.predictions.left_out.rstrip(".")[:200] or "it kept none"
            raise _Unusable(f"left no predictions ({why})")
        return tune, members[PREDICTIONS_FILE]
