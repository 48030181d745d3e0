"""No container outlives its server, even one that was killed.

Run as a program, by file path and with the standard library alone: waits until its standard input
closes, which the server holds open, then removes the containers that have the server's label,
unless the server said that there are none. The server does the same when it starts, should the
guard have been killed with it.

    python -P container_guard.py ENGINE LABEL
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time

NOTHING_LEFT = b"nothing left"

# A container that was just asked for when the server died appears a moment later.
_LOOKS = 3
_SECONDS_BETWEEN = 1.0
_CALL_SECONDS = 60.0


def remove_all(program: str, label: str, environment: dict[str, str] | None = None) -> list[str]:
    """Kill and remove all containers with a label; return their ids."""

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - the engine that the server was started with
            [program, *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_CALL_SECONDS,
            check=False,
        )

    listed = call("ps", "--all", "--quiet", "--no-trunc", f"--filter=label={label}")
    if listed.returncode:
        raise RuntimeError(f"`{program} ps` failed: {listed.stderr.strip()}")
    found = listed.stdout.split()
    if found:
        # One that has ended meanwhile is an error of `kill`, and removed all the same.
        call("kill", "--signal=KILL", *found)
        call("rm", "--force", *found)
    return found


def main(program: str, label: str) -> None:
    """Wait for the server's end, then remove what it has left."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        # They are meant for the server, whose end is told by the pipe.
        signal.signal(number, signal.SIG_IGN)
    if sys.stdin.buffer.read() == NOTHING_LEFT:
        return
    for look in range(_LOOKS):
        if look:
            time.sleep(_SECONDS_BETWEEN)
        remove_all(program, label)


if __name__ == "__main__":
    main(*sys.argv[1:])
