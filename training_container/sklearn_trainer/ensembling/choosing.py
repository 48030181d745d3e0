"""Chooses the ensemble that takes part in Confirm: its members and weights, in each fold anew.

In a fresh fold they come from the search's predictions of that fold's training rows alone, for the
model from those of all rows. Rows that the search did not predict are not used: the early ones in
the order of time, and those outside of its one holdout.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sklearn_trainer.contract import Folders
from sklearn_trainer.data.dataset import Dataset
from sklearn_trainer.data.folds import Fold, make_folds
from sklearn_trainer.ensembling.candidates import Candidate, NoEnsemble, read_candidates
from sklearn_trainer.ensembling.prediction_scores import Truth, score_of
from sklearn_trainer.ensembling.predictions_file import Entries
from sklearn_trainer.ensembling.selection import MOST_MEMBERS, Score, choose
from sklearn_trainer.ensembling.winners_luck import winners_luck
from sklearn_trainer.evaluation.contenders import Contender, Result
from sklearn_trainer.evaluation.scoring import make_scorers
from sklearn_trainer.evaluation.verdict import ENSEMBLE
from sklearn_trainer.explanation.contender_predictions import actual_of
from sklearn_trainer.model.ensemble import ensemble_plan
from sklearn_trainer.notes import Notes
from sklearn_trainer.process.children import in_processes
from sklearn_trainer.process.threads import available, limit_threads, processes
from tunedrop_common.explanation import Member
from tunedrop_common.plan import ChampionMember, Plan

# How many members there may be, where scoring more of them would take too long.
FEWER_MEMBERS = (3, 2)

# Fits to all rows: for the test rows, for the costs, and as much again for their greater number.
FITS_TO_ALL_ROWS = 3

Weights = dict[int, float]


@dataclass(frozen=True)
class ChosenEnsemble:
    """The ensemble as a contender, and what the report says about it."""

    contender: Contender
    candidates: int
    members: tuple[Member, ...]


class Chosen(NamedTuple):
    """What the search's predictions say.

    Parameters
    ----------
    ensemble
        Or why there is none, as a sentence.
    luck
        Of the winner, in each fresh fold; empty where there is none, or it is not known.
    """

    ensemble: ChosenEnsemble | str | None
    luck: tuple[float, ...]


def choose_ensemble(
    plan: Plan,
    folders: Folders,
    dataset: Dataset,
    fresh: Sequence[Fold],
    *,
    winner: Result | None,
    seconds: float,
) -> Chosen:
    """Choose the ensemble, with as many members as can be scored in so many seconds.

    Parameters
    ----------
    winner
        What the search found best, as Confirm scored it.
    """
    folds = make_folds(dataset.train.splits(plan), plan.cross_validation, Notes())
    luck: tuple[float, ...] = ()
    try:
        candidates = read_candidates(plan, folders, dataset, folds)
        selection = _Selection(plan, dataset, folds, candidates, winner)
        luck = selection.luck(fresh)
        return Chosen(_ensemble(selection, fresh, seconds), luck)
    except NoEnsemble as reason:
        return Chosen(str(reason), luck)


def _ensemble(selection: _Selection, fresh: Sequence[Fold], seconds: float) -> ChosenEnsemble:
    plan, candidates = selection.plan, selection.candidates
    expected = 0.0
    for most in (MOST_MEMBERS, *FEWER_MEMBERS):
        weights = selection.weights([None, *(train for train, _ in fresh)], most)
        final = weights[0]
        if len(final) == 1:
            raise NoEnsemble(
                "On the search's folds, no mean of its best training jobs is better than the best "
                "one alone."
            )
        expected = selection.expected_seconds(final, weights[1:])
        if expected <= seconds:
            return _chosen(plan, candidates, final, weights[1:])
    raise NoEnsemble(
        f"Scoring it was expected to take {expected:,.1f} seconds even with {FEWER_MEMBERS[-1]} "
        f"members, and {seconds:,.1f} were left for it."
    )


class _Selection:
    def __init__(
        self,
        plan: Plan,
        dataset: Dataset,
        folds: Sequence[Fold],
        candidates: Sequence[Candidate],
        winner: Result | None,
    ) -> None:
        self.plan, self.dataset, self.candidates = plan, dataset, candidates
        self.entries = Entries.of(folds)
        rows, classes = self.entries.rows.astype(np.int64), dataset.classes
        self.truth = Truth(
            actual_of(dataset.y, classes, rows),
            self.entries.folds.astype(np.int64),
            None if classes is None else np.asarray(classes),
            None if dataset.weights is None else dataset.weights[rows],
        )
        self.metric = plan.metric.objective
        self.scorer = make_scorers((self.metric,), dataset.y)[self.metric]
        self.values = np.stack([each.values for each in candidates])
        self.scored = winner.scored if winner else None
        self.winner = _place(winner.contender, candidates) if winner else None

    def weights(
        self, learnable: Sequence[npt.NDArray[np.int64] | None], most: int
    ) -> list[Weights]:
        """Return the weights chosen on each of these sets of training rows; None: on all."""

        def one(rows: npt.NDArray[np.int64] | None) -> Weights:
            return self._chosen_on(rows, most)

        found = []
        for outcome in in_processes(one, learnable, available(), lambda: limit_threads(0)):
            if outcome.value is None:
                raise NoEnsemble(f"Its members could not be chosen: {outcome.reason}.")
            found.append(outcome.value)
        return found

    def _chosen_on(self, rows: npt.NDArray[np.int64] | None, most: int) -> Weights:
        truth, values = self.truth, self.values
        if rows is not None:
            known = self.entries.among(rows)
            if not len(known):  # the first of ordered folds: what the search found best
                return {0: 1.0}
            truth, values = truth.at(known), values[:, known]
        return choose(values, self.score_of(truth), most)

    def score_of(self, truth: Truth) -> Score:
        """Return the objective's score of predictions of these rows."""
        return score_of(self.metric, self.scorer, truth)

    def luck(self, fresh: Sequence[Fold]) -> tuple[float, ...]:
        """Return how much of the winner's score is luck in each fresh fold; empty: not known."""
        if self.winner is None:
            return ()
        return winners_luck(
            self.winner, self.values, self.entries, self.truth, fresh, self.score_of
        )

    def _pace(self) -> float:
        """Return how long a fold takes here, for each second that it took in the search."""
        if self.winner is None or not self.scored:
            return 1.0
        here = self.scored.fit_seconds + self.scored.score_seconds
        return here / (self.candidates[self.winner].seconds or here or 1.0)

    def expected_seconds(self, final: Weights, of_folds: Sequence[Weights]) -> float:
        """Return how long scoring this ensemble will take, by what its members took in a fold."""
        pace = self._pace()
        of_fold = [each.seconds * pace for each in self.candidates]
        in_folds = sum(of_fold[member] for weights in of_folds for member in weights)
        pipeline = _contender(self.plan, self.candidates, final, ()).pipeline(
            self.plan, self.dataset.schema
        )
        side_by_side = processes(len(of_folds), self.dataset.X.size, pipeline)
        return in_folds / side_by_side + FITS_TO_ALL_ROWS * sum(of_fold[each] for each in final)


