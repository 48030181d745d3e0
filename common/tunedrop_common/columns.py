"""Where a column stops being numbers or categories."""

from __future__ import annotations

from typing import Final

# More distinct words than this are text rather than categories, or not one column each.
MANY_CATEGORIES: Final = 30

# Of a column of numbers, at most this share of other words counts as missing.
STRAY_SHARE: Final = 0.05
