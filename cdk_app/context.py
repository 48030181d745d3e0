"""From CDK's context to settings: cdk.json's "tunedrop" first, `-c tunedrop='<JSON>'` on top of it.

CDK lets `-c` replace a whole key. Here it only overrides the keys that it names, at any depth, so
that `-c tunedrop='{"limits": {"max_training_jobs": 50}}'` leaves everything else as it is.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cdk_app.settings import Settings

CDK_JSON = Path(__file__).parent.parent / "cdk.json"
KEY = "tunedrop"


class SettingsError(Exception):
    """A setting is wrong; the message is for the platform engineer, one line a finding."""


def load_settings(override: object, *, cdk_json: Path = CDK_JSON) -> Settings:
    """Read the settings of a deployment: those of cdk.json, with an override on top.

    CDK hands out a JSON text from the command line, the object of cdk.json itself, or None.
    """
    base = context_of(cdk_json).get(KEY, {})
    return parse_settings(merge(_object(base, str(cdk_json)), _override(override)))


def context_of(cdk_json: Path) -> dict[str, Any]:
    """Return cdk.json's whole context."""
    try:
        context = json.loads(cdk_json.read_text(encoding="utf-8")).get("context", {})
    except (OSError, ValueError) as error:
        raise SettingsError(f"{cdk_json} cannot be read: {error}") from error
    return _object(context, f"context in {cdk_json}")


def parse_settings(values: Mapping[str, Any]) -> Settings:
    """Check the values; report each wrong one with its key and what is allowed."""
    try:
        return Settings.model_validate(dict(values))
    except ValidationError as error:
        findings = map(_finding, error.errors(include_url=False))
        where = f'context key "{KEY}" in cdk.json, or -c {KEY}'
        raise SettingsError("\n".join([f"Wrong settings ({where}):", *findings])) from None


def merge(base: Mapping[str, Any], override: Mapping[str, Any]) -> dict[str, Any]:
    """Put one object of JSON over another: objects merge, everything else is replaced."""
    merged = dict(base)
    for key, value in override.items():
        below = merged.get(key)
        both_objects = isinstance(value, Mapping) and isinstance(below, Mapping)
        merged[key] = merge(below, value) if both_objects else value  # type: ignore[arg-type]
    return merged


def _override(value: object) -> Mapping[str, Any]:
    if value is None:
        return {}
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError as error:
            raise SettingsError(
                f"-c {KEY} is not JSON ({error}). Found {value!r}; "
                f"""expected an object, like -c {KEY}='{{"quiet_period_seconds": 5}}'."""
            ) from None
    return _object(value, f"-c {KEY}")


def _object(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise SettingsError(f"{where}: found {json.dumps(value)}; expected a JSON object.")
    return value


def _finding(details: Mapping[str, Any]) -> str:
    key = ".".join(str(part) for part in details["loc"] if part != "[key]")
    if details["type"] == "extra_forbidden":
        close = difflib.get_close_matches(key, _names(Settings().model_dump()), n=1)
        return f"  {key}: no such setting." + (f" Did you mean {close[0]}?" if close else "")
    message = details["msg"].removeprefix("Value error, ")
    if not key:
        return f"  {message}."
    value = json.dumps(details["input"], default=str)
    return f"  {key}: found {value}; {message[:1].lower()}{message[1:]}."


def _names(values: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Name all settings, nested ones with a dot."""
    for key, value in values.items():
        yield prefix + key
        if isinstance(value, Mapping):
            yield from _names(value, f"{prefix}{key}.")
