"""What all tests need of the process that runs them, and how they share the machine's two cores."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

# The suites whose tests share a server or a synthesized stack; the longest first.
TOGETHER = ("end_to_end", "conformance", "infrastructure")

# It looks at all that the other modules of its suite have made happen.
LAST_OF_ITS_SUITE = "test_permissions.py"

# Examples enough to find what a change breaks, in a test run that people wait for. No deadline and
# no complaint about slow data: the machine may be busy with other tests.
settings.register_profile(
    "tunedrop", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("tunedrop")


def pytest_configure() -> None:
    """Let tests interrupt what they start, and leave each other the cores.

    A shell without job control starts its background commands with SIGINT ignored, and everything
    that they start inherits that. OpenBLAS takes all cores in each process, for any small matrix;
    it reads this when numpy is imported.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


class SuiteScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Sends each suite that shares something to one worker, and all other tests module by module.

    xdist's own loadgroup does nothing since pytest 9.2: it adds the group to a test's id, which
    is fixed by now.
    """

    def _split_scope(self, nodeid: str) -> str:
        module = Path(nodeid.partition("::")[0])
        return module.parts[1] if module.parts[1] in TOGETHER else str(module)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> SuiteScheduling:
    return SuiteScheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the suites that take longest."""
    items.sort(key=order)


def order(item: pytest.Item) -> tuple[int, bool]:
    suite = item.path.relative_to(Path(__file__).parent).parts[0]
    place = TOGETHER.index(suite) if suite in TOGETHER else len(TOGETHER)
    return place, item.path.name == LAST_OF_ITS_SUITE
