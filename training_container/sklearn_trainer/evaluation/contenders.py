"""Who takes part in Confirm: the dummy, each estimator's defaults, the champion, the winner."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sklearn_trainer.contract import Request
from sklearn_trainer.data.dataset import Dataset
from sklearn_trainer.data.folds import Fold
from sklearn_trainer.data.values import Mask
from sklearn_trainer.errors import FitError
from sklearn_trainer.evaluation.evaluate import fit, score_folds
from sklearn_trainer.evaluation.predicted import Predicted
from sklearn_trainer.evaluation.responses import answering_once
from sklearn_trainer.evaluation.scoring import Scorer, response_methods, score, score_optional
from sklearn_trainer.evaluation.verdict import CHAMPION, DEFAULTS, DUMMY, WINNER
from sklearn_trainer.model.ensemble import build_ensemble, ensemble_plan
from sklearn_trainer.model.estimators import find_estimator, required_parameters
from sklearn_trainer.model.hyperparameters import make_estimator
from sklearn_trainer.model.pipeline import Pipeline, build_dummy, build_pipeline
from sklearn_trainer.model.preprocessing import PREFIX
from sklearn_trainer.notes import Notes
from sklearn_trainer.process.threads import limit_threads
from sklearn_trainer.schema import Schema
from tunedrop_common.plan import ChampionMember, EstimatorPlan, Plan

_DUMMY_PLAN = EstimatorPlan(key=DUMMY, class_path="", fixed={}, ranges={})


@dataclass(frozen=True)
class Contender:
    """An estimator and its hyperparameters, as strings; or several, with weights.

    Parameters
    ----------
    members
        Of an ensemble; its own estimator only stands for them.
    members_of_folds
        Those chosen in each of Confirm's folds; none: `members` in all.
    """

    name: str
    estimator: EstimatorPlan
    hyperparameters: dict[str, str]
    members: tuple[ChampionMember, ...] = ()
    members_of_folds: tuple[tuple[ChampionMember, ...], ...] = ()

    def pipeline(self, plan: Plan, schema: Schema) -> Pipeline:
        """Return the unfitted pipeline."""
        if self.name == DUMMY:
            return build_dummy(plan.task)
        if self.members:
            return _combined(self.members, plan, schema)
        return build_pipeline(
            schema, self.estimator, self.hyperparameters, task=plan.task, seed=plan.seed
        )

    def fold_pipelines(self, plan: Plan, schema: Schema) -> Pipeline | list[Pipeline]:
        """Return what `score_folds` fits in Confirm's folds."""
        if not self.members_of_folds:
            return self.pipeline(plan, schema)
        return [_combined(each, plan, schema) for each in self.members_of_folds]


def _combined(members: Sequence[ChampionMember], plan: Plan, schema: Schema) -> Pipeline:
    return build_ensemble(schema, members, task=plan.task, seed=plan.seed)


@dataclass(frozen=True)
class Scored:
    """A contender's scores on the fresh folds and on the test rows.

    Parameters
    ----------
    scores, test_score
        Of the objective.
    fit_seconds, score_seconds
        Of a fold, in the mean.
    seconds
        Of all folds, several of which may have been scored at a time.
    others, test_others
        The plan's other metrics by name; NaN where one is not defined.
    predicted
        Of the rows that were kept, fold after fold.
    luck
        What of each of the scores is the luck of having been chosen by these rows, as the winner
        was; empty where none is known.
    """

    scores: tuple[float, ...]
    test_score: float | None
    fit_seconds: float
    notes: tuple[str, ...]
    score_seconds: float = 0.0
    seconds: float = 0.0
    others: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    test_others: Mapping[str, float] = field(default_factory=dict)
    predicted: Predicted | None = None
    luck: tuple[float, ...] = ()

    @property
    def compared(self) -> tuple[float, ...]:
        """The scores by which it is compared with others: without the luck."""
        if not self.luck:
            return self.scores
        return tuple(score - part for score, part in zip(self.scores, self.luck, strict=True))


@dataclass(frozen=True)
class Result:
    """How a contender did; `scored` is there when status is "scored"."""

    contender: Contender
    status: str
    reason: str
    scored: Scored | None


