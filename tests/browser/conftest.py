"""A real Chromium, and pages opened in it.

A machine without a browser skips these tests and says so; with TUNEDROP_BROWSER=required, as on the
build server, they fail there.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.support.browser.pages import Open, Pages

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


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = next((candidate for name in NAMES if (candidate := shutil.which(name))), None)
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
