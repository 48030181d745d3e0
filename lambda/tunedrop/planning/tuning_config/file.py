"""Reads tuning.yaml: from bytes to `TuningConfig`, or to an error with line, key and way out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

from tunedrop import keys
from tunedrop.errors import TuningConfigError
from tunedrop.planning.tuning_config.estimator_config import EstimatorConfig, NumericRangeConfig
from tunedrop.planning.tuning_config.model import (
    CompletenessConfig,
    ConvergenceConfig,
    ReportConfig,
    TuningConfig,
)
from tunedrop.planning.tuning_config.yaml_text import Path, place, read_yaml
from tunedrop_common.data_text import quote

_MODELS: dict[str, type[BaseModel]] = {
    "": TuningConfig,
    "estimators": EstimatorConfig,
    "complete_when": CompletenessConfig,
    "convergence": ConvergenceConfig,
    "report": ReportConfig,
    "ranges": NumericRangeConfig,
}

_TYPES = {
    "int_type": "a whole number",
    "float_type": "a number",
    "string_type": "text",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "keys with values",
    "model_type": "keys with values",
}

# A range is below estimators, the estimator's name, ranges and the hyperparameter's name.
_RANGE_DEPTH = 4

_EMPTY = {"string_too_short": "a name", "too_short": "at least one entry"}
_OTHER_WORDS = {"true": "auto", "on": "auto", "yes": "auto", "false": "off", "no": "off"}

# Names that people know from elsewhere.
_OTHER_NAMES = {
    "label": "target",
    "objective": "metric",
    "scoring": "metric",
    "models": "estimators",
    "estimator": "estimators",
    "model": "estimators",
    "max_jobs": "training_jobs",
    "max_training_jobs": "training_jobs",
    "max_parallel_jobs": "parallel_training_jobs",
    "cv": "folds",
    "random_state": "seed",
    "drop": "ignore_columns",
    "ignore": "ignore_columns",
    "test_size": "test_fraction",
    "hyperparameters": "ranges",
}


def read_tuning_config(body: bytes) -> TuningConfig:
    """Read and check tuning.yaml; an empty file decides nothing."""
    value, lines = read_yaml(body)
    if value is None:
        return TuningConfig()
    if not isinstance(value, dict):
        raise TuningConfigError(
            "The file has no keys",
            where=keys.TUNING_CONFIG,
            expected=f"lines such as `target: species`, with keys of {', '.join(_allowed(()))}",
            to_do="Write `key: value` lines.",
        )
    try:
        config = TuningConfig.model_validate(value)
    except ValidationError as error:
        raise _explained(error, value, lines) from error
    config._lines.update(lines)
    return config


def _explained(error: ValidationError, value: Any, lines: Mapping[Path, int]) -> TuningConfigError:
    """Report pydantic's most specific error as ours."""
    errors = error.errors(include_url=False)
    chosen = min(errors, key=lambda e: (e["type"] != "extra_forbidden", _is_other_reading(e)))
    path = _path_in(chosen["loc"], value)
    where = place(path, lines)
    if chosen["type"] == "extra_forbidden":
        return _unknown_key(path, where)
    if chosen["type"] == "value_error":
        problem, to_do = chosen["ctx"]["error"].args
        return TuningConfigError(problem, where=where, to_do=to_do)
    problem, found, expected, to_do = _in_words(chosen, path)
    return TuningConfigError(problem, where=where, found=found, expected=expected, to_do=to_do)


def _in_words(error: Any, path: Path) -> tuple[str, str, str, str]:
    """Return four parts of an error: what, found, expected, to_do."""
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    if kind == "missing":
        return f"The key {error['loc'][-1]!r} is missing", "", "", "Add it."
    if kind == "too_long":
        most, count = context["max_length"], len(value)
        to_do = f"Take out {count - most} of them."
        return "There are too many entries", f"{count}", f"at most {most}", to_do
    if kind in _EMPTY:
        return "The value is empty", "", _EMPTY[kind], "Write one, or remove the key."
    value_text = quote(value)
    if path[:1] == ("estimators",) and path[2:3] == ("ranges",) and len(path) == _RANGE_DEPTH:
        to_do = "Write the values to try, or move a single value to `fixed`."
        expected = "{min, max}, or a list of values"
        return f"The value of {path[-1]} is not a range", value_text, expected, to_do
    expected = str(context.get("expected", "")).replace(" or ", ", ") or _TYPES.get(kind, "")
    if path[-1:] in (("min",), ("max",)) and kind == "int_type":
        expected = _TYPES["float_type"]  # takes both
    to_do = _nearest(value, expected)
    if expected == _TYPES["string_type"] and isinstance(value, int | float):
        to_do = "Write it in quotation marks."
    expected = expected or error["msg"].removeprefix("Input should be ")
    return "The value cannot be used", value_text, expected, to_do


def _path_in(loc: Iterable[str | int], value: Any) -> Path:
    """Drop from pydantic's way to an error what is not in the file: names of types."""
    path: Path = ()
    for step in loc:
        steps = range(len(value)) if isinstance(value, list) else value
        if not isinstance(value, (dict, list)) or step not in steps:
            continue
        value = value[step]  # type: ignore[index]
        path = (*path, step)
    return path


def _is_other_reading(error: Any) -> bool:
    """Return whether an error is about the other form of a range, list or numbers, than it has."""
    kinds = [step for step in error["loc"] if isinstance(step, str)]
    value = error["input"]
    return (any("list" in kind for kind in kinds) and isinstance(value, dict)) or (
        "NumericRangeConfig" in kinds and isinstance(value, list)
    )


def _unknown_key(path: Path, where: str) -> TuningConfigError:
    key = str(path[-1])
    allowed = _allowed(path[:-1])
    plain = key.lower().replace("-", "_").replace(" ", "_")
    synonym = _OTHER_NAMES.get(plain, "")
    near = synonym if synonym in allowed else next(iter(get_close_matches(plain, allowed, 1)), "")
    to_do = f"Write {quote(near)} instead." if near else "Remove it, or write one of these."
    if not near and _MODELS["estimators"].model_fields.keys() == set(allowed):
        to_do = "Write hyperparameters below `ranges` to tune them, or below `fixed`."
    return TuningConfigError(
        "Unknown key",
        where=where,
        found=quote(key),
        expected=f"one of {', '.join(allowed)}",
        to_do=to_do,
    )


def _allowed(parent: Path) -> list[str]:
    """Return the keys that an entry may have."""
    name = ""
    if parent[:1] == ("estimators",):
        name = "ranges" if len(parent) > 2 else "estimators"
    elif parent:
        name = str(parent[0])
    return list(_MODELS.get(name, TuningConfig).model_fields)


def _nearest(value: Any, expected: str) -> str:
    options = [option.strip("'\" ") for option in expected.split(",")]
    near = get_close_matches(str(value), options, 1) if isinstance(value, str) else []
    if _OTHER_WORDS.get(str(value).lower()) in options:
        near = [_OTHER_WORDS[str(value).lower()]]
    return f"Write {quote(near[0])} instead." if near else "Correct the value."
