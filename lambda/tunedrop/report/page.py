"""report.html: one self-contained page, from results alone.

The page's Content-Security-Policy lets nothing in or out: its two scripts run because their hashes
are named, charts are interpreted without eval, and all text is escaped by the template.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
from altair.utils.schemapi import debug_mode
from markupsafe import Markup

from tunedrop.report import javascript, theme, wording
from tunedrop.report.advice import advice
from tunedrop.report.contenders import contenders_chart, draw_contenders
from tunedrop.report.drawing import Drawing, rows
from tunedrop.report.failures import failures
from tunedrop.report.objective_by_hyperparameter import (
    draw_panel,
    objective_by_hyperparameter,
)
from tunedrop.report.objective_over_time import draw_objective_over_time, objective_over_time
from tunedrop.report.packing import Row, pack
from tunedrop.report.python_code import load_code, pipeline_code
from tunedrop.report.results import Results
from tunedrop.report.summary import (
    cost_facts,
    estimator_summaries,
    job_sentence,
    model_sentence,
    parallel_sentence,
    run_facts,
    shipped_hyperparameters,
    tiles,
)
from tunedrop.report.timeline import draw_timeline, timeline

FOLDER = Path(__file__).parent


def report_html(results: Results) -> str:
    """Draw the page."""
    charts: dict[str, Drawing] = {}
    contenders = contenders_chart(results)
    over_time = objective_over_time(results)
    lanes = timeline(results)
    jobs = rows(over_time.points)
    # Tests check every chart against Vega-Lite's schema; doing so here doubles the time.
    with debug_mode(False):
        charts["chart-contenders"] = draw_contenders(contenders)
        if results.training_jobs:
            charts["chart-time"] = draw_objective_over_time(over_time)
        estimators = _panels(results, charts)
        if lanes.bars:
            charts["chart-timeline"] = draw_timeline(lanes)
        specifications = _packed(charts, {row["number"]: row for row in jobs})
    data = {
        "config": theme.CONFIG,
        "best": over_time.best,
        "jobs": pack(jobs),
        "charts": specifications,
    }
    vega, script = javascript.read(), (FOLDER / "page.js").read_text(encoding="utf-8")
    return _template().render(
        r=results,
        policy=policy(vega, script),
        css=Markup((FOLDER / "page.css").read_text(encoding="utf-8")),  # noqa: S704  (our file)
        vega=Markup(vega),  # noqa: S704  (checked by javascript.check)
        script=Markup(script),  # noqa: S704  (our file)
        data=Markup(script_json(data)),  # noqa: S704  (escaped for its place)
        headline=wording.headline(results.verdict),
        tiles=tiles(results),
        contenders=contenders.rows,
        has_test=any(row.test_score is not None for row in contenders.rows),
        advice=advice(results),
        model_sentence=model_sentence(results),
        hyperparameters=shipped_hyperparameters(results),
        code=pipeline_code(results),
        load_code=load_code(results),
        job_sentence=job_sentence(results),
        beyond=over_time.axis.beyond,
        unit=over_time.unit,
        legend=[(key, theme.series(i)) for i, key in enumerate(over_time.estimators)],
        estimators=estimators,
        summary=estimator_summaries(results),
        cost=cost_facts(results),
        lanes=lanes.bars,
        parallel_sentence=parallel_sentence(lanes),
        failures=failures(results),
        run=run_facts(results),
    )


def policy(*scripts: str) -> str:
    """Return a Content-Security-Policy under which only these scripts run and nothing is loaded.

    Styles are inline because Vega's tooltip brings its own; they can neither run nor load anything.
    """
    hashes = " ".join(f"'sha256-{_sha256(script)}'" for script in scripts)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def script_json(value: Any) -> str:
    """Return JSON that can stand inside a <script> element, whatever its strings contain."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"), ensure_ascii=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _panels(results: Results, charts: dict[str, Drawing]) -> list[dict[str, Any]]:
    """Draw all panels into `charts`; return what the template needs of each."""
    found = []
    for index, panels in enumerate(objective_by_hyperparameter(results)):
        shown = []
        for number, panel in enumerate(panels.panels):
            identifier = f"chart-{index}-{number}"
            charts[identifier] = draw_panel(panel, panels)
            shown.append({"id": identifier, "name": panel.hyperparameter, "hint": panel.hint})
        found.append({"id": f"panels-{index}", "estimator": panels.estimator, "charts": shown})
    return found


def _packed(charts: Mapping[str, Drawing], jobs: Mapping[int, Row]) -> dict[str, Any]:
    """Return the charts' specifications with packed rows."""
    specs = {}
    for identifier, chart in charts.items():
        spec = chart.specification(validate=False)
        spec["datasets"] = {name: pack(rows, jobs) for name, rows in spec["datasets"].items()}
        specs[identifier] = spec
    return specs


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        loader=jinja2.FileSystemLoader(FOLDER),
    )
    environment.filters |= {
        "number": wording.number,
        "score": wording.score,
        "interval": wording.interval,
        "duration": wording.duration,
        "moment": wording.moment,
        "plural": wording.count,
    }
    return environment.get_template("page.html")
