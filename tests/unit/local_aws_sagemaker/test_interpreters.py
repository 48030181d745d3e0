"""Training jobs in forks of an interpreter that has imported the container's code beforehand."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_aws.sagemaker.jobs.entry_point import ContainerEntryPoint
from local_aws.sagemaker.jobs.interpreters import Interpreters
from local_aws.sagemaker.jobs.process_output import ProcessOutput
from local_aws.sagemaker.jobs.training_job import TrainingJob

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="macOS does not fork")


@pytest.fixture
def trainer(tmp_path: Path) -> Path:
    package = tmp_path / "code" / "trainer"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "answer.py").write_text("import os\nVALUE, PID = 1, os.getpid()\n")
    (package / "__main__.py").write_text(
        "import os\nfrom trainer import answer\nprint(answer.VALUE, answer.PID == os.getpid())\n"
    )
    return package


@pytest.fixture
def interpreters(trainer: Path) -> Iterator[Interpreters]:
    entry_point = ContainerEntryPoint(
        module="trainer", python_path=(trainer.parent,), preload=("trainer.answer", "no.such")
    )
    made = Interpreters(entry_point, fork=True)
    yield made
    made.close()


def output_of_a_job(interpreters: Interpreters, folder: Path) -> list[str | None]:
    root = folder / "opt" / "ml"
    root.mkdir(parents=True, exist_ok=True)
    process = interpreters.start(TrainingJob("job", "arn", {}, {}), root, {}, threads=1)
    return list(ProcessOutput(process, grace_seconds=1).lines(time.monotonic() + 60))


def test_code_is_imported_before_the_fork_and_again_once_it_was_edited(
    interpreters: Interpreters, trainer: Path, tmp_path: Path
) -> None:
    assert output_of_a_job(interpreters, tmp_path) == ["1 False"]
    time.sleep(0.02)
    text = (trainer / "answer.py").read_text()
    (trainer / "answer.py").write_text(text.replace("1,", "222,"))
    assert output_of_a_job(interpreters, tmp_path) == ["222 True"]
