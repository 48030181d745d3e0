"""The program inside of the training interpreter: forks a child for each training job.

Run by file path with the standard library alone, so that nothing of the server is imported into a
training job. `interpreter.py` starts it and is the other side of its socket:

    python -P training_interpreter.py FD MODULE ...

imports the modules, then takes requests: one byte with three open files, which are the request as
JSON, where the job's output goes, and where its process id and its end are reported. When the
server closes the socket, the interpreter ends, and the kernel kills its training jobs.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import sys
import tempfile
import threading
import traceback
from typing import Any

_PR_SET_PDEATHSIG = 1

# Training jobs take all cores; the server and its clients go first, and soon sleep again.
_NICENESS = 10


def main() -> None:
    """Import what training jobs need, then fork them until the server is gone."""
    server = socket.socket(fileno=int(sys.argv[1]))
    for name in sys.argv[2:]:
        # What is missing here is imported, or missed, by the job itself.
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    # Collected once, then never looked at again: children share the pages.
    gc.collect()
    gc.freeze()
    # The kernel reaps the watchers.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        message, descriptors, _, _ = socket.recv_fds(server, 1, 3)
        if not message:
            return
        parent = os.getpid()
        if os.fork() == 0:
            server.close()
            _watch(parent, *descriptors)
        for descriptor in descriptors:
            os.close(descriptor)


def _watch(parent: int, request: int, output: int, report: int) -> None:
    """Fork a training job, wait for its end, kill what it left behind, and report the end."""
    _die_with(parent)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    watcher, pid = os.getpid(), os.fork()
    if pid == 0:
        _die_with(watcher)
        os.setsid()
        os.write(report, b"%d\n" % os.getpid())
        os.close(report)
        _become_job(request, output)
    os.close(output)
    _, status, usage = os.wait4(pid, 0)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    with contextlib.suppress(BrokenPipeError):
        os.write(report, b"%d %d\n" % (os.waitstatus_to_exitcode(status), usage.ru_maxrss << 10))
    os._exit(0)


def _become_job(request: int, output: int) -> None:
    """Make a fork like a new interpreter, run the job, and exit."""
    code = 1
    try:
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.close(output)
        atexit._clear()
        tempfile.tempdir = None
        if "numpy" in sys.modules:
            # Otherwise all forks would draw the same "random" numbers.
            sys.modules["numpy"].random.seed()
        with open(request, encoding="utf-8") as file:
            content = json.load(file)
        code = _run(content)
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        # Without the teardown of hundreds of imported modules.
        os._exit(code)


def _run(request: dict[str, Any]) -> int:
    """Run the entry point as `python -m` would; returns its exit code."""
    os.nice(_NICENESS)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    sys.path[:0] = request["python_path"]
    sys.argv = [request["module"], "train"]
    # Libraries loaded before the fork have read their environment already.
    if request["threads"] != 1 and "threadpoolctl" in sys.modules:
        sys.modules["threadpoolctl"].threadpool_limits(limits=request["threads"])
    try:
        runpy.run_module(request["module"], run_name="__main__", alter_sys=True)
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        return end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def _die_with(parent: int) -> None:
    """Make the kernel kill this process when its parent dies, even of SIGKILL."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


if __name__ == "__main__":
    main()
