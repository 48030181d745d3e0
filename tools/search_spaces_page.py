"""docs/search-spaces.md, written from the catalogue.

`python -m tools.search_spaces_page` writes it again, after a change of the catalogue.
"""

from __future__ import annotations

from pathlib import Path

from tunedrop.planning.estimators import catalogue
from tunedrop.planning.estimators.sklearn_estimators import known
from tunedrop_common.plan import CategoricalRange, Range

PAGE = Path(__file__).parents[1] / "docs" / "search-spaces.md"

_SCALINGS = {"Logarithmic": "log", "Linear": "linear", "ReverseLogarithmic": "reverse_log"}

_KINDS = {"classification": "classifier", "regression": "regressor"}

_HEAD = """\
# Search spaces

What is tuned of an estimator when `tuning.yaml` names no `ranges` for it. This page is written
from the data,
[search_spaces.json](../lambda/tunedrop/planning/estimators/search_spaces.json). A range is
Tunedrop's own; its last column says what it was taken from, or why it was chosen. What other tools
search is quoted from these files:

| tool | where its files lie |
|---|---|
| [auto-sklearn](https://github.com/automl/auto-sklearn) | `autosklearn/pipeline/components/` |
| [hyperopt-sklearn](https://github.com/hyperopt/hyperopt-sklearn) | `hpsklearn/components/` |
| [FLAML](https://github.com/microsoft/FLAML) | its root |
| [OMLbots](https://github.com/ja-thomas/OMLbots), random searches on OpenML | its root |

The word after "at" is the commit that was read. "Fixed" is set beside the ranges, and can be set
otherwise.
"""


def page() -> str:
    """Return the page."""
    short: dict[str, list[str]] = {}
    for name in catalogue.names():
        for task in ("classification", "regression"):
            short.setdefault(catalogue.class_name(name, task), []).append(name)
    return "\n".join(
        [_HEAD, *(_section(name, short.get(name, [])) for name in catalogue.classes())]
    )


def _section(name: str, short: list[str]) -> str:
    space = catalogue.space_of(name)
    found = known(name)
    assert found
    names = " or ".join(f"`{each}`" for each in [*short, name])
    fixed = ", ".join(f"`{key}: {value}`" for key, value in space.fixed.items())
    rows = [
        f"| `{key}` | {_cell(given)} | {space.sources[key].replace('|', '/')} |"
        for key, given in space.ranges.items()
    ]
    return "\n".join(
        [
            f"## {name}",
            "",
            f"A {_KINDS[found.task]}, named {names}.{f' Fixed: {fixed}.' if fixed else ''}",
            "",
            "| hyperparameter | range | where it comes from |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


def _cell(given: Range) -> str:
    if isinstance(given, CategoricalRange):
        return ", ".join(f"`{value}`" for value in given.values)
    ends = [f"{end:.10g}" for end in (given.minimum, given.maximum)]
    whole = "whole numbers, " if given.kind == "integer" else ""
    return f"{ends[0]} to {ends[1]}, {whole}{_SCALINGS[given.scaling]}"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
