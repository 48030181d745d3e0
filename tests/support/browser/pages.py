"""Pages opened in a real Chromium: what its reader sees and selects, and what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

THEMES = ("light", "dark")
WIDTHS = {"phone": 360, "laptop": 1280, "print": 718}  # print: A4 less its margins
_FAULTS = Path(__file__).with_name("faults.js").read_text(encoding="utf-8")
# WCAG 2.2 at level AA, and axe's own best practices: headings in order, landmarks, ...
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_AXE = Path(__file__).parents[3] / "node_modules" / "axe-core" / "axe.min.js"
_MARKS = Path(__file__).with_name("marks.js").read_text(encoding="utf-8")


@dataclass
class Opened:
    """A page that has been opened, and what it said and asked for."""

    page: Page
    messages: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def texts(self, selector: str) -> list[str]:
        """Return the visible text of all elements."""
        return [text.strip() for text in self.page.locator(selector).all_inner_texts()]


Open = Callable[..., Opened]


class Pages:
    """Opens HTML from files, as people do, at a width and in a theme; closes all in the end."""

    def __init__(self, browser: Browser, folder: Path) -> None:
        self._browser, self._folder = browser, folder
        self._contexts: list[BrowserContext] = []

    def __enter__(self) -> Pages:
        return self

    def __exit__(self, *error: object) -> None:
        for context in self._contexts:
            context.close()

    def open(
        self,
        html: str | bytes,
        width: str = "laptop",
        theme: str = "light",
        before: str = "",
        *,
        touch: bool = False,
    ) -> Opened:
        """Open a page and wait until its script has drawn everything, if it has one.

        `before` is JavaScript that runs before the page's own.
        """
        content = html if isinstance(html, bytes) else html.encode()
        file = self._folder / f"page-{len(self._contexts)}.html"
        file.write_bytes(content)
        context = self._browser.new_context(
            viewport={"width": WIDTHS[width], "height": 800},
            color_scheme="dark" if theme == "dark" else "light",
            has_touch=touch,
            permissions=["clipboard-read", "clipboard-write"],
        )
        self._contexts.append(context)
        opened = Opened(context.new_page())
        opened.page.set_default_timeout(120_000)
        opened.page.on("console", lambda message: opened.messages.append(message.text))
        opened.page.on("pageerror", lambda error: opened.messages.append(str(error)))
        opened.page.on("request", lambda request: opened.requests.append(request.url))
        if before:
            context.add_init_script(before)
        if width == "print":
            opened.page.emulate_media(media="print")
        opened.page.goto(file.as_uri())
        if b"<script" in content:
            opened.page.locator("html[data-ready=yes]").wait_for(state="attached")
        return opened


def marks(opened: Opened, chart: str = "chart-time") -> list[dict[str, Any]]:
    """Return the marks of a chart's training jobs, with their places in the window."""
    opened.page.wait_for_timeout(200)  # views are drawn after the signal
    placed: list[dict[str, Any]] = opened.page.locator(f"#{chart}").evaluate(_MARKS)
    return placed


def selected(opened: Opened, chart: str) -> set[int]:
    """Return what stands out in a chart; everything when nothing is selected."""
    return {mark["number"] for mark in marks(opened, chart) if mark["opacity"] > 0.2}


def faults(opened: Opened) -> list[str]:
    """Return what sticks out of the page or of its place, is cut off, or lies on something else."""
    descriptions: list[str] = opened.page.evaluate(_FAULTS)
    return descriptions


def barriers(opened: Opened) -> list[str]:
    """Return what keeps people out of the page: the rule, and the elements that break it.

    axe is evaluated by the browser's own tools, which the page's policy does not bind.
    """
    page = opened.page
    page.evaluate(_AXE.read_text(encoding="utf-8") + "; undefined")
    report: dict[str, Any] = page.evaluate(
        "(tags) => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", RULES
    )
    return [
        f"{rule['id']} ({rule['impact']}): {rule['help']}: {node['html'][:160]}"
        for rule in report["violations"]
        for node in rule["nodes"]
    ]
