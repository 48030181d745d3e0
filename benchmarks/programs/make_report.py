"""Writes the four files of a synthetic run's report: `make_report.py TRAINING_JOBS PAGE`."""

import json
import sys
from pathlib import Path

from tests.support.report.synthetic_results import make_results
from tunedrop.report.markdown import report_md
from tunedrop.report.page import report_html
from tunedrop.report.training_jobs_csv import training_jobs_csv

page = Path(sys.argv[2])
results = make_results(int(sys.argv[1]))
page.with_suffix(".json").write_text(results.model_dump_json())
page.with_suffix(".csv").write_text(training_jobs_csv(results))
page.with_suffix(".md").write_text(report_md(results))
page.write_text(report_html(results))
print(json.dumps({"page_bytes": page.stat().st_size}))
