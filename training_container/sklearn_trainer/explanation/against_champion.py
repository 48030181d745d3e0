"""What selecting the model instead of the champion changes, for each class or tenth of the target.

Both are compared on the same rows, each counted once.
"""

from __future__ import annotations

import numpy as np

from sklearn_trainer.data.target import class_text
from sklearn_trainer.data.values import Floats
from sklearn_trainer.evaluation.verdict import CHAMPION
from sklearn_trainer.explanation.bins import Bins, bin_numbers
from sklearn_trainer.explanation.contender_predictions import ContenderPredictions
from sklearn_trainer.explanation.intervals import mean_interval, paired_rate_interval
from tunedrop_common.model_errors import AgainstChampion, Change

TENTHS = 10


def compare_to_champion(predictions: ContenderPredictions) -> AgainstChampion | None:
    """Return what changes; None where there is no champion, or it is what is selected."""
    if predictions.selected == CHAMPION or CHAMPION not in predictions.contenders:
        return None
    once = predictions.with_weight().first_repeat()
    if once.classes is None:
        bins = bin_numbers(once.actual, TENTHS)
        places = list(range(len(bins.names)))
    else:
        bins = Bins(once.actual, tuple(class_text(label) for label in once.classes))
        rows = np.bincount(once.actual, minlength=len(bins.names))
        places = [place for place in np.argsort(-rows, kind="stable").tolist() if rows[place]]
    return AgainstChampion(
        measure="mean absolute error" if once.classes is None else "recall",
        changes=tuple(_change(once, bins, place) for place in places),
    )


def _change(once: ContenderPredictions, bins: Bins, place: int) -> Change:
    inside = once.take(bins.numbers == place)
    champion, selected = (inside.of(name).errors for name in (CHAMPION, once.selected))
    is_rate = once.classes is not None
    interval = paired_rate_interval if is_rate else mean_interval

    def mean(errors: Floats) -> float:
        return float(np.average(1 - errors if is_rate else errors, weights=inside.weights))

    return Change(
        label=bins.names[place],
        rows=len(inside.actual),
        champion=mean(champion),
        selected=mean(selected),
        gain=interval(champion - selected, inside.weighting),
    )
