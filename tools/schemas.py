"""JSON Schemas: of tuning.yaml, for editors, of results.json, and of the events.

`python -m tools.schemas` writes them again, after a change of the models or of scikit-learn.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic.json_schema import models_json_schema

from tunedrop.events import EVENTS, SOURCE
from tunedrop.planning.estimators.catalogue import CATALOGUE, classes_for
from tunedrop.planning.tuning_config.model import TuningConfig
from tunedrop.report.results import Results

_DOCS = Path(__file__).parents[1] / "docs"


def of_tuning_yaml() -> dict[str, Any]:
    """Return the schema of tuning.yaml."""
    schema = TuningConfig.model_json_schema()
    known_names = [*CATALOGUE.names, *classes_for("classification"), *classes_for("regression")]
    name = {"anyOf": [{"enum": known_names}, {"pattern": r"^sklearn(\.[A-Za-z_][A-Za-z0-9_]*)+$"}]}
    # The model reads a list of names as a mapping without details.
    names = {"type": "array", "items": name, "uniqueItems": True}
    schema["properties"]["estimators"]["anyOf"].insert(0, names)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return schema


def of_results() -> dict[str, Any]:
    """Return the schema of results.json."""
    return Results.model_json_schema(mode="serialization") | {"title": "Tunedrop results.json"}


def of_events() -> dict[str, Any]:
    """Return the schema of the events, as EventBridge delivers them."""
    references, definitions = models_json_schema([(event, "serialization") for event in EVENTS])
    kinds = [
        {
            "properties": {
                "detail-type": {"const": event.detail_type},
                "detail": references[event, "serialization"],
            }
        }
        for event in EVENTS
    ]
    source = {"source": {"const": SOURCE}}
    required = ["source", "detail-type", "detail"]
    head = {"title": "Tunedrop's events", "type": "object", "properties": source}
    return head | {"required": required, "oneOf": kinds} | definitions


FILES = {
    _DOCS / "tuning.schema.json": of_tuning_yaml,
    _DOCS / "results.schema.json": of_results,
    _DOCS / "events.schema.json": of_events,
}

if __name__ == "__main__":
    for file, schema in FILES.items():
        file.write_text(json.dumps(schema(), indent=2) + "\n", "utf-8")
