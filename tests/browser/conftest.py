"""A real Chromium, and pages opened in it.

A machine without a browser skips these tests and says so; with TUNEDROP_BROWSER=required, as on the
build server, they fail there.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

pytest.register_assert_rewrite("tests.support.browser.layout")

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ARGUMENTS = [
    "--no-sandbox",  # a container has no user namespaces to make one of
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
THEMES = ("light", "dark")
WIDTHS = {"phone": 360, "laptop": 1280, "print": 718}  # print: A4 less its margins


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
        found = Opened(context.new_page())
        found.page.set_default_timeout(120_000)
        found.page.on("console", lambda message: found.messages.append(message.text))
        found.page.on("pageerror", lambda error: found.messages.append(str(error)))
        found.page.on("request", lambda request: found.requests.append(request.url))
        if before:
            context.add_init_script(before)
        if width == "print":
            found.page.emulate_media(media="print")
        found.page.goto(file.as_uri())
        if b"<script" in content:
            found.page.locator("html[data-ready=yes]").wait_for(state="attached")
        return found


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        reason = f"There is no browser on this machine (looked for {', '.join(NAMES)})."
        if os.environ.get("TUNEDROP_BROWSER") == "required":
            pytest.fail(reason)
        pytest.skip(f"{reason} On Debian: apt-get install chromium.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser, tmp_path: Path) -> Iterator[Open]:
    """Open pages that are closed after the test."""
    with Pages(chromium, tmp_path) as pages:
        yield pages.open
