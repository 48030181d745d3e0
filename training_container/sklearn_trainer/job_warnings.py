"""What a job reports about the data and the fits, collected on the way into the report.

They name columns and counts, never values out of people's data.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class JobWarnings:
    """Sentences for people, each once, in the order in which they came up."""

    def __init__(self) -> None:
        self._sentences: dict[str, None] = {}
        self._library: Counter[str] = Counter()

    def add(self, sentence: str) -> None:
        """Add a sentence unless it has been said."""
        self._sentences.setdefault(sentence)

    def extend(self, other: JobWarnings) -> None:
        """Add what was noted elsewhere: in another process."""
        self._sentences.update(other._sentences)
        self._library.update(other._library)

    @contextmanager
    def library_warnings(self) -> Iterator[None]:
        """Count the kinds of warnings that scikit-learn raises inside, instead of printing them."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield
        self._library.update({_kind_of(warning) for warning in caught} - _UNINTERESTING)

    @property
    def sentences(self) -> list[str]:
        """Everything said, the library's warnings last."""
        library = [
            f"{_NOT_SCORED} (fits: {count})."
            if name == _NOT_SCORED
            else f"scikit-learn raised a {name} (fits: {count}){_MEANING.get(name, '')}."
            for name, count in sorted(self._library.items())
        ]
        return [*self._sentences, *library]


def _kind_of(caught: warnings.WarningMessage) -> str:
    """Return the warning's class, or what it means where the class does not say it."""
    if "classes not in y_true" in str(caught.message):
        return _NOT_SCORED
    return caught.category.__name__


_UNINTERESTING = {"DeprecationWarning", "PendingDeprecationWarning", "FutureWarning"}
_NOT_SCORED = "Models predicted classes that the scored rows do not have"
_MEANING = {
    "LinAlgWarning": ": some features are nearly collinear",
    "RuntimeWarning": ": some numbers were too large or too small for exact computation",
    "ConvergenceWarning": ": the solver stopped before it converged (more iterations may help)",
    "UndefinedMetricWarning": ": a metric had no exact value, for example a class never predicted",
}
