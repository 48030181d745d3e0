"""Reads tuning.yaml: from bytes to `TuningConfig`, or to an error with line, key and way out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from tunedrop import keys
from tunedrop.errors import TuningConfigError
from tunedrop.planning.tuning_config.model import TuningConfig
from tunedrop.planning.tuning_config.yaml_text import Path, place, read_yaml
from tunedrop_common.data_text import quote, suggest

# What pydantic writes before and after the rule that a value breaks.
_AROUND_RULE = re.compile(r"^\w+ should (be|have) | after validation.*$")


def read_tuning_config(body: bytes) -> TuningConfig:
    """Read and check tuning.yaml; an empty file decides nothing."""
    value, lines = read_yaml(body)
    if value is None:
        return TuningConfig()
    if not isinstance(value, dict):
        raise TuningConfigError(
            "The file has no keys",
            where=keys.TUNING_CONFIG,
            expected="lines such as `target: species`",
            to_do="Write `key: value` lines.",
        )
    try:
        config = TuningConfig.model_validate(value)
    except ValidationError as error:
        raise _explained(error, value, lines) from error
    config._lines.update(lines)
    return config


def _explained(error: ValidationError, value: Any, lines: Mapping[Path, int]) -> TuningConfigError:
    """Report the first of pydantic's errors as ours, unknown keys before others."""
    errors = error.errors(include_url=False)
    first = min(errors, key=lambda entry: entry["type"] != "unknown_key")
    path = _path_in(first["loc"], value)
    where = place(path, lines)
    match first["type"]:
        case "unknown_key":
            key, allowed = first["ctx"]["key"], first["ctx"]["allowed"]
            return _unknown_key(key, allowed, place((*path, key), lines))
        case "value_error":
            problem, to_do = first["ctx"]["error"].args
            return TuningConfigError(problem, where=where, to_do=to_do)
        case "missing":
            problem = f"The key {first['loc'][-1]!r} is missing"
            return TuningConfigError(problem, where=where, to_do="Add it.")
        case "string_type":
            to_do = "Write it in quotation marks."
        case _:
            options = re.findall(r"'(\w+)'", first.get("ctx", {}).get("expected", ""))
            to_do = suggest(str(first["input"]), options, "Correct the value.")
    return TuningConfigError(
        "The value cannot be used",
        where=where,
        found=quote(first["input"]),
        expected=_AROUND_RULE.sub("", first["msg"]),
        to_do=to_do,
    )


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


def _unknown_key(key: str, allowed: Sequence[str], where: str) -> TuningConfigError:
    otherwise = "Remove it, or write one of these."
    if "ranges" in allowed:
        otherwise = "Write hyperparameters below `ranges` to tune them, or below `fixed`."
    similar = key.lower().replace("-", "_").replace(" ", "_")
    return TuningConfigError(
        "Unknown key",
        where=where,
        found=quote(key),
        expected=f"one of {', '.join(allowed)}",
        to_do=suggest(similar, allowed, otherwise),
    )
