"""report.html: one self-contained page of a run's results.

The page's Content-Security-Policy lets nothing in or out: its two scripts run because their hashes
are named, charts are interpreted without eval, and all text is escaped by the template.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import jinja2
from altair.utils.schemapi import debug_mode
from markupsafe import Markup

from tunedrop import wording
from tunedrop.report import javascript
from tunedrop.report.charts.drawing import CONFIG, series_legend
from tunedrop.report.charts.page_charts import PageCharts, page_charts
from tunedrop.report.content import content
from tunedrop.report.display_values import to_display_values
from tunedrop.report.links import Console
from tunedrop.report.model_code import deploy_code
from tunedrop.report.results import Results
from tunedrop.report.summary import (
    column_table,
    run_links,
    tiles,
    tuning_job_table,
)
from tunedrop_common.data_text import shorten

FOLDER = Path(__file__).parent
# Of one text on the page; only failures and sentences with many names come near it.
LONGEST_TEXT = 1000
SCRIPTS = ("page_tables.js", "page_selection.js", "page_copying.js", "page.js")


def report_html(results: Results) -> str:
    """Draw the page."""
    results = to_display_values(results)
    # Tests check every chart against Vega-Lite's schema; doing so here doubles the time.
    with debug_mode(False):
        charts = page_charts(results)
        data = compressed_json(_data(results, charts))
    vega, script = javascript.read(), _script()
    return _template().render(
        policy=policy(vega, script),
        css=Markup((FOLDER / "page.css").read_text(encoding="utf-8")),  # noqa: S704  (our file)
        vega=Markup(_compressed_vega()),  # noqa: S704  (Base64)
        script=Markup(script),  # noqa: S704  (our file)
        data=Markup(data),  # noqa: S704  (Base64)
        **_content(results, charts),
    )


def _content(results: Results, charts: PageCharts) -> dict[str, Any]:
    """Return what the template shows."""
    return content(results) | {
        "tiles": tiles(results),
        "deploy_code": deploy_code(results),
        "charts": charts,
        "console": Console(results.region),
        "legend": series_legend(list(results.estimators)),
        "statuses": sorted({job.status for job in results.training_jobs}),
        "links": run_links(results),
        "columns": column_table(results),
        "tuning_jobs": tuning_job_table(results),
    }


def _data(results: Results, charts: PageCharts) -> dict[str, Any]:
    """Return what the page's script draws from."""
    return {
        "config": CONFIG,
        "best": results.best_number,
        "sign": results.sign,
        "log": Console(results.region).log("NAME"),
        "charts": {
            chart.id: chart.specification(validate=False)
            for chart in chain.from_iterable(charts.values())
        },
    }


def policy(*scripts: str) -> str:
    """Return a Content-Security-Policy under which only these scripts run and nothing is loaded.

    The charts' is compressed in the page: its hash is that of the script which the page's own adds.

    Styles are inline because Vega's tooltip brings its own; they can neither run nor load anything.
    """
    hashes = " ".join(f"'sha256-{_sha256(script)}'" for script in scripts)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _script() -> str:
    """Return the page's own script: its parts in one block, whose names nothing else sees."""
    parts = "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in SCRIPTS)
    return f'"use strict";\n{{\n{parts}}}\n'


def _sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True,
        finalize=_shorten,
        undefined=jinja2.StrictUndefined,
        loader=jinja2.FileSystemLoader(FOLDER),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": wording.number,
        "moment": wording.moment,
        "plural": wording.count,
        "quoted": wording.quoted,
    }
    return environment.get_template("page.html")


def _shorten(value: Any) -> Any:
    """Shorten text, but for code, which a template escapes itself."""
    is_text = isinstance(value, str) and not isinstance(value, Markup)
    return shorten(value, LONGEST_TEXT) if is_text else value


def compressed_json(value: Any) -> str:
    """Return JSON, compressed."""
    return compressed(json.dumps(value, allow_nan=False, separators=(",", ":")))


@cache
def _compressed_vega() -> str:
    return compressed(javascript.read())


def compressed(text: str) -> str:
    """Return text as zlib's format in Base64, which may be anywhere in a page."""
    return base64.b64encode(zlib.compress(text.encode())).decode()
