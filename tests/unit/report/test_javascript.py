"""The charts' JavaScript: bundled at build time, checked, read at run time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tunedrop.report import javascript


def test_the_bundle_is_no_larger_than_a_page_can_carry() -> None:
    text = javascript.read()
    javascript.check(text)
    assert len(text) < 1_000_000


def test_what_is_no_bundle_is_refused() -> None:
    with pytest.raises(ValueError, match="bundle"):
        javascript.check("var a")


def test_the_command_says_how_to_use_it() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tunedrop.report.javascript"],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[3] / "lambda",
        check=False,
    )
    assert done.returncode != 0
    assert "usage" in done.stderr


def test_a_broken_cache_is_made_again_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = javascript.read()
    (cached,) = javascript.CACHE.glob("vega-*.js")
    (tmp_path / cached.name).write_text("half a fi", encoding="utf-8")
    monkeypatch.setattr(javascript, "CACHE", tmp_path)
    javascript.read.cache_clear()
    assert javascript.read() == bundle
    assert [path.name for path in tmp_path.iterdir()] == [cached.name]
    assert (tmp_path / cached.name).read_text(encoding="utf-8") == bundle
