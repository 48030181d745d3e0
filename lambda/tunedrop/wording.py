"""Formats of numbers, times, metrics and verdicts for people: pages, e-mail, terminals.

Files for programs (results.json, training_jobs.csv, champion.json, the index) have a scorer's own
value; people read the metric's (tunedrop_common.metric_names).
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from tunedrop_common.data_text import escape, shorten
from tunedrop_common.metric_names import describe_metric
from tunedrop_common.number_format import number as number

_QUOTED = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""")


def signed(value: float | None) -> str:
    """Return a difference as people read it, with its sign.

    Example
    -------
    >>> signed(0.02), signed(-25230.4), signed(0)
    ('+0.02', '-25,230', '0')
    """
    return f"+{number(value)}" if value is not None and value > 0 else number(value)


def percent(share: float | None) -> str:
    """Return a share in percent, with a decimal where it is close to none or to all.

    Example
    -------
    >>> percent(0.785), percent(0.9962), percent(1), percent(None)
    ('78%', '99.6%', '100%', '-')
    """
    if share is None or not math.isfinite(share):
        return "-"
    if 0 < share < 0.001:
        return "below 0.1%"
    if 0.999 < share < 1:
        return "above 99.9%"
    digits = 1 if 0 < share < 0.02 or 0.98 < share < 1 else 0
    return f"{100 * share:.{digits}f}%"


def score(value: float | None) -> str:
    """Return a score with four decimals, so that columns of scores line up.

    Example
    -------
    >>> score(0.958), score(-53.25), score(0.00012)
    ('0.9580', '-53.25', '0.00012')
    """
    if value is None or not math.isfinite(value) or not 0.01 <= abs(value) < 10:
        return number(value)
    return f"{value:.4f}"


def interval(
    ends: tuple[float | None, float | None] | None, write: Callable[[float], str] = score
) -> str:
    """Return both ends of an interval, of scores if it is not said how to write them.

    Example
    -------
    >>> interval((0.9, 1.0)), interval((-0.5, 2), signed), interval(None)
    ('0.9000 to 1.0000', '-0.5 to +2', '')
    """
    low, high = ends or (None, None)
    return "" if low is None or high is None else f"{write(low)} to {write(high)}"


def duration(seconds: float | None) -> str:
    """Return a time span in the two largest units that matter.

    Example
    -------
    >>> duration(42), duration(150), duration(7300)
    ('42 s', '2 min 30 s', '2 h 1 min')
    """
    if seconds is None or not math.isfinite(seconds):
        return "-"
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h" + (f" {minutes} min" if minutes else "")
    if minutes:
        return f"{minutes} min" + (f" {seconds} s" if seconds else "")
    return f"{seconds} s"


def moment(time: datetime | None) -> str:
    """Return a time to the second, in UTC."""
    return "-" if time is None else f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def money(usd: float) -> str:
    """Return US dollars, small amounts with four decimals."""
    return f"${usd:,.2f}" if usd >= 0.1 else f"${usd:.4f}"


def count(amount: int, singular: str, plural: str | None = None) -> str:
    """Return an amount with its noun."""
    return f"{amount:,} {singular if amount == 1 else plural or singular + 's'}"


def one_line(text: str, limit: int = 500) -> str:
    """Return text on one line, without control characters, and of bounded length."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return shorten(line, limit)


def without_quotes(text: str) -> str:
    """Return text without what it quotes: where a header is missing, that is a row of data."""
    return _QUOTED.sub("'...'", text)


# Directions of letters after which a line's numbers would go to the left, too.
_RIGHT_TO_LEFT = ("R", "AL")
_ISOLATED, _END = "\u2068", "\u2069"


def quoted(name: object, limit: int = 80) -> str:
    """Return a name out of people's data in quotation marks, as a part of a sentence.

    Example
    -------
    >>> quoted("flipper length")
    '“flipper length”'
    """
    line = escape(str(name), limit)
    if any(unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT for letter in line):
        line = _ISOLATED + line + _END
    return f"“{line}”"


# What the metrics of the defaults, and the most usual others, measure; for readers who know none.
_GLOSSES = {
    "accuracy": "share of predictions that are correct",
    "balanced_accuracy": "share of each class predicted correctly, on average",
    "roc_auc": "how well it ranks rows; 0.5 is chance, 1 perfect",
    "neg_log_loss": "penalty for low probability of the true class",
    "neg_brier_score": "squared error of probabilities; 0 is perfect",
    "f1": "balance of precision and recall",
    "f1_macro": "balance of precision and recall over classes",
    "precision": "share of predictions that are correct",
    "recall": "share of actual rows found",
    "r2": "share of the target's variation explained",
    "neg_mean_absolute_error": "mean size of an error",
    "neg_median_absolute_error": "median size of an error",
    "neg_root_mean_squared_error": "typical error; large errors count more",
    "neg_mean_absolute_percentage_error": "mean size of an error, relative to the value",
}


def metric_with_gloss(scorer: str) -> str:
    """Return a metric at the start of a sentence, with what it measures if that is known.

    Example
    -------
    >>> metric_with_gloss("r2"), metric_with_gloss("max_error")
    ("R² (share of the target's variation explained)", 'Max_error')
    """
    words, gloss = describe_metric(scorer).words, _GLOSSES.get(scorer)
    return words[:1].upper() + words[1:] + (f" ({gloss})" if gloss else "")


# Names as confirm.json has them (`sklearn_trainer.evaluation.verdict`).
PROMOTED = "promoted"
KEPT_CHAMPION = "kept champion"
FIRST_MODEL = "first model"
NO_USEFUL_MODEL = "no useful model"

CHAMPION = "champion"
ENSEMBLE = "ensemble"
BASELINE = "baseline"
# Followed by the estimator's key.
DEFAULTS_PREFIX = "defaults:"
TUNED_PREFIX = "tuned:"


@dataclass(frozen=True)
class VerdictText:
    """A verdict as a headline, and in a few words."""

    headline: str
    short: str
    is_good: bool = True


_VERDICTS = {
    PROMOTED: VerdictText("A better model is in use", "Better model in use"),
    KEPT_CHAMPION: VerdictText(
        "The champion stays in use, fitted on the new data", "Champion kept"
    ),
    FIRST_MODEL: VerdictText("The first model is in use", "First model in use"),
    NO_USEFUL_MODEL: VerdictText(
        "No model is significantly better than the baseline, which ignores the features",
        "No useful model",
        is_good=False,
    ),
}


def describe_verdict(verdict: str) -> VerdictText:
    """Return the texts for a verdict; an unknown one stays as it is."""
    return _VERDICTS.get(verdict) or VerdictText(verdict, verdict)


def contender_label(name: str, estimator: str) -> str:
    """Return what a contender is called in text.

    Example
    -------
    >>> contender_label("tuned:linear", "linear"), contender_label("champion", "linear")
    ('Tuned model (linear)', 'Champion (linear)')
    """
    if name == BASELINE:
        return "Baseline (ignores the features)"
    if name == ENSEMBLE:
        return "Ensemble of the tuned models"
    if name.startswith(DEFAULTS_PREFIX):
        return f"Default hyperparameters ({estimator})"
    if name.startswith(TUNED_PREFIX):
        return f"Tuned model ({estimator})"
    return f"Champion ({estimator})" if name == CHAMPION else name


def contender_short(name: str) -> str:
    """Return a contender's name for the narrow margin of a chart."""
    kind, _, key = name.partition(":")
    return f"{key} {kind}" if key else name.capitalize()
