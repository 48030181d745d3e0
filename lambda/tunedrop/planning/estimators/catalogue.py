"""The catalogue: short names of estimators, and default ranges by class.

It is data, search_spaces.json; each of its ranges says where it comes from.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from tunedrop_common.plan import CategoricalRange, NumericRange, Range, Task

Scaling = Literal["Auto", "Linear", "Logarithmic", "ReverseLogarithmic"]
SCALINGS: dict[str, Scaling] = {
    "auto": "Auto",
    "linear": "Linear",
    "log": "Logarithmic",
    "reverse_log": "ReverseLogarithmic",
}

_FILE = "search_spaces.json"


@dataclass(frozen=True)
class ClassSpace:
    """What is tuned of a class by default, what is fixed, and where each range comes from.

    `fixed_unless` names hyperparameters that a fixed one cannot stand beside: who gives one of
    them does not get that fixed one.
    """

    fixed: Mapping[str, str]
    fixed_unless: Mapping[str, Sequence[str]]
    ranges: Mapping[str, Range]
    sources: Mapping[str, str]

    def fixed_beside(self, given: Collection[str]) -> dict[str, str]:
        """Return what is fixed where these hyperparameters are given."""
        return {
            name: text
            for name, text in self.fixed.items()
            if not set(self.fixed_unless.get(name, ())) & set(given)
        }


def names() -> tuple[str, ...]:
    """Return the catalogue's names of estimators."""
    return tuple(_content()["names"])


def title(name: str) -> str:
    """Return what a name of the catalogue is called in a sentence."""
    return str(_content()["names"][name]["title"])


def class_name(name: str, task: Task) -> str:
    """Return the class that a name of the catalogue stands for."""
    return str(_content()["names"][name][task])


def classes() -> tuple[str, ...]:
    """Return the names of the classes that have default ranges."""
    return tuple(_content()["classes"])


def space_of(name: str) -> ClassSpace:
    """Return the default ranges of a class; empty when the catalogue has none."""
    space = _content()["classes"].get(name, {"fixed": {}, "ranges": {}})
    return ClassSpace(
        fixed=space["fixed"],
        fixed_unless=space.get("fixed_unless", {}),
        ranges={key: _range(given) for key, given in space["ranges"].items()},
        sources={key: given["source"] for key, given in space["ranges"].items()},
    )


def _range(given: Mapping[str, Any]) -> Range:
    if given["type"] == "categorical":
        return CategoricalRange(kind="categorical", values=tuple(given["values"]))
    return NumericRange(
        kind="integer" if given["type"] == "int" else "continuous",
        minimum=given["min"],
        maximum=given["max"],
        scaling=SCALINGS[given["scaling"]],
    )


@cache
def _content() -> dict[str, Any]:
    text = files("tunedrop.planning.estimators").joinpath(_FILE).read_text("utf-8")
    return json.loads(text)  # type: ignore[no-any-return]
