"""Training jobs in forks of an interpreter that has imported much of their code beforehand."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_aws.sagemaker.jobs.interpreter import (
    ContainerEntryPoint,
    Interpreter,
)

TRAINER = """
import os, sys, library
print(library.PID == os.getpid(), sys.argv[1:])
print("unfinished", end="")
sys.exit(3)
"""


@pytest.fixture
def interpreter(tmp_path: Path) -> Iterator[Interpreter]:
    for name, code in (("trainer", TRAINER), ("library", "import os\nPID = os.getpid()\n")):
        (tmp_path / f"{name}.py").write_text(code)
    entry_point = ContainerEntryPoint(
        module="trainer", python_path=(tmp_path,), preload=("no_such_module", "library")
    )
    interpreter = Interpreter(entry_point, grace_seconds=1)
    yield interpreter
    interpreter.close()


def run(interpreter: Interpreter, folder: Path) -> tuple[list[str | None], int]:
    root = folder / "opt" / "ml"
    root.mkdir(parents=True, exist_ok=True)
    process = interpreter.start(root, {}, threads=1)
    return list(process.lines(time.monotonic() + 60)), process.exit_code


@pytest.mark.skipif(sys.platform != "linux", reason="nothing is imported before forks elsewhere")
def test_libraries_are_imported_once_before_the_forks(
    interpreter: Interpreter, tmp_path: Path
) -> None:
    assert run(interpreter, tmp_path) == (["False ['train']", "unfinished"], 3)
