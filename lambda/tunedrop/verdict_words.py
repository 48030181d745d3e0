"""Words for Confirm's verdicts and contenders: what people read on pages, in mail and in terminals.

The names are those of confirm.json (`sklearn_trainer.judging.verdict`).
"""

from __future__ import annotations

from dataclasses import dataclass

PROMOTED = "promoted"
KEPT_CHAMPION = "kept champion"
FIRST_MODEL = "first model"
NOTHING_BEATS_THE_DUMMY = "nothing beats the dummy"

WINNER = "winner"
CHAMPION = "champion"
DUMMY = "dummy"
DEFAULTS_PREFIX = "defaults:"


@dataclass(frozen=True)
class VerdictWords:
    """One verdict, from the most words to the fewest."""

    outcome: str
    headline: str
    short: str
    subject: str
    good: bool = True


_VERDICTS = {
    PROMOTED: VerdictWords(
        outcome="a better model is in use",
        headline="A better model is in use",
        short="Better model in use",
        subject="new champion",
    ),
    KEPT_CHAMPION: VerdictWords(
        outcome="the champion stays in use, fitted again on the new data",
        headline="The champion stays, refitted on the new data",
        short="Champion refitted",
        subject="champion kept",
    ),
    FIRST_MODEL: VerdictWords(
        outcome="the dataset has its first model",
        headline="The first model is in use",
        short="First model",
        subject="first model",
    ),
    NOTHING_BEATS_THE_DUMMY: VerdictWords(
        outcome="no model beats guessing",
        headline="No useful model: nothing beats guessing",
        short="Nothing beats guessing",
        subject="no useful model",
        good=False,
    ),
}


def verdict_words(verdict: str) -> VerdictWords:
    """Return the words for a verdict; one that is not known stays as it is."""
    return _VERDICTS.get(verdict) or VerdictWords(verdict, verdict, verdict, verdict)


def contender_label(name: str, estimator: str) -> str:
    """Return what a contender is called in text.

    Example
    -------
    >>> contender_label("winner", "linear"), contender_label("defaults:linear", "linear")
    ('Winner of the tuning (linear)', 'Defaults of linear')
    """
    if name == DUMMY:
        return "Dummy (guesses)"
    if name.startswith(DEFAULTS_PREFIX):
        return f"Defaults of {name.removeprefix(DEFAULTS_PREFIX)}"
    role = {CHAMPION: "Champion", WINNER: "Winner of the tuning"}.get(name)
    return f"{role} ({estimator})" if role else name


def contender_short(name: str) -> str:
    """Return a contender's name for the narrow margin of a chart."""
    if name.startswith(DEFAULTS_PREFIX):
        return f"{name.removeprefix(DEFAULTS_PREFIX)} defaults"
    return {DUMMY: "Dummy", CHAMPION: "Champion", WINNER: "Winner"}.get(name, name)
