"""python -m tiny_trainer train: behaves as the hyperparameter `behaviour` says."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

BASE = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))
HYPERPARAMETERS = json.loads((BASE / "input/config/hyperparameters.json").read_text())


def number(name: str, default: float) -> float:
    return float(HYPERPARAMETERS.get(name, default))


def score() -> None:
    """Emit an objective that is best at x = 0.3, epoch by epoch."""
    value = 1 - (number("x", 0.3) - 0.3) ** 2
    for epoch in range(1, int(number("epochs", 1)) + 1):
        emit(value * (1 - 0.1 / epoch) if "epochs" in HYPERPARAMETERS else value)
        time.sleep(number("seconds", 0))
    (BASE / "model" / "model.txt").write_text("a model")


def emit(value: float) -> None:
    print(f"epoch done objective={value!r}; other={value / 3!r};")


def hang_when_poor() -> None:
    score()
    if number("x", 0.3) > 1:
        time.sleep(600)


def fail() -> None:
    (BASE / "output" / "failure").write_text("The column 'petal' is missing.\n\nTraceback: ...")
    sys.exit(1)


def wait() -> None:
    """Run until SIGTERM, then leave a model behind."""

    def end(*_: object) -> None:
        (BASE / "model" / "checkpoint.txt").write_text("stopped in time")
        sys.exit(0)

    signal.signal(signal.SIGTERM, end)
    emit(0.5)
    time.sleep(600)


def ignore_sigterm() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    emit(0.5)
    time.sleep(600)


def leave_a_child() -> None:
    """End while a child of its own holds standard output open."""
    subprocess.Popen(["sleep", HYPERPARAMETERS["child_sleeps"]])  # noqa: S607
    emit(0.5)


def wait_with_a_child() -> None:
    subprocess.Popen(["sleep", "617"])  # noqa: S607
    wait()


def inspect() -> None:
    """Report everything that the container was given."""
    files = {
        str(path.relative_to(BASE)): path.read_text()
        for path in sorted(BASE.rglob("*"))
        if path.is_file()
    }
    folders = [str(path.relative_to(BASE)) for path in sorted(BASE.rglob("*")) if path.is_dir()]
    content = {
        "files": files,
        "folders": folders,
        "environment": dict(os.environ),
        "base": str(BASE),
        "arguments": sys.argv[1:],
        "session": os.getsid(0) == os.getpid(),
        "niceness": os.nice(0),
    }
    (BASE / "output" / "data" / "inspected.json").write_text(json.dumps(content))
    emit(0.5)


def divide_by_zero() -> None:
    print(1 / number("nothing", 0))


def emit_twice() -> None:
    emit(0.25)
    emit(0.6545940041542053 + 1e-10)


BEHAVIOURS: dict[str, Callable[[], None]] = {
    "score": score,
    "hang_when_poor": hang_when_poor,
    "fail": fail,
    "wait": wait,
    "ignore_sigterm": ignore_sigterm,
    "leave_a_child": leave_a_child,
    "wait_with_a_child": wait_with_a_child,
    "inspect": inspect,
    "raise": divide_by_zero,
    "infinite": lambda: print("objective=1e999; other=nan;"),
    "twice": emit_twice,
}

BEHAVIOURS[HYPERPARAMETERS.get("behaviour", "score")]()
