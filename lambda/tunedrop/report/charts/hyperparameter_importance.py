"""Chart: which hyperparameters mattered, by PED-ANOVA, for each estimator.

For each hyperparameter the density of the values of the best tenth of the training jobs is held
against that of all of them: the more they differ (Pearson divergence), the more that hyperparameter
decides whether a training job is among the best. Method: Watanabe, Bansal, Hutter (2023),
"PED-ANOVA: Efficiently Quantifying Hyperparameter Importance in Arbitrary Subspaces", IJCAI,
https://arxiv.org/abs/2304.10255. A test holds the numbers against Optuna's implementation, whose
choices (grid of 50, Scott's rule, a prior of one training job) are followed here.

A density is a Parzen estimator's on a grid: a kernel is a normal distribution, cut off at the
grid's ends; one more, as wide as the range, stands for what is not known (the prior). Categories
take the kernels of Aitchison and Aitken.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from statistics import NormalDist, stdev

import altair as alt

from tunedrop.report.charts import drawing
from tunedrop.report.charts.drawing import Chart
from tunedrop.report.ranges import number_of, on_scale, scale_of
from tunedrop.report.results import COMPLETED, Results, TrainingJob
from tunedrop_common.plan import CategoricalRange, EstimatorPlan, NumericRange, Range

TOP_SHARE = 0.1

# Below the first the best tenth are one training job; below the second they are fewer than the
# five training jobs that Optuna's documentation asks for.
FEWEST_JOBS = 20
ENOUGH_JOBS = 50

COLUMNS = {
    "hyperparameter": ("Hyperparameter", drawing.TEXT),
    "share": ("Share", drawing.SHARE),
}


def importance_shares(results: Results, estimator: EstimatorPlan) -> dict[str, float]:
    """Return the share of each hyperparameter of an estimator, the most important first.

    There are none below `FEWEST_JOBS` completed training jobs, for a single hyperparameter, and
    where the objective hardly differs.
    """
    jobs = _completed_jobs(results, estimator)
    names = [name for name, searched in estimator.ranges.items() if not _is_single(searched)]
    if len(jobs) < FEWEST_JOBS or len(names) < 2:
        return {}
    losses = [-results.sign * (job.objective or 0.0) for job in jobs]
    cut = sorted(losses)[math.ceil(TOP_SHARE * len(losses)) - 1]
    best = [job for job, loss in zip(jobs, losses, strict=True) if loss <= cut]
    divergences = {
        name: _divergence(
            [job.hyperparameters[name] for job in best],
            [job.hyperparameters[name] for job in jobs],
            estimator.ranges[name],
        )
        for name in names
    }
    total = sum(divergences.values())
    if len(best) == len(jobs) or total <= 0:
        return {}
    ordered = sorted(divergences, key=lambda name: (-divergences[name], name))
    return {name: divergences[name] / total for name in ordered}


def _completed_jobs(results: Results, estimator: EstimatorPlan) -> list[TrainingJob]:
    return [
        job
        for job in results.scored(estimator.key)
        if job.status == COMPLETED and _is_readable(job, estimator)
    ]


def _is_readable(job: TrainingJob, estimator: EstimatorPlan) -> bool:
    """Return whether the training job has a value of each range."""
    return all(
        job.hyperparameters.get(name) in searched.values
        if isinstance(searched, CategoricalRange)
        else number_of(job.hyperparameters.get(name, "")) is not None
        for name, searched in estimator.ranges.items()
    )


def _is_single(searched: Range) -> bool:
    if isinstance(searched, CategoricalRange):
        return len(searched.values) < 2
    return searched.minimum >= searched.maximum


def _divergence(best: Sequence[str], everything: Sequence[str], searched: Range) -> float:
    """Return the Pearson divergence between the values of the best and of all training jobs."""
    top, local = density(best, searched), density(everything, searched)
    return sum(q * (p / q - 1) ** 2 for p, q in zip(top, local, strict=True))


def importance_chart(results: Results, estimator: EstimatorPlan, number: int) -> Chart | None:
    """Draw a bar for each hyperparameter of the estimator of this number; None without shares."""
    shares = importance_shares(results, estimator)
    if not shares:
        return None
    is_rough = len(_completed_jobs(results, estimator)) < ENOUGH_JOBS
    base = drawing.base().encode(
        x=drawing.x("share", None, drawing.share_axis(), domain=[0, 1]),
        y=drawing.categories("hyperparameter", list(shares), 170),
        tooltip=drawing.tooltip(COLUMNS),
    )
    band = alt.RelativeBandSize(band=0.62)
    return Chart(
        f"chart-importance-{number}",
        "How much each hyperparameter decides whether a training job is among the best tenth"
        + (f": a rough hint from less than {ENOUGH_JOBS} training jobs" if is_rough else ""),
        (base.mark_bar(color=drawing.series(number), height=band),),
        tuple({"hyperparameter": name, "share": share} for name, share in shares.items()),
        COLUMNS,
        height=26 * len(shares) + drawing.AXIS_HEIGHT,
    )


GRID = 50
PRIOR_WEIGHT = 1.0
_TINY = 1e-12
# 90 % of the narrowest kernel lie in one cell of the grid.
_NARROWEST = 0.5 / 1.64


def density(values: Sequence[str], searched: Range) -> list[float]:
    """Return how likely each cell of the grid, or each category, is by these values."""
    if isinstance(searched, CategoricalRange):
        places = {value: index for index, value in enumerate(searched.values)}
        counts = Counter(places[value] for value in values)
        return _categorical(counts, len(searched.values))
    size = _grid_size(searched)
    return _numeric(Counter(_cell(value, searched, size) for value in values), size)


def _grid_size(searched: NumericRange) -> int:
    if searched.kind == "continuous":
        return GRID
    span = round(searched.maximum) - round(searched.minimum)
    if scale_of(searched) == "log":
        return min(math.ceil(math.log2(span + 1)) + 1, GRID)
    return min(span + 1, GRID)


def _cell(value: str, searched: NumericRange, size: int) -> int:
    """Return the cell that a value falls into; a value in the middle goes to the lower one."""
    scale = scale_of(searched)
    low, high = on_scale(scale, searched.minimum), on_scale(scale, searched.maximum)
    at = on_scale(scale, number_of(value) or 0.0)
    cell = math.ceil((at - low) / ((high - low) / (size - 1)) - 0.5)
    return min(max(cell, 0), size - 1)


def _categorical(counts: Counter[int], size: int) -> list[float]:
    base = PRIOR_WEIGHT / (len(counts) + 1)
    row, total = 1 + base * size, counts.total() + PRIOR_WEIGHT
    # each kernel gives each category the base, and its own one 1 more
    least = _TINY + (PRIOR_WEIGHT / size + counts.total() * base / row) / total
    return [least + counts[place] / total / row for place in range(size)]


def _numeric(counts: Counter[int], size: int) -> list[float]:
    width = max(_bandwidth(sorted(counts.elements())), _NARROWEST)
    kernels = [(NormalDist(cell, width), float(weight)) for cell, weight in counts.items()]
    kernels.append((NormalDist((size - 1) / 2, size), PRIOR_WEIGHT))
    total = counts.total() + PRIOR_WEIGHT
    densities = [_TINY] * size
    for kernel, weight in kernels:
        below = [kernel.cdf(cell - 0.5) for cell in range(size + 1)]
        share = weight / total / (below[-1] - below[0])
        for cell in range(size):
            densities[cell] += share * (below[cell + 1] - below[cell])
    return densities


def _bandwidth(cells: Sequence[int]) -> float:
    """Scott (1992): by the spread of sorted values, or by their quartiles where that is less."""
    amount = len(cells)
    first, third = cells[max(amount // 4 - 1, 0)], cells[amount * 3 // 4]
    spread = min((third - first) / 1.34, stdev(cells))
    return float(1.059 * spread * amount**-0.2)