def _place(winner: Contender, candidates: Sequence[Candidate]) -> int | None:
    """Return which of the candidates the winner is."""
    own = [(each.estimator.key, each.hyperparameters) for each in candidates]
    wanted = winner.estimator.key, winner.hyperparameters
    return own.index(wanted) if wanted in own else None


def _chosen(
    plan: Plan,
    candidates: Sequence[Candidate],
    final: Weights,
    of_folds: Sequence[Weights],
) -> ChosenEnsemble:
    members = tuple(
        Member(
            training_job=candidates[number].training_job,
            estimator=candidates[number].estimator.key,
            hyperparameters=candidates[number].hyperparameters,
            weight=weight,
        )
        for number, weight in final.items()
    )
    contender = _contender(plan, candidates, final, of_folds)
    return ChosenEnsemble(contender, len(candidates), members)


def _contender(
    plan: Plan, candidates: Sequence[Candidate], final: Weights, of_folds: Sequence[Weights]
) -> Contender:
    def members(weights: Weights) -> tuple[ChampionMember, ...]:
        chosen = ((candidates[number], weight) for number, weight in weights.items())
        return tuple(
            ChampionMember(
                estimator=each.estimator, hyperparameters=each.hyperparameters, weight=weight
            )
            for each, weight in chosen
        )

    return Contender(
        ENSEMBLE, ensemble_plan(plan.task), {}, members(final), tuple(map(members, of_folds))
    )
