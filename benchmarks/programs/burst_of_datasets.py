"""Lets many datasets have their runs at once on a local AWS, and checks what became of them.

`burst_of_datasets.py WORKSPACE COUNT`. Prints the seconds from the first to the last moment, and
those for each dataset.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from tests.support.bursts import Burst
from tests.support.deployed import deployed

# Of one run, on a machine that does other things, too.
SECONDS = 60


def main() -> None:
    """Run one dataset first: it starts the Lambdas, and is what the instant jobs repeat."""
    count = int(sys.argv[2])
    with deployed(Path(sys.argv[1]), heartbeat_seconds=900) as deployment:
        with deployment.conditions(instant_jobs=True):
            first = Burst(deployment, "first", 1)
            first.drop()
            first.wait(SECONDS * 5)
        burst = Burst(deployment, "burst", count)
        with deployment.conditions(instant_jobs=True):
            started = time.monotonic()
            burst.drop()
            burst.wait(SECONDS * (5 + count))
            seconds = time.monotonic() - started
        burst.check()
    print(json.dumps({"seconds": seconds, "seconds_each": seconds / count}))


if __name__ == "__main__":
    main()
