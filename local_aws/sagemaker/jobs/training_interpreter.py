"""The program inside a training interpreter: serves forks, or runs one training job and ends.

Run by file path with the standard library alone, so that nothing of the server is imported into a
training job. `interpreters.py` starts it and speaks the other side of its protocol.

    python -P training_interpreter.py serve FD MODULE ...   one JSON line in, a fork out
    python -P training_interpreter.py run REQUEST FD        one training job

FD is a socket or a pipe that only the server holds open: when it closes, all training jobs die.
"""

from __future__ import annotations

import array
import atexit
import contextlib
import ctypes
import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import sys
import tempfile
import threading
import time
import traceback
from typing import Any

_PR_SET_PDEATHSIG = 1
_LARGEST_MESSAGE = 1 << 16

# Training jobs take all cores; the server and its clients go first, and soon sleep again.
_NICENESS = 10


def main() -> None:
    """Serve or run, as the command line says."""
    if sys.argv[1] == "serve":
        _Forks(socket.socket(fileno=int(sys.argv[2])), sys.argv[3:]).serve()
    elif sys.argv[1] == "run":
        _end_when_closed(int(sys.argv[3]))
        sys.exit(_run(_read(sys.argv[2])))


class _Forks:
    """Forks a child for each request; answers with its process id, then with its exit code."""

    def __init__(self, server: socket.socket, preload: list[str]) -> None:
        self.server = server
        self.received = b""
        self.outputs: list[int] = []
        self.running: dict[int, str] = {}
        self.preloaded = time.time()
        for name in preload:
            # The preload list is a wish: what is missing is imported, or missed, by the job itself.
            with contextlib.suppress(Exception):
                importlib.import_module(name)
        # Collected once, then never looked at again: children share the pages.
        gc.collect()
        gc.freeze()

    def serve(self) -> None:
        """Work until the server closes its end."""
        ended, ended_writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(ended_writer, warn_on_full_buffer=False)
        self.inherited = (self.server.fileno(), ended, ended_writer)
        selector = selectors.DefaultSelector()
        selector.register(self.server, selectors.EVENT_READ)
        selector.register(ended, selectors.EVENT_READ)
        self.answer({"ready": os.getpid()})
        while True:
            for key, _ in selector.select():
                if key.fd == ended:
                    os.read(ended, 4096)
                    self.reap()
                elif not self.receive():
                    self.kill_all()
                    return

    def receive(self) -> bool:
        """Take in requests; False when the server is gone."""
        try:
            data, ancillary, _, _ = self.server.recvmsg(
                _LARGEST_MESSAGE, socket.CMSG_SPACE(64 * array.array("i").itemsize)
            )
        except ConnectionError:
            return False
        for level, kind, content in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                self.outputs.extend(array.array("i", content))
        self.received += data
        *lines, self.received = self.received.split(b"\n")
        for line in lines:
            self.obey(json.loads(line))
        return bool(data)

    def obey(self, message: dict[str, Any]) -> None:
        """Fork, or signal a fork's process group."""
        if "signal" in message:
            pids = [pid for pid, name in self.running.items() if name == message["job"]]
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, message["signal"])
            return
        output = self.outputs.pop(0)
        pid = self.fork(message["request"], output)
        os.close(output)
        self.running[pid] = message["job"]
        self.answer({"job": message["job"], "pid": pid})

    def fork(self, request: str, output: int) -> int:
        """Start a child in a session of its own; returns when it has got one."""
        ready, ready_writer = os.pipe()
        parent, pid = os.getpid(), os.fork()
        if pid == 0:
            os.close(ready)
            _die_with_parent(parent)
            os.setsid()
            os.close(ready_writer)
            for descriptor in (*self.inherited, *self.outputs):
                os.close(descriptor)
            _become_child(request, output, self.preloaded)
        os.close(ready_writer)
        os.read(ready, 1)
        os.close(ready)
        return pid

    def reap(self) -> None:
        """Tell the server about the children that ended, and kill what they left behind."""
        for pid in list(self.running):
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                continue
            # Before it is reaped its number cannot be another's.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            _, status, usage = os.wait4(pid, 0)
            code = os.waitstatus_to_exitcode(status)
            peak = usage.ru_maxrss << 10
            self.answer({"job": self.running.pop(pid), "exit": code, "peak_memory": peak})

    def kill_all(self) -> None:
        """Leave nothing behind."""
        for pid in self.running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)

    def answer(self, message: dict[str, Any]) -> None:
        """Send one line to the server, if it still listens."""
        with contextlib.suppress(ConnectionError):
            self.server.sendall(json.dumps(message).encode() + b"\n")


def _become_child(request: str, output: int, preloaded: float) -> None:
    """Turn a fresh fork into what a new interpreter would be, run the job, and exit."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.close(output)
        atexit._clear()
        tempfile.tempdir = None
        if "numpy" in sys.modules:
            # Otherwise all forks would draw the same "random" numbers.
            sys.modules["numpy"].random.seed()
        content = _read(request)
        _forget_edited(content["python_path"], preloaded)
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
    sys.argv = [request["module"], *request["arguments"]]
    _limit_threads(request["threads"])
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


def _forget_edited(folders: list[str], preloaded: float) -> None:
    """Have the container's own modules imported anew if one was edited since they were imported."""
    files = {name: getattr(module, "__file__", None) or "" for name, module in sys.modules.items()}
    own = {name: file for name, file in files.items() if file.startswith(tuple(folders))}
    if any(os.stat(file).st_mtime > preloaded for file in own.values() if os.path.exists(file)):
        for name in own:
            del sys.modules[name]


def _limit_threads(threads: int) -> None:
    # Libraries loaded before the fork have read their environment already.
    if threads != 1 and "threadpoolctl" in sys.modules:
        sys.modules["threadpoolctl"].threadpool_limits(limits=threads)


def _die_with_parent(parent: int) -> None:
    """Let the kernel kill this process when the serving one dies, even of SIGKILL."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def _end_when_closed(descriptor: int) -> None:
    """Kill this process group when the server is gone."""

    def watch() -> None:
        os.read(descriptor, 1)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


def _read(path: str) -> dict[str, Any]:
    with open(path, encoding="utf-8") as file:
        return dict(json.load(file))


if __name__ == "__main__":
    main()
