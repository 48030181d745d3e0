"""The hyperparameters `preprocess__*`: what a person or the tuning chose of the preprocessing.

What is absent is left to `preprocessing`, which knows what the estimator needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sklearn_trainer.errors import HyperparameterError
from tunedrop_common.preprocessing import CHOICES, NUMBERS, PREFIX


@dataclass(frozen=True)
class Preprocessing:
    """The choices; "" and None leave it to the estimator's needs."""

    imputation: str = ""
    scaling: str = ""
    encoding: str = ""
    components: int | None = None
    text_components: int | None = None

    @classmethod
    def parse(cls, given: Mapping[str, str]) -> Preprocessing:
        """Read hyperparameters whose names start with preprocess__."""
        chosen = {name.removeprefix(PREFIX): _value(name, text) for name, text in given.items()}
        return cls(**chosen)  # type: ignore[arg-type]  # words and numbers, as the names need them


def _value(full_name: str, text: str) -> str | int:
    name = full_name.removeprefix(PREFIX)
    word = text.strip().strip('"')  # SageMaker's Python SDK puts quotes around strings
    if name in CHOICES:
        if word in CHOICES[name]:
            return word
        raise _not_allowed(full_name, text, f"one of {', '.join(CHOICES[name])}")
    if name in NUMBERS:
        least, most = NUMBERS[name]
        try:
            number = float(word)
        except ValueError:
            number = float("nan")
        if number.is_integer() and least <= number and (most is None or number <= most):
            return int(number)
        end = "" if most is None else f" to {most}"
        raise _not_allowed(full_name, text, f"a whole number from {least}{end}")
    raise HyperparameterError(
        "There is no preprocessing hyperparameter of that name",
        found=repr(full_name)[:80],
        expected=f"one of {', '.join(PREFIX + each for each in (*CHOICES, *NUMBERS))}",
        to_do="Correct the name in tuning.yaml.",
    )


def _not_allowed(name: str, text: str, expected: str) -> HyperparameterError:
    return HyperparameterError(
        "The value of a preprocessing hyperparameter is not allowed",
        where=name,
        found=repr(text)[:80],
        expected=expected,
        to_do="Correct the value or the range in tuning.yaml.",
    )
