"""What axe-core finds wrong with the accessibility of a page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.support.browser.pages import Opened

# WCAG 2.2 at level AA, and axe's own best practices: headings in order, landmarks, ...
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_AXE = Path(__file__).parents[3] / "node_modules" / "axe-core" / "axe.min.js"


def barriers(opened: Opened) -> list[str]:
    """Return what keeps people out of the page: the rule, and the elements that break it.

    axe is evaluated by the browser's own tools, which the page's policy does not bind.
    """
    page = opened.page
    page.evaluate(_AXE.read_text(encoding="utf-8") + "; undefined")
    found: dict[str, Any] = page.evaluate(
        "(tags) => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", RULES
    )
    return [
        f"{rule['id']} ({rule['impact']}): {rule['help']}: {node['html'][:160]}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]
