"""docs/tuning.schema.json, the JSON Schema of tuning.yaml, for editors.

`python -m tools.tuning_schema` writes it again, after a change of the model or of scikit-learn.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tunedrop.planning.estimators import catalogue
from tunedrop.planning.estimators.sklearn_estimators import class_names
from tunedrop.planning.tuning_config.model import TuningConfig

FILE = Path(__file__).parents[1] / "docs" / "tuning.schema.json"


def schema() -> dict[str, Any]:
    """Return the schema."""
    found = TuningConfig.model_json_schema()
    known = [*catalogue.names(), *class_names("classification"), *class_names("regression")]
    name = {"anyOf": [{"enum": known}, {"pattern": r"^sklearn(\.[A-Za-z_][A-Za-z0-9_]*)+$"}]}
    # The model reads a list of names as a mapping without details.
    names = {"type": "array", "items": name, "uniqueItems": True}
    found["properties"]["estimators"]["anyOf"].insert(0, names)
    found["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return found


if __name__ == "__main__":
    FILE.write_text(json.dumps(schema(), indent=2) + "\n", "utf-8")
