"""Decides which contender's model is shipped, and says why in one sentence.

Pure: scores and the metric's name in, a decision out. A challenger takes the champion's place only
if it clears the margin, so a model in use is never replaced by luck.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sklearn_trainer.comparison import Difference, compare

DUMMY = "dummy"
CHAMPION = "champion"
WINNER = "winner"
DEFAULTS = "defaults:"

Verdict = Literal["promoted", "kept champion", "first model", "nothing beats the dummy"]


@dataclass(frozen=True)
class Decision:
    """What is shipped."""

    shipped: str
    verdict: Verdict
    sentence: str


def decide(
    scores: Mapping[str, Sequence[float]],
    *,
    metric: str,
    test_train_ratio: float,
    champion_planned: bool,
) -> Decision:
    """Decide from the scores of the contenders that could be scored.

    Parameters
    ----------
    scores
        Name -> one score a fold, in the same order for all. At least one besides the dummy.
    champion_planned
        Whether there is a champion, scored or not.
    """
    challengers = [name for name in scores if name not in (DUMMY, CHAMPION)]
    best = max(challengers, key=lambda name: _mean(scores[name]), default=CHAMPION)
    if CHAMPION in scores:
        shipped, verdict, sentence = _against_champion(scores, best, metric, test_train_ratio)
    else:
        shipped, verdict = best, "promoted" if champion_planned else "first model"
        sentence = _first(scores, best, metric, test_train_ratio)
        if champion_planned:
            sentence = (
                f"The champion could not be scored on this data, so it is replaced. {sentence}"
            )
    if DUMMY in scores:
        gain = compare(scores[shipped], scores[DUMMY], test_train_ratio)
        if not gain.clears_margin:
            verdict, sentence = "nothing beats the dummy", _no_use(shipped, gain, metric)
    return Decision(shipped, verdict, sentence)


def _against_champion(
    scores: Mapping[str, Sequence[float]], best: str, metric: str, ratio: float
) -> tuple[str, Verdict, str]:
    if best == CHAMPION:
        return (
            CHAMPION,
            "kept champion",
            "Keeps the champion, refitted: no challenger could be scored.",
        )
    gain = compare(scores[best], scores[CHAMPION], ratio)
    if gain.clears_margin:
        return (
            best,
            "promoted",
            f"Promotes {_called(best)}: it beats the champion by {_amount(gain, metric)}, which is "
            "more than chance explains.",
        )
    if gain.difference <= 0:
        return (
            CHAMPION,
            "kept champion",
            f"Keeps the champion, refitted: it scores as well as {_called(best)} or better "
            f"({_amount(gain, metric)} between them).",
        )
    return (
        CHAMPION,
        "kept champion",
        f"Keeps the champion, refitted: the challenger's gain of {_amount(gain, metric)} is within "
        "chance.",
    )


def _first(scores: Mapping[str, Sequence[float]], best: str, metric: str, ratio: float) -> str:
    defaults = [name for name in scores if name.startswith(DEFAULTS)]
    if best.startswith(DEFAULTS):
        if WINNER not in scores:
            return f"Ships {_called(best)}: the tuning's winner could not be scored."
        loss = compare(scores[best], scores[WINNER], ratio)
        return (
            f"Ships {_called(best)}: the tuning's winner is no better "
            f"({_amount(loss, metric)} behind on fresh folds)."
        )
    if not defaults:
        return "Ships the tuning's winner: no defaults could be scored."
    rival = max(defaults, key=lambda name: _mean(scores[name]))
    gain = compare(scores[best], scores[rival], ratio)
    chance = "more than chance explains" if gain.clears_margin else "within chance"
    return (
        f"Ships the tuning's winner: its gain of {_amount(gain, metric)} over {_called(rival)} is "
        f"{chance}."
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
    return {WINNER: "the tuning's winner", CHAMPION: "the champion"}.get(name, name)


def _amount(gain: Difference, metric: str) -> str:
    return f"{abs(gain.difference):.2g} {metric.replace('_', ' ')}"


def _mean(scores: Sequence[float]) -> float:
    return sum(scores) / len(scores)
