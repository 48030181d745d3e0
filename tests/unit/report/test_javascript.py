"""The charts' JavaScript: bundled at build time, read at run time."""

from __future__ import annotations

from pathlib import Path

import pytest

from tunedrop.report import javascript


def test_the_bundle_is_made_once_and_no_larger_than_a_page_can_carry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = javascript.read()
    monkeypatch.setattr(javascript, "CACHE", tmp_path)
    javascript.read.cache_clear()
    assert javascript.read() == bundle
    (cached,) = tmp_path.iterdir()
    assert cached.read_text(encoding="utf-8") == bundle
    assert "window.vegaEmbed" in bundle
    assert len(bundle) < 1_000_000
