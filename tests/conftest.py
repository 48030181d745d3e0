"""What all tests need of the process that runs them, and how they share the machine's two cores."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

# The suites whose tests share a server or a synthesized stack; the longest first.
TOGETHER = ("end_to_end", "conformance", "infrastructure")

# It looks at all that the other modules of its suite have made happen.
LAST_OF_ITS_SUITE = "test_permissions.py"


def pytest_configure() -> None:
    """Let tests interrupt what they start, and leave each other the cores.

    A shell without job control starts its background commands with SIGINT ignored, and everything
    that they start inherits that. OpenBLAS takes all cores in each process, for any small matrix;
    it reads this when numpy is imported.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)  # before xdist, which reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep each suite that shares something on one worker, and begin with the longest."""
    for item in items:
        if (suite := suite_of(item)) in TOGETHER:
            item.add_marker(pytest.mark.xdist_group(suite))
    items.sort(key=order)


def suite_of(item: pytest.Item) -> str:
    return item.path.relative_to(Path(__file__).parent).parts[0]


def order(item: pytest.Item) -> tuple[int, bool]:
    suite = suite_of(item)
    place = TOGETHER.index(suite) if suite in TOGETHER else len(TOGETHER)
    return place, item.path.name == LAST_OF_ITS_SUITE
