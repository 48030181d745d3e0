"""What is wrong with a page as a browser lays it out: what sticks out, what lies on what."""

from __future__ import annotations

from pathlib import Path

from tests.support.browser.pages import Opened

_FAULTS = Path(__file__).with_name("faults.js").read_text(encoding="utf-8")


def faults(opened: Opened) -> list[str]:
    """Return what sticks out of the page or of its place, is cut off, or lies on something else."""
    found: list[str] = opened.page.evaluate(_FAULTS)
    return found


def assert_sound(opened: Opened) -> None:
    """A page says nothing to the console, asks for nothing, and has a sound layout."""
    assert opened.messages == []
    assert len(opened.requests) == 1, opened.requests
    assert faults(opened) == []
