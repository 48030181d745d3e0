"""The charts' JavaScript: bundled at build time, read at run time."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from tunedrop.report import javascript


def test_the_bundle_is_no_larger_than_a_page_can_carry() -> None:
    bundle = javascript.read()
    assert "window.vegaEmbed" in bundle
    assert len(bundle) < 1_000_000


def test_a_lambda_reads_its_bundle_and_has_no_bundler(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_installed(name: str) -> str:
        raise PackageNotFoundError(name)

    (tmp_path / javascript.BUNDLE).write_text("window.vegaEmbed = 1")
    monkeypatch.setattr(javascript, "__file__", str(tmp_path / "javascript.py"))
    monkeypatch.setattr(javascript, "version", not_installed)
    javascript.read.cache_clear()
    try:
        assert javascript.read() == "window.vegaEmbed = 1"
    finally:
        javascript.read.cache_clear()
