"""training_jobs.csv: one line for every training job, safe to open in a spreadsheet.

Spreadsheets run a cell that starts with = + - @, a tab or a line break as a formula. Such a cell
gets a leading apostrophe (OWASP's "CSV injection" advice) unless it is a plain number: whoever
reads the file with a program may strip it. Where a spreadsheet takes semicolons or tabs for the
separators of cells, one could start in the middle of a text: it gets an apostrophe there, too.
"""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime

from tunedrop.report.results import Results, TrainingJob

FIELDS = [name for name in TrainingJob.model_fields if name != "hyperparameters"]

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "=", "+", "-", "@")
_LATER_CELL = re.compile(r"([;\t\n]\s*\"?)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


def training_jobs_csv(results: Results) -> str:
    """Write the table; hyperparameters are columns named `param_<name>`, empty where not tuned."""
    names = sorted({name for job in results.training_jobs for name in job.hyperparameters})
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    header = [*FIELDS, *(f"param_{name}" for name in names)]
    writer.writerow([cell(title) for title in header])
    for job in results.training_jobs:
        values = [getattr(job, field) for field in FIELDS]
        values += [job.hyperparameters.get(name) for name in names]
        writer.writerow([cell(value) for value in values])
    return text.getvalue()


def cell(value: object) -> str:
    """Return a value as text that no spreadsheet takes for a formula."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    text = repr(value) if isinstance(value, float) else str(value)
    text = text.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n")
    text = _LATER_CELL.sub(r"\1'", text)
    if text.startswith(_DANGEROUS) and not _NUMBER.fullmatch(text):
        return "'" + text
    return text
