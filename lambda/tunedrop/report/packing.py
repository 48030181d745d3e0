"""How the page carries its charts' rows: by columns, compressed, and training jobs once for all.

Most charts show the same training jobs. What a chart's row says about its training job just as the
page's one table of them does is left out, and put back by the page's script from the job's number.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]


def pack(rows: Sequence[Row], jobs: Mapping[int, Row] | None = None) -> dict[str, Any]:
    """Return rows as columns; `shared` names what is to be had from the jobs' table.

    Example
    -------
    >>> pack([{"number": 7, "value": 0.1, "status": "Failed"}], {7: {"status": "Failed"}})
    {'columns': {'number': [7], 'value': [0.1]}, 'shared': ['status']}
    """
    if not rows:
        return {"columns": {}, "shared": []}
    shared = _shared(rows, jobs or {})
    columns = {name: [row[name] for row in rows] for name in rows[0] if name not in shared}
    return {"columns": columns, "shared": shared}


def compressed_json(value: Any) -> str:
    """Return JSON, compressed; a column's values are alike, so that it shrinks to a quarter."""
    return compressed(json.dumps(value, allow_nan=False, separators=(",", ":")))


def compressed(text: str) -> str:
    """Return text as zlib's format in Base64, which may be anywhere in a page."""
    return base64.b64encode(zlib.compress(text.encode())).decode()


def _shared(rows: Sequence[Row], jobs: Mapping[int, Row]) -> list[str]:
    known = [jobs.get(row.get("number", 0), {}) for row in rows]
    return [
        name
        for name in rows[0]
        if name != "number"
        and all(
            name in job and _same(job[name], row[name])
            for row, job in zip(rows, known, strict=True)
        )
    ]


def _same(a: Any, b: Any) -> bool:
    return type(a) is type(b) and a == b
