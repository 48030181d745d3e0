"""docs/interfaces.md, written from the records that the parts exchange.

`python -m tools.interfaces_page` writes it again, after a change of a record.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from tunedrop.admission.user_calls import Call
from tunedrop.admission_state import AdmissionState
from tunedrop.champions.record import ChampionRecord
from tunedrop.checks import Check
from tunedrop.environment import BucketEnvironment
from tunedrop.index.records import Catalogue, History
from tunedrop.planning.prices import KeptPrices
from tunedrop.predicting.records import PredictionRecord
from tunedrop.report.champion_calls import ChampionCall
from tunedrop.run_record import Run
from tunedrop.running.attempts import JobResult
from tunedrop.running.callbacks import Callback
from tunedrop.running.jobs import Job
from tunedrop.trigger import SkippedStart
from tunedrop_common.plan import Plan

PAGE = Path(__file__).parents[1] / "docs" / "interfaces.md"

# By where the record is: the file's key in the bucket, or who gets it.
RECORDS: Mapping[str, type] = {
    "`runs/.../run.json`": Run,
    "`runs/.../plan.json`": Plan,
    "`runs/.../jobs/<attempt>.result.json`": JobResult,
    "`models/.../champion.json`": ChampionRecord,
    "`predictions/<dataset>/<file>.json`": PredictionRecord,
    "`checks/<dataset>/<file>-<version>.json`": Check,
    "`admission/state.json`": AdmissionState,
    "`admission/<dataset>/skipped.json`": SkippedStart,
    "`callbacks/<attempt>.json`": Callback,
    "`index/<dataset>.json`": History,
    "`index/index.json`": Catalogue,
    "`prices/<region>.json`": KeptPrices,
    "A job in the state machine": Job,
    "A call of Admit": Call,
    "A call of WriteReport about the champion": ChampionCall,
}
ENVIRONMENTS: Mapping[str, type] = {
    **{
        record.__name__.removesuffix("Environment"): record
        for record in sorted(BucketEnvironment.__subclasses__(), key=lambda record: record.__name__)
    },
    "The other Lambdas": BucketEnvironment,
}
_HEAD = """\
# Interfaces

The records that the parts exchange: files in the bucket, what travels through the state machine,
and the environment variables of the Lambdas. This page is generated from the code. A field without
a default is required. [results.schema.json](results.schema.json) has `results.json`, of which
`confirm.json` is the part `confirm`; [tuning.schema.json](tuning.schema.json) has `tuning.yaml`.
[architecture.md](architecture.md#the-state-machine) has the states, and
[training-container.md](training-container.md#what-it-gets-and-leaves) the files of jobs.

## Files, jobs and calls
"""
_ENVIRONMENT = """\
## Environment variables

Values that are not text are JSON.
"""
_PARTS = """\
## Parts of records

What the tables above refer to.
"""
_WORDS = {"boolean": "true or false", "object": "object", "null": "null"}
Schema = Mapping[str, Any]


def page() -> str:
    """Return the page."""
    parts: dict[str, Schema] = {}
    sections = [_HEAD]
    for title, record in RECORDS.items():
        sections.append(_section(title, _read_schema(record, parts)))
    sections.append(_ENVIRONMENT)
    for title, record in ENVIRONMENTS.items():
        schema = _read_schema(record, parts)
        names = {f"TUNEDROP_{name.upper()}": field for name, field in schema["properties"].items()}
        sections.append(_section(title, {"properties": names}))
    sections.append(_PARTS)
    sections += [_section(name, part) for name, part in sorted(parts.items())]
    return "\n".join(sections)


def _read_schema(record: type, parts: dict[str, Schema]) -> Schema:
    """Return a record's schema, and add the records that it refers to."""
    schema = TypeAdapter(record).json_schema(ref_template="{model}")
    for name, part in schema.pop("$defs", {}).items():
        if parts.setdefault(name, part) != part:
            raise ValueError(f"Two records are called {name}: rename one")
    return schema


def _section(title: str, schema: Schema) -> str:
    lines = [f"### {title}", ""]
    if description := schema.get("description"):
        lines += [description, ""]
    if fields := schema.get("properties"):
        lines += ["| field | type | what it is |", "|---|---|---|"]
        lines += [_row(name, field) for name, field in fields.items()]
    else:
        lines.append(_name_type(schema))
    return "\n".join([*lines, ""])


def _row(name: str, field: Schema) -> str:
    cells = [field["description"]] if "description" in field else []
    if "default" in field:
        cells.append(f"Default: `{json.dumps(field['default'])}`.")
    return f"| `{name}` | {_name_type(field)} | {' '.join(cells)} |".replace("\n", " ")


def _name_type(schema: Schema) -> str:
    """Return the type of a field in words."""
    match schema:
        case {"$ref": name}:
            return f"[{name}](#{name.lower()})"
        case {"const": value}:
            return f"`{json.dumps(value)}`"
        case {"enum": values}:
            return ", ".join(f"`{json.dumps(value)}`" for value in values)
        case {"anyOf": kinds} | {"oneOf": kinds}:
            return " or ".join(map(_name_type, kinds))
        case {"type": "array", "items": items}:
            return f"list of {_name_type(items)}"
        case {"type": "object", "additionalProperties": Mapping() as values}:
            return f"{_name_type(values)} by name"
        case {"format": "date-time"}:
            return "time"
        case {"type": str(kind)}:
            return _WORDS.get(kind, kind)
    return "any value"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
