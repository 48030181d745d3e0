"""Every test that docs/fidelity.md names in its details exists, as those of its rows do."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"`(?P<file>test_\w+\.py)::(?P<test>\w+)`")


def test_every_test_that_the_details_of_the_page_name_exists() -> None:
    page = (ROOT / "docs/fidelity.md").read_text("utf-8")
    named = NAMED.findall(page)
    assert len(named) > 40
    for file, test in named:
        sources = "".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob(file))
        assert re.search(rf"^ *(?:def|class) {test}\b", sources, re.MULTILINE), f"{file}::{test}"
