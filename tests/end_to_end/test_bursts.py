"""Many datasets at once: each has its one run, and the deployment's limit holds all the while.

`benchmarks/burst.py` does the same with more of them.
"""

from __future__ import annotations

import pytest

from tests.support.bursts import Burst
from tests.support.deployed import Deployment

# Of one run in a burst, on a machine that is busy with other tests, too.
SECONDS = 60
# Events and messages twice and late.
UNRELIABLE = {
    "repeated_events": 0.5,
    "late_events": 0.5,
    "late_seconds": 8,
    "repeated_messages": 0.5,
    "seed": 2,
}


@pytest.mark.slow
def test_a_burst_whose_mail_is_late_and_twice_is_one_run_each(
    deployment: Deployment,
) -> None:
    burst = Burst(deployment, "unreliable", 20)
    with deployment.conditions(**UNRELIABLE, instant_jobs=True):
        burst.drop()
        burst.wait(20 * SECONDS)
        # What is late is over by then.
        deployment.send({"reconcile": True})
        burst.wait_for_calm()
    burst.check()
