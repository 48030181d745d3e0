"""docs/search-spaces.md, written from the catalogue.

`python -m tools.search_spaces_page` writes it again, after a change of the catalogue.
"""

from __future__ import annotations

from pathlib import Path

from tunedrop.planning.estimators.catalogue import CATALOGUE, TASKS, classes_for
from tunedrop_common.plan import CategoricalRange, Range

PAGE = Path(__file__).parents[1] / "docs" / "search-spaces.md"

_SCALINGS = {"Logarithmic": "log", "Linear": "linear", "ReverseLogarithmic": "reverse_log"}

_KINDS = {"classification": "Classifier", "regression": "Regressor"}

_HEAD = """\
# Search spaces

For data scientists: short names of estimators, and default ranges. Any `ranges` in
[tuning.yaml](tuning-yaml.md#estimators) replace those of its estimator. `tuning.yaml` can change
"Fixed" values, except `cache_size`.

This page is generated from
[search_spaces.json](../lambda/tunedrop/planning/estimators/search_spaces.json), which also has the
source of each range: our choice, [auto-sklearn](https://github.com/automl/auto-sklearn),
[hyperopt-sklearn](https://github.com/hyperopt/hyperopt-sklearn),
[FLAML](https://github.com/microsoft/FLAML), or [OMLbots](https://github.com/ja-thomas/OMLbots).

## Short names

| name | classification | regression |
|---|---|---|
"""


def page() -> str:
    """Return the page."""
    classes = {name: [by_task[task] for task in TASKS] for name, by_task in CATALOGUE.names.items()}
    rows = [f"| `{name}` | {' | '.join(pair)} |\n" for name, pair in classes.items()]
    sections = [
        _section(name, [short for short, pair in classes.items() if name in pair])
        for name in CATALOGUE.classes
    ]
    return "\n".join([_HEAD + "".join(rows), *sections])


def _section(name: str, short: list[str]) -> str:
    space = CATALOGUE.classes[name]
    (kind,) = (_KINDS[task] for task in TASKS if name in classes_for(task))
    names = "".join(f", `{short_name}`" for short_name in short)
    fixed = ", ".join(f"`{key}: {value}`" for key, value in space.fixed.items())
    summary = f"{kind}{names}.{f' Fixed: {fixed}.' if fixed else ''}"
    ranges = [f"- `{key}`: {_text(range_)}" for key, range_ in space.ranges.items()]
    return "\n".join([f"## {name}", "", summary, "", *ranges, ""])


def _text(range_: Range) -> str:
    if isinstance(range_, CategoricalRange):
        return ", ".join(f"`{value}`" for value in range_.values)
    ends = [f"{end:.10g}" for end in (range_.minimum, range_.maximum)]
    type_prefix = "int, " if range_.kind == "integer" else ""
    return f"[{ends[0]}, {ends[1]}], {type_prefix}{_SCALINGS[range_.scaling]}"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
