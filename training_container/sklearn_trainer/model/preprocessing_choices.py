"""The hyperparameters `preprocess__*`: what a person or the tuning chose of the preprocessing.

What is absent is left to `preprocessing`, which knows what the estimator needs.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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
        """Read hyperparameters whose names start with preprocess__.

        Raises
        ------
        HyperparameterError
            When there is no such choice, or it may not have this value.
        """
        chosen: dict[str, Any] = {}
        for full_name, text in given.items():
            name = full_name.removeprefix(PREFIX)
            if name in CHOICES:
                chosen[name] = _word(full_name, text, CHOICES[name])
            elif name in NUMBERS:
                chosen[name] = _number(full_name, text, *NUMBERS[name])
            else:
                raise _unknown(full_name)
        return cls(**chosen)


def _word(name: str, text: str, allowed: tuple[str, ...]) -> str:
    word = text.strip().strip('"')  # SageMaker's Python SDK puts quotes around strings
    if word in allowed:
        return word
    near = difflib.get_close_matches(word.lower(), allowed, 1)
    raise HyperparameterError(
        "The value of a preprocessing hyperparameter is not allowed",
        where=name,
        found=repr(text)[:80],
        expected=f"one of {', '.join(allowed)}",
        to_do=f"Write {(near or allowed)[0]!r} in tuning.yaml.",
    )


def _number(name: str, text: str, least: int, most: int | None) -> int:
    try:
        number = float(text.strip().strip('"'))
    except ValueError:
        number = float("nan")
    if number.is_integer() and least <= number and (most is None or number <= most):
        return int(number)
    raise HyperparameterError(
        "The value of a preprocessing hyperparameter is not allowed",
        where=name,
        found=repr(text)[:80],
        expected=f"a whole number from {least}" + ("" if most is None else f" to {most}"),
        to_do="Correct the value or the range in tuning.yaml.",
    )


def _unknown(name: str) -> HyperparameterError:
    known = [PREFIX + each for each in (*CHOICES, *NUMBERS)]
    near = difflib.get_close_matches(name, known, 1, cutoff=0.8)
    return HyperparameterError(
        "There is no preprocessing hyperparameter of that name",
        found=repr(name)[:80],
        expected=f"one of {', '.join(known)}",
        to_do=f"Write {near[0]!r} in tuning.yaml." if near else "Take it out of tuning.yaml.",
    )
