"""The decision which contender's model is selected, with the reason in one sentence.

Pure: scores and the metric's name in, a decision out. A challenger takes the champion's place only
if it is significantly better, so chance hardly ever replaces a model in use. The ensemble costs
more than a single model, so it also has to be significantly better than the one that would be
selected without it. No scored contender is significantly better than the selected one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sklearn_trainer.data.folds import FoldSizes
from sklearn_trainer.evaluation.comparison import Difference, compare, margin
from tunedrop_common.metric_names import describe_metric
from tunedrop_common.number_format import number

BASELINE = "baseline"
CHAMPION = "champion"
ENSEMBLE = "ensemble"
# Followed by the estimator's key.
DEFAULTS = "defaults:"
TUNED = "tuned:"

Verdict = Literal["promoted", "kept champion", "first model", "no useful model"]


@dataclass(frozen=True)
class Decision:
    """The selected contender; `margin` is in corrected standard errors."""

    selected: str
    verdict: Verdict
    sentence: str
    margin: float


def decide(
    scores: Mapping[str, Sequence[float]],
    *,
    metric: str,
    sizes: FoldSizes,
    champion_planned: bool,
) -> Decision:
    """Decide from the scores of the contenders that could be scored.

    Parameters
    ----------
    scores
        Name -> one score a fold, in the same order for all. At least one besides the baseline.
    champion_planned
        Whether there is a champion, scored or not.
    """
    compared_scores = _Scores(scores, metric, sizes)
    if CHAMPION in scores:
        selected, verdict, sentence = compared_scores.against_champion()
    else:
        verdict = "promoted" if champion_planned else "first model"
        selected, sentence = compared_scores.without_champion()
        if champion_planned:
            sentence = f"The champion could not be scored on this data. {sentence}"
    if BASELINE in scores and not compared_scores.gain(selected, BASELINE).clears_margin:
        verdict = "no useful model"
        sentence = (
            f"No useful model: {_label(selected)} is the best, and not significantly better than "
            f"the baseline ({compared_scores.compared(selected, BASELINE)})."
        )
    return Decision(selected, verdict, sentence, compared_scores.margin)


class _Scores:
    """The scores, and what they say about two contenders."""

    def __init__(
        self, scores: Mapping[str, Sequence[float]], metric: str, sizes: FoldSizes
    ) -> None:
        self.scores, self.sizes = scores, sizes
        self.metric = describe_metric(metric)
        self.singles = [name for name in scores if name not in (BASELINE, CHAMPION, ENSEMBLE)]
        folds = len(next(iter(scores.values())))
        self.margin = margin(folds, len(self.singles) + (ENSEMBLE in scores), sizes.rows)

    def mean(self, name: str) -> float:
        """Return a contender's mean score."""
        return sum(self.scores[name]) / len(self.scores[name])

    def best(self, prefix: str) -> str | None:
        """Return the best single model of a kind; None without one."""
        return max((n for n in self.singles if n.startswith(prefix)), key=self.mean, default=None)

    def gain(self, a: str, b: str) -> Difference:
        """Return how much better a is than b."""
        return compare(self.scores[a], self.scores[b], self.sizes, self.margin)

    def compared(self, a: str, b: str) -> str:
        """Return how a compares to b, as in "ROC AUC 0.01 higher than the champion"."""
        gain, words = self.gain(a, b).difference, self.metric.words
        if gain == 0:
            return f"the same {words} as {_label(b)}"
        way = "higher" if (gain > 0) != self.metric.negated else "lower"
        return f"{words} {number(abs(gain), 2)} {way} than {_label(b)}"

    def against_champion(self) -> tuple[str, Verdict, str]:
        """Decide between the champion and all others.

        The one with the best mean need not be significantly better: its scores may vary more.
        """
        challengers = [name for name in self.scores if name not in (BASELINE, CHAMPION)]
        better = [name for name in self.singles if self.gain(name, CHAMPION).clears_margin]
        promoted = self.or_ensemble(max(better, key=self.mean, default=CHAMPION))
        if promoted != CHAMPION:
            how = self.compared(promoted, CHAMPION)
            return promoted, "promoted", f"Promoted: {_label(promoted)}, {how} (significant)."
        why = "no challenger could be scored"
        if challengers:
            best = max(challengers, key=self.mean)
            how = self.compared(best, CHAMPION)
            why = f"the best challenger, {_label(best)}, has no significant gain ({how})"
        return CHAMPION, "kept champion", f"Kept: the champion, fitted again; {why}."

    def without_champion(self) -> tuple[str, str]:
        """Return the best single model, or the ensemble, and how it compares to its rival."""
        best = max(self.singles, key=self.mean)
        selected = self.or_ensemble(best)
        rival = self.best(TUNED if best.startswith(DEFAULTS) else DEFAULTS)
        if selected == ENSEMBLE:
            rival = best
        if rival is None:
            return selected, f"Selected: {_label(selected)}, the only kind that could be scored."
        significant = self.gain(selected, rival).clears_margin
        how = f"{self.compared(selected, rival)} ({'' if significant else 'not '}significant)"
        return selected, f"Selected: {_label(selected)}, {how}."

    def or_ensemble(self, single: str) -> str:
        """Return the ensemble where it is significantly better than the single model, else that."""
        better = ENSEMBLE in self.scores and self.gain(ENSEMBLE, single).clears_margin
        return ENSEMBLE if better else single


def _label(name: str) -> str:
    if name.startswith(DEFAULTS):
        return f"{name.removeprefix(DEFAULTS)} with default hyperparameters"
    if name.startswith(TUNED):
        return f"the tuned {name.removeprefix(TUNED)} model"
    return f"the {name}"
