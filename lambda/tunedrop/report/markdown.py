"""report.md: the page's content as text, for chats, pull requests and terminals."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from tunedrop import wording
from tunedrop.report.advice import advice
from tunedrop.report.answers import answers
from tunedrop.report.as_read import as_read
from tunedrop.report.charts.contenders import SHIPPED, contenders_chart
from tunedrop.report.charts.importance import importance
from tunedrop.report.cost import cost_facts
from tunedrop.report.failures import failures
from tunedrop.report.model_code import load_code, pipeline_code
from tunedrop.report.results import COMPLETED, Results
from tunedrop.report.summary import model_sentence, run_facts, shipped_hyperparameters
from tunedrop.report.tuning_summary import estimator_summaries, job_sentence
from tunedrop.verdict_words import verdict_words

# A comment on GitHub holds 65,536 characters; all training jobs are in trials.csv.
BEST_JOBS = 20
# What has a meaning inside a line; an underscore or a dollar only where GitHub gives it one.
_SPECIAL = re.compile(
    r"[\\`*{}\[\]<>|~]|(?<![^\W_])_|_(?![^\W_])|\$(?!\d)|&(?=[#\w])|^[-+#](?=\s|$)|(?<=^\d)[.)](?=\s|$)"
)
# GitHub makes links and mentions even behind a backslash: only an entity stops that.
_LINK = re.compile(r"@|(?:(?<=http)|(?<=https)|(?<=ftp)):|(?<=www)\.", re.IGNORECASE)


def report_md(results: Results) -> str:
    """Write the report as GitHub's Markdown; names are escaped, so that they stay mere text."""
    results = as_read(results)
    parts = [
        f"# {escape(results.dataset)}: {verdict_words(results.verdict).headline}",
        _bullets(f"**{escape(a.question)}** {escape(a.answer)}" for a in answers(results)),
        "## How good is it, and is it better than before?",
        _contenders(results),
        *_section("What to do next", [*advice(results), *results.warnings]),
        "## The model",
        escape(model_sentence(results)),
        _hyperparameters(results),
        _code(pipeline_code(results), "python"),
        _code(load_code(results), "python"),
        "## Training jobs",
        escape(job_sentence(results)),
        _estimators(results),
        *_section("What mattered", _importance(results), level=3),
        _best_jobs(results),
        *_failures(results),
        "## What it cost",
        _facts(cost_facts(results)),
        "## What was run",
        _facts(run_facts(results)),
        *_section("Decided without being told", list(results.decisions), level=3),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def escape(text: str, limit: int = 1000) -> str:
    r"""Return text that Markdown shows as it is, on one line: no markup, HTML, mention or link.

    Example
    -------
    >>> escape("a|b_c <b>*x*</b>")
    'a\\|b_c \\<b\\>\\*x\\*\\</b\\>'
    """
    line = _SPECIAL.sub(lambda match: "\\" + match.group(), wording.one_line(text, limit))
    return _LINK.sub(lambda match: f"&#{ord(match.group())};", line)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], numeric: Iterable[int] = ()) -> str:
    right = set(numeric)
    lines = [
        " | ".join(head),
        " | ".join("---:" if i in right else "---" for i in range(len(head))),
        *(" | ".join(row) for row in rows),
    ]
    return "\n".join(f"| {line} |" for line in lines)


def _contenders(results: Results) -> str:
    shown = contenders_chart(results).rows
    tested = any(row.test_score is not None for row in shown)
    rows = []
    for row in shown:
        label = escape(row.label)
        cells = [
            f"**{label}**" if row.kind == SHIPPED else label,
            escape(wording.score(row.mean)),
            escape(wording.interval(row.low, row.high)),
        ]
        if tested:
            cells.append(escape(wording.score(row.test_score)))
        rows.append([*cells, escape(row.note)])
    test = ("Test score",) if tested else ()
    head = ("Contender", escape(results.metric_words), "95 % interval", *test, "Note")
    return _table(head, rows, numeric=(1, 3) if tested else (1,))


def _hyperparameters(results: Results) -> str:
    rows = [
        (escape(row.name), escape(row.value), escape(row.range))
        for row in shipped_hyperparameters(results)
    ]
    return _table(("Hyperparameter", "Value", "Range searched"), rows) if rows else ""


def _estimators(results: Results) -> str:
    rows = [
        (
            escape(row.estimator),
            escape(wording.score(row.best)),
            escape(wording.score(row.median)),
            str(row.jobs),
            str(row.stopped),
            str(row.failed),
        )
        for row in estimator_summaries(results)
    ]
    head = ("Estimator", "Best", "Median", "Training jobs", "Stopped early", "Failed")
    return _table(head, rows, numeric=range(1, 6))


def _importance(results: Results) -> list[str]:
    """Say for each estimator which hyperparameters decided, and how far to trust that."""
    found = []
    for estimator in importance(results):
        first = ", ".join(f"{row.hyperparameter} {row.share:.0%}" for row in estimator.rows[:3])
        found.append(f"{estimator.estimator}: {first + '. ' if first else ''}{estimator.note}")
    return found


def _best_jobs(results: Results) -> str:
    completed = [
        job
        for job in results.training_jobs
        if job.status == COMPLETED and job.objective is not None
    ]
    completed.sort(key=lambda job: -results.sign * (job.objective or 0.0))
    if not completed:
        return ""
    rows = [
        (
            escape(job.name),
            escape(job.estimator),
            escape(wording.number(job.objective, 6)),
            escape(", ".join(f"{k}={v}" for k, v in sorted(job.hyperparameters.items())), 300),
        )
        for job in completed[:BEST_JOBS]
    ]
    table = _table(
        ("Training job", "Estimator", "Objective", "Hyperparameters"), rows, numeric=(2,)
    )
    title = f"The best {len(rows)} of {len(completed):,} completed training jobs"
    return f"<details><summary>{title}</summary>\n\n{table}\n\n</details>"


def _failures(results: Results) -> list[str]:
    lines = [
        f"{wording.count(failure.amount, 'job')} ({escape(', '.join(failure.estimators))}): "
        f"{escape(failure.reason, 400)}"
        for failure in failures(results)
    ]
    return ["## Failures", _bullets(lines)] if lines else []


def _section(title: str, sentences: list[str], level: int = 2) -> list[str]:
    if not sentences:
        return []
    return [f"{'#' * level} {title}", _bullets(escape(sentence) for sentence in sentences)]


def _facts(facts: Iterable[tuple[str, str]]) -> str:
    return _bullets(f"**{name}:** {escape(value)}" for name, value in facts if value)


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _code(code: str, language: str) -> str:
    """Fence code; a longer fence than any inside keeps it closed."""
    if not code:
        return ""
    longest = max((len(run) for run in re.findall(r"`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{code.rstrip()}\n{fence}"
