"""report.md: the page's content as text, for chats, pull requests and terminals."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import jinja2

from tunedrop import wording
from tunedrop.report.charts.column_importance import importance_rows
from tunedrop.report.charts.hyperparameter_importance import importance_shares
from tunedrop.report.content import content
from tunedrop.report.display_values import to_display_values
from tunedrop.report.results import Results
from tunedrop.report.sections.section_text import digits
from tunedrop.report.tables import TextTable, make_table

# Of a table: a comment on GitHub holds 65,536 characters.
MOST_LINES = 30
# What has a meaning inside a line; an underscore or a dollar only where GitHub gives it one.
_SPECIAL = re.compile(
    r"[\\`*{}\[\]<>|~]|(?<![^\W_])_|_(?![^\W_])|\$(?!\d)|&(?=[#\w])|^[-+#](?=\s|$)|(?<=^\d)[.)](?=\s|$)"
)
# GitHub makes links and mentions even behind a backslash: only an entity stops that.
_LINK = re.compile(r"@|(?:(?<=http)|(?<=https)|(?<=ftp)):|(?<=www)\.", re.IGNORECASE)


class _Markdown(str):
    """Text that is Markdown already; the template escapes all other."""

    __slots__ = ()


def report_md(results: Results) -> str:
    """Write the report as GitHub's Markdown; names are escaped, so that they stay mere text."""
    results = to_display_values(results)
    return _template().render(
        **content(results),
        columns=_importance_of_columns(results),
        hyperparameter_importance=_importance_of_hyperparameters(results),
    )


def escape(text: str, limit: int = 1000) -> str:
    r"""Return text that Markdown shows as it is, on one line: no markup, HTML, mention or link.

    Example
    -------
    >>> escape("a|b_c <b>*x*</b>")
    'a\\|b_c \\<b\\>\\*x\\*\\</b\\>'
    """
    line = _SPECIAL.sub(lambda match: "\\" + match.group(), wording.one_line(text, limit))
    return _LINK.sub(lambda match: f"&#{ord(match.group())};", line)


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(  # noqa: S701  (Markdown, not HTML: `finalize` escapes)
        undefined=jinja2.StrictUndefined,
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        finalize=lambda value: value if isinstance(value, _Markdown) else escape(str(value)),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "plural": wording.count,
        "table": _table,
        "short": lambda text, limit: _Markdown(escape(text, limit)),
        "fenced": _fenced,
        "code": _code,
    }
    return environment.get_template("report.md.jinja")


def _importance_of_hyperparameters(results: Results) -> list[tuple[str, str]]:
    """Return estimators with the shares of their most important hyperparameters."""
    shares = {key: importance_shares(results, plan) for key, plan in results.estimators.items()}
    return [
        (key, ", ".join(f"{name} {share:.0%}" for name, share in list(of_names.items())[:3]))
        for key, of_names in shares.items()
        if of_names
    ]


def _importance_of_columns(results: Results) -> TextTable | None:
    """Return the most important columns, with how much."""
    learned = results.confirm.explanation.learned
    rows = importance_rows(learned.importance if learned else ())
    table = make_table(
        rows,
        ("Columns", lambda row: row["columns"]),
        ("Worse by", lambda row: digits(row["drop"])),
        ("95% CI", lambda row: wording.interval((row["low"], row["high"]), digits)),
        ("Importance", lambda row: row["kind"]),
        numeric=(1,),
    )
    return table if rows else None


def _table(table: TextTable) -> _Markdown:
    """Return a table's first lines; the row that stands out begins in bold."""
    lines = [
        [escape(title) for title in table.titles],
        ["---:" if place in table.numeric else "---" for place in range(len(table.titles))],
    ]
    for number, row in enumerate(table.rows[:MOST_LINES]):
        first, *cells = (escape(cell.replace("\n", "; ")) for cell in row)
        lines.append([f"**{first}**" if number == table.best else first, *cells])
    return _Markdown("\n".join(f"| {' | '.join(line)} |" for line in lines))


def _fenced(code: str, language: str) -> _Markdown:
    """Fence code; a longer fence than any inside keeps it closed."""
    fence = _longer_than_inside(code, "`" * 3)
    return _Markdown(f"{fence}{language}\n{code.rstrip()}\n{fence}")


def _code(code: str) -> _Markdown:
    """Return code inside a line."""
    fence = _longer_than_inside(code, "`")
    space = " " if "`" in code else ""
    return _Markdown(f"{fence}{space}{wording.one_line(code, 300)}{space}{fence}")


def _longer_than_inside(code: str, least: str) -> str:
    longest = max((len(run) for run in re.findall(r"`+", code)), default=0)
    return "`" * max(len(least), longest + 1)
