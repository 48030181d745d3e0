"""Runs a command and leaves what it used as JSON in a file: time, CPU time, peak memory.

A process counts its parent's memory as its own until it starts its program. This parent is small.
"""

import json
import os
import sys
import time

result, *command = sys.argv[1:]
started = time.perf_counter()
process = os.posix_spawnp(command[0], command, os.environ)
_, status, usage = os.wait4(process, 0)
seconds = time.perf_counter() - started
with open(result, "w", encoding="utf-8") as file:
    json.dump(
        {
            "code": os.waitstatus_to_exitcode(status),
            "wall_seconds": seconds,
            "cpu_seconds": usage.ru_utime + usage.ru_stime,
            "peak_bytes": usage.ru_maxrss * 1024,
        },
        file,
    )
