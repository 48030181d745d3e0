"""docs/results.schema.json, the JSON Schema of results.json, for programs that read it.

`python -m tools.results_schema` writes it again, after a change of the model.
"""

from __future__ import annotations

import json
from pathlib import Path

from tunedrop.report.results import Results

FILE = Path(__file__).parents[1] / "docs" / "results.schema.json"


def schema() -> str:
    """Return the schema as the file has it."""
    found = Results.model_json_schema(mode="serialization")
    return json.dumps(found | {"title": "Tunedrop results.json"}, indent=2) + "\n"


if __name__ == "__main__":
    FILE.write_text(schema(), "utf-8")
