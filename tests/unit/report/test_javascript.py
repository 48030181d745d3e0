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


def test_the_build_writes_the_bundle_whole_where_it_is_told(tmp_path: Path) -> None:
    output = tmp_path / "asset" / "vega.js"
    javascript.write(output)
    assert output.read_text(encoding="utf-8") == javascript.read()
    assert [path.name for path in output.parent.iterdir()] == ["vega.js"]


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


def test_a_broken_cache_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(javascript, "CACHE", tmp_path)
    javascript.read.cache_clear()
    before = javascript.read()
    (cached,) = tmp_path.iterdir()
    cached.write_text("half a fi", encoding="utf-8")
    javascript.read.cache_clear()
    assert javascript.read() == before
