"""Decides which contender's model is shipped, and says why in one sentence.

Pure: scores and the metric's name in, a decision out. A challenger takes the champion's place only
if it clears the margin, so a model in use is never replaced by luck. The ensemble costs more than a
single model, so it also has to clear the margin against the single one that would be shipped. And
none that clears it stays behind: no scored contender is better than what is shipped by more than
the margin.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sklearn_trainer.evaluation.comparison import Difference, compare, margin
from tunedrop_common.metric_words import called
from tunedrop_common.shown_numbers import number

DUMMY = "dummy"
CHAMPION = "champion"
WINNER = "winner"
ENSEMBLE = "ensemble"
DEFAULTS = "defaults:"

Verdict = Literal["promoted", "kept champion", "first model", "nothing beats the dummy"]


@dataclass(frozen=True)
class Decision:
    """What is shipped; `margin` is in corrected standard errors."""

    shipped: str
    verdict: Verdict
    sentence: str
    margin: float


def decide(
    scores: Mapping[str, Sequence[float]],
    *,
    metric: str,
    test_train_ratio: float,
    rows: int,
    champion_planned: bool,
) -> Decision:
    """Decide from the scores of the contenders that could be scored.

    Parameters
    ----------
    scores
        Name -> one score a fold, in the same order for all. At least one besides the dummy.
    rows
        How many different rows the folds scored.
    champion_planned
        Whether there is a champion, scored or not.
    """
    contest = _Contest(scores, metric, test_train_ratio, rows)
    if CHAMPION in scores:
        shipped, verdict, sentence = contest.against_champion()
    else:
        verdict = "promoted" if champion_planned else "first model"
        shipped, sentence = contest.without_champion()
        if champion_planned:
            sentence = (
                f"The champion could not be scored on this data, so it is replaced. {sentence}"
            )
    if DUMMY in scores:
        gain = contest.gain(shipped, DUMMY)
        if not gain.clears_margin:
            verdict, sentence = "nothing beats the dummy", _no_use(shipped, gain, metric)
    return Decision(shipped, verdict, sentence, contest.margin)


class _Contest:
    """The scores, and what they say about two contenders."""

    def __init__(
        self, scores: Mapping[str, Sequence[float]], metric: str, ratio: float, rows: int
    ) -> None:
        self.scores, self.metric, self.ratio, self.rows = scores, metric, ratio, rows
        self.singles = [name for name in scores if name not in (DUMMY, CHAMPION, ENSEMBLE)]
        folds = len(next(iter(scores.values())))
        self.margin = margin(folds, len(self.singles) + (ENSEMBLE in scores), rows)

    def mean(self, name: str) -> float:
        """Return a contender's mean score."""
        return sum(self.scores[name]) / len(self.scores[name])

    def gain(self, a: str, b: str) -> Difference:
        """Return how much better a is than b."""
        return compare(self.scores[a], self.scores[b], self.ratio, self.margin, self.rows)

    def against_champion(self) -> tuple[str, Verdict, str]:
        """Decide between the champion and all others.

        The one with the best mean need not be the one that is surely better: its scores may vary
        more.
        """
        challengers = [name for name in self.scores if name not in (DUMMY, CHAMPION)]
        gains = {name: self.gain(name, CHAMPION) for name in challengers}
        surely = [name for name in self.singles if gains[name].clears_margin]
        promoted = self.or_ensemble(max(surely, key=self.mean, default=CHAMPION))
        if promoted != CHAMPION:
            return (
                promoted,
                "promoted",
                f"Promotes {_called(promoted)}: it beats the champion by "
                f"{_amount(gains[promoted], self.metric)}, which is more than chance explains.",
            )
        best = max(challengers, key=self.mean, default=CHAMPION)
        if best == CHAMPION:
            why = "no challenger could be scored."
        elif gains[best].difference <= 0:
            why = (
                f"it scores as well as {_called(best)} or better "
                f"({_amount(gains[best], self.metric)} between them)."
            )
        else:
            why = f"the challenger's gain of {_amount(gains[best], self.metric)} is within chance."
        return CHAMPION, "kept champion", f"Keeps the champion, refitted: {why}"

    def without_champion(self) -> tuple[str, str]:
        """Return the best single model, or the ensemble, and how it stands to the others."""
        if not self.singles:
            return ENSEMBLE, f"Ships {_called(ENSEMBLE)}: no single model could be scored."
        best = max(self.singles, key=self.mean)
        shipped = self.or_ensemble(best)
        if shipped == ENSEMBLE:
            gain = _amount(self.gain(ENSEMBLE, best), self.metric)
            return shipped, (
                f"Ships {_called(ENSEMBLE)}: it beats the best single model, {_called(best)}, by "
                f"{gain}, which is more than chance explains."
            )
        return best, self._why_single(best)

    def or_ensemble(self, single: str) -> str:
        """Return the ensemble where it is surely better than what would be shipped, else that."""
        surely = ENSEMBLE in self.scores and self.gain(ENSEMBLE, single).clears_margin
        return ENSEMBLE if surely else single

    def _why_single(self, best: str) -> str:
        """Say how the best stands to the tuning's winner, or to the best defaults."""
        if best.startswith(DEFAULTS):
            if WINNER not in self.scores:
                return f"Ships {_called(best)}: the tuning's winner could not be scored."
            behind = _amount(self.gain(best, WINNER), self.metric)
            return (
                f"Ships {_called(best)}: the tuning's winner is no better ({behind} behind on "
                "fresh folds)."
            )
        defaults = [name for name in self.singles if name.startswith(DEFAULTS)]
        if not defaults:
            return "Ships the tuning's winner: no defaults could be scored."
        rival = max(defaults, key=self.mean)
        gain = self.gain(best, rival)
        chance = "more than chance explains" if gain.clears_margin else "within chance"
        return (
            f"Ships the tuning's winner: its gain of {_amount(gain, self.metric)} over "
            f"{_called(rival)} is {chance}."
        )


def _no_use(shipped: str, gain: Difference, metric: str) -> str:
    how = "by more than chance" if gain.difference > 0 else "at all"
    return (
        f"Nothing beats the dummy: the model shipped, {_called(shipped)}, does not beat a model "
        f"that ignores the features {how} ({_amount(gain, metric)} between them)."
    )


def _called(name: str) -> str:
    if name.startswith(DEFAULTS):
        return f"the defaults of {name.removeprefix(DEFAULTS)}"
    named = {
        WINNER: "the tuning's winner",
        CHAMPION: "the champion",
        ENSEMBLE: "the ensemble of the search's best",
    }
    return named.get(name, name)


def _amount(gain: Difference, metric: str) -> str:
    return f"{number(abs(gain.difference), 2)} {called(metric).words}"
