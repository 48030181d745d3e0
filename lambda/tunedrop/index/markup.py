"""HTML for the index pages: a shell closed to the network, tables, and how numbers are written.

Text is escaped where it enters (`text`), and the pages have no script at all.
"""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from urllib.parse import quote

from tunedrop import wording
from tunedrop.index.records import RunEntry
from tunedrop.wording import verdict_words
from tunedrop_common.data_text import escape


def text(value: object) -> str:
    """Return a value as text that HTML shows as it is."""
    return html.escape(escape(str(value), 500), quote=True)


def outcome(entry: RunEntry) -> str:
    """Return how a run ended, in a few words: its verdict, or what failed."""
    if entry.outcome == "failed":
        return f'<span class="bad">Failed: {text(entry.error)}</span>'
    verdict = verdict_words(entry.verdict)
    return f'<span class="{"good" if verdict.good else "bad"}">{text(verdict.short)}</span>'


def link(target: str, words: str) -> str:
    """Return a link to a key of the bucket, relative to index/."""
    return f'<a href="../{quote(target)}">{text(words)}</a>'


def document(title: str, *body: str) -> bytes:
    """Return a whole page. Nothing can be loaded, sent or run."""
    style = _style()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    page = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f'<title>{text(title)}</title>\n<link rel="icon" href="data:,">\n'
        f"<style>{style}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(part for part in body if part)
        + "\n</main>\n</body>\n</html>\n"
    )
    return page.encode("utf-8", errors="xmlcharrefreplace")


def table(head: Sequence[str], rows: Iterable[Sequence[str]], numeric: Iterable[int] = ()) -> str:
    """Return a table of cells that are HTML already; the first of each row names the row."""
    right = {index: ' class="n"' for index in numeric}
    titles = "".join(
        f'<th scope="col"{right.get(index, "")}>{title}</th>' for index, title in enumerate(head)
    )
    lines = "".join(
        "<tr>"
        + "".join(
            f'<th scope="row">{cell}</th>'
            if index == 0
            else f"<td{right.get(index, '')}>{cell}</td>"
            for index, cell in enumerate(row)
        )
        + "</tr>\n"
        for row in rows
    )
    return (
        f'<div class="scroll" tabindex="0"><table>\n<thead><tr>{titles}</tr></thead>\n'
        f"<tbody>\n{lines}</tbody>\n</table></div>"
    )


def number(value: float | None) -> str:
    """Return a score as people read it; "" for none."""
    return "" if value is None else wording.score(value)


def moment(iso: str) -> str:
    """Return an ISO time to the minute; times of the index are UTC."""
    return text(iso[:16].replace("T", " "))


@cache
def _style() -> str:
    return Path(__file__).with_name("page.css").read_text(encoding="utf-8")
