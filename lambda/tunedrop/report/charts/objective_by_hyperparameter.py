"""Charts: the objective against each hyperparameter, on the scale on which it was searched."""

from __future__ import annotations

from dataclasses import dataclass

from tunedrop.report import wording
from tunedrop.report.charts.axes import ObjectiveAxis, objective_axis
from tunedrop.report.charts.marks import estimator_order, shown_as
from tunedrop.report.ranges import Scale, edge_of, number_of, scale_of
from tunedrop.report.results import Results, TrainingJob, best_training_job
from tunedrop_common.plan import CategoricalRange, EstimatorPlan, NumericRange, Range


@dataclass(frozen=True)
class PanelPoint:
    """One training job in one panel."""

    number: int
    value: str | float
    objective: float
    shown_as: str


@dataclass(frozen=True)
class Panel:
    """One hyperparameter of one estimator."""

    hyperparameter: str
    scale: Scale
    minimum: float | None
    maximum: float | None
    categories: tuple[str, ...]
    points: tuple[PanelPoint, ...]
    hint: str

    @property
    def caption(self) -> str:
        """The hyperparameter's name, and its scale where that matters."""
        plain = self.scale in ("linear", "category")
        return self.hyperparameter + ("" if plain else f" ({self.scale} scale)")


@dataclass(frozen=True)
class EstimatorPanels:
    """All hyperparameters of one estimator, on one objective axis."""

    metric: str
    estimator: str
    colour: int
    axis: ObjectiveAxis
    best: int | None
    panels: tuple[Panel, ...]


def objective_by_hyperparameter(results: Results) -> tuple[EstimatorPanels, ...]:
    """Make the panels of every estimator that has an objective to show."""
    order = estimator_order(results)
    panels = []
    for estimator in estimators(results):
        jobs = [
            job
            for job in results.training_jobs
            if job.estimator == estimator.key and job.objective is not None
        ]
        if jobs and estimator.ranges:
            panels.append(_estimator_panels(results, estimator, jobs, order.index(estimator.key)))
    return tuple(panels)


def estimators(results: Results) -> list[EstimatorPlan]:
    """Return the estimators of the run, each once."""
    return list({job.estimator.key: job.estimator for job in results.tuning_jobs}.values())


def _estimator_panels(
    results: Results, estimator: EstimatorPlan, jobs: list[TrainingJob], colour: int
) -> EstimatorPanels:
    numbers = {job.name: number for number, job in enumerate(results.training_jobs, start=1)}
    best = best_training_job(jobs, results.sign)
    overall = results.best
    if overall is not None and overall.estimator == estimator.key:
        best = overall
    panels = (
        _panel(name, wanted, jobs, best, numbers, estimator.class_path)
        for name, wanted in sorted(estimator.ranges.items())
    )
    return EstimatorPanels(
        metric=results.metric_words,
        estimator=estimator.key,
        colour=colour,
        axis=objective_axis(
            (job.objective for job in jobs if job.objective is not None), results.sign
        ),
        best=numbers[best.name] if best else None,
        panels=tuple(panel for panel in panels if panel.points),
    )


def _panel(
    name: str,
    wanted: Range,
    jobs: list[TrainingJob],
    best: TrainingJob | None,
    numbers: dict[str, int],
    class_path: str,
) -> Panel:
    scale = scale_of(wanted)
    points = []
    for job in jobs:
        value = _value(job, name, scale)
        if value is None or job.objective is None:
            continue
        points.append(
            PanelPoint(
                number=numbers[job.name],
                value=value,
                objective=job.objective,
                shown_as=shown_as(job),
            )
        )
    numeric = wanted if isinstance(wanted, NumericRange) else None
    value = best.hyperparameters.get(name, "") if best else ""
    edge = edge_of(name, wanted, value, class_path)
    return Panel(
        hyperparameter=name,
        scale=scale,
        minimum=numeric.minimum if numeric else None,
        maximum=numeric.maximum if numeric else None,
        categories=wanted.values if isinstance(wanted, CategoricalRange) else (),
        points=tuple(points),
        hint=edge.sentence if edge else "",
    )


def _value(job: TrainingJob, name: str, scale: Scale) -> str | float | None:
    text = job.hyperparameters.get(name)
    if text is None or scale == "category":
        return None if text is None else wording.one_line(text, 60)
    number = number_of(text)
    # a value which a logarithm cannot take was never searched on that scale
    if (
        number is None
        or (scale == "log" and number <= 0)
        or (scale == "reverse log" and number >= 1)
    ):
        return None
    return number
