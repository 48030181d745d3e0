"""From CDK's context to settings: cdk.json's "tunedrop" first, `-c tunedrop='<JSON>'` on top of it.

CDK lets `-c` replace a whole key. Here it only overrides the keys that it names, at any depth, so
that `-c tunedrop='{"limits": {"max_training_jobs": 50}}'` leaves everything else as it is.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from cdk_app.settings import Settings

CDK_JSON = Path(__file__).parent.parent / "cdk.json"
KEY = "tunedrop"


class SettingsError(Exception):
    """A setting is wrong; the message is for the platform engineer, one line a finding."""


def load_settings(override: object, *, cdk_json: Path = CDK_JSON) -> Settings:
    """Read the settings of a deployment.

    Parameters
    ----------
    override
        The value of the context key as CDK hands it out: a JSON text from the command line,
        the object of cdk.json itself, or None.
    cdk_json
        Where the deployment's own values are.
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
        errors = error.errors(include_url=False)
        findings = [_finding(details) for details in errors if not _follows(details, errors)]
        raise SettingsError(
            "\n".join(
                [f'Wrong settings (context key "{KEY}" in cdk.json, or -c {KEY}):', *findings]
            )
        ) from None


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
                f"""expected an object, like -c {KEY}='{{"settle_seconds": 5}}'."""
            ) from None
    return _object(value, f"-c {KEY}")


def _object(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise SettingsError(f"{where}: found {json.dumps(value)}; expected a JSON object.")
    return value


def _follows(details: Mapping[str, Any], errors: Iterable[Mapping[str, Any]]) -> bool:
    """Return whether a finding is only the consequence of one further inside."""
    depth = len(details["loc"])
    return any(e["loc"][:depth] == details["loc"] and len(e["loc"]) > depth for e in errors)


def _finding(details: Mapping[str, Any]) -> str:
    location = [part for part in details["loc"] if part != "[key]"]
    key = ".".join(str(part) for part in location)
    if details["type"] == "extra_forbidden":
        return f"  {key}: no such setting. {_nearest(location)}"
    message = details["msg"].removeprefix("Value error, ")
    if not key:
        return f"  {message}."
    return f"  {key}: found {json.dumps(details['input'], default=str)}; {_lower(message)}."


def _nearest(location: list[Any]) -> str:
    section: type[BaseModel] = Settings
    for part in location[:-1]:
        annotation = section.model_fields[part].annotation
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return ""
        section = annotation
    known: Iterable[str] = section.model_fields
    prefix = "".join(f"{part}." for part in location[:-1])
    close = difflib.get_close_matches(str(location[-1]), known, n=1)
    if close:
        return f"Did you mean {prefix}{close[0]}?"
    return f"Known here: {', '.join(sorted(known))}."


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:]