def contenders_of(request: Request, plan: Plan) -> list[Contender]:
    """Return the contenders; defaults are those of scikit-learn's constructors.

    What the dataset's configuration fixed holds for them too: any contender may be shipped.
    """
    estimators = {job.estimator.key: job.estimator for job in plan.tuning_jobs}
    found = [Contender(DUMMY, _DUMMY_PLAN, {})]
    found += [
        Contender(f"{DEFAULTS}{key}", each, _needed(each, plan)) for key, each in estimators.items()
    ]
    champion = plan.confirm.champion
    if champion and champion.members:
        found.append(Contender(CHAMPION, ensemble_plan(plan.task), {}, champion.members))
    elif champion:
        hyperparameters = {**champion.estimator.fixed, **champion.hyperparameters}
        found.append(Contender(CHAMPION, champion.estimator, hyperparameters))
    found.append(Contender(WINNER, plan.estimator(request.estimator), request.hyperparameters))
    return found


def _needed(estimator: EstimatorPlan, plan: Plan) -> dict[str, str]:
    """Return what was asked for, and without what it cannot be made, or cannot be scored."""
    kind = find_estimator(estimator.class_path, plan.task)
    required, chosen = set(required_parameters(kind)), estimator.fixed_by_config
    kept = required | {*chosen, *(name.partition("__")[0] for name in chosen)}
    needed = {name: text for name, text in estimator.fixed.items() if name in kept}
    if not required <= needed.keys():
        return needed
    own = {n: text for n, text in needed.items() if not n.startswith(PREFIX)}
    model = make_estimator(kind, own, task=plan.task, seed=plan.seed)
    scorable = any(hasattr(model, each) for each in response_methods(plan.metric.objective))
    return needed if scorable else estimator.fixed


def score_contender(
    contender: Contender,
    plan: Plan,
    dataset: Dataset,
    folds: Sequence[Fold],
    scorers: Mapping[str, Scorer],
    keep: Mask | None = None,
) -> Scored:
    """Score one contender on all folds, then, fitted to all training rows, on the test rows.

    Parameters
    ----------
    scorers
        Of all metrics, of which the objective alone has to have a value.
    keep
        Of the training rows, those whose predictions are kept.
    """
    notes = Notes()
    metric = plan.metric.objective
    objective = {metric: scorers[metric]}
    others = {name: scorer for name, scorer in scorers.items() if name != metric}
    pipelines = contender.fold_pipelines(plan, dataset.schema)
    limit_threads(dataset.X.size)
    X, y, weights = dataset.X, dataset.y, dataset.weights
    started = time.perf_counter()
    scored = list(
        score_folds(pipelines, X, y, folds, objective, notes, weights, optional=others, keep=keep)
    )
    seconds = time.perf_counter() - started
    tested = _test_scores(
        contender.pipeline(plan, dataset.schema), dataset, objective, others, notes
    )
    return Scored(
        scores=tuple(fold.values[metric] for fold in scored),
        test_score=tested.pop(metric, None),
        fit_seconds=sum(fold.fit_seconds for fold in scored) / len(scored),
        notes=tuple(f"{contender.name}: {sentence}" for sentence in notes.sentences),
        score_seconds=sum(fold.score_seconds for fold in scored) / len(scored),
        seconds=seconds,
        others={name: tuple(fold.values[name] for fold in scored) for name in others},
        test_others=tested,
        predicted=Predicted.joined([fold.predicted for fold in scored]),
    )


def _test_scores(
    pipeline: Pipeline,
    dataset: Dataset,
    objective: Mapping[str, Scorer],
    others: Mapping[str, Scorer],
    notes: Notes,
) -> dict[str, float]:
    """Return the scores on the test rows, without the objective's where it has none."""
    test = dataset.test
    if test is None:
        return {}
    fitted = fit(pipeline, dataset.X, dataset.y, notes, dataset.weights)
    model = answering_once(fitted, test.X)
    found = score_optional(model, test.X, test.y, others, test.about.weights)
    try:
        with notes.library_warnings():
            found |= score(model, test.X, test.y, objective, test.about.weights)
    except FitError:  # the folds decide; a test of one row or one class must not undo the run
        name = next(iter(objective))
        notes.add(f"{name} is not defined for these test rows, so there is no test score.")
    return found
