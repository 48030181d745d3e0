"""The parent of a training job: what it says about a child that cannot speak for itself."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sklearn_trainer.contract import Folders
from sklearn_trainer.errors import FitError
from sklearn_trainer.process import supervisor
from sklearn_trainer.process.resources import Memory
from tests.support.training import PYTHONPATH, fruit
from tests.support.training.jobs import Job, estimator, plan

GIB = 2**30

JOB = """
import os, signal, sys, time
from pathlib import Path
from sklearn_trainer.contract import Folders
from sklearn_trainer.process.supervisor import supervise

def job():
    print("child", os.getpid(), flush=True)
    {body}
    return 7

code = supervise(job, Folders(Path(sys.argv[1])))
print("code", code, flush=True)
sys.exit(code)
"""


def supervised(base: Path, body: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", JOB.format(body=body), str(base)],
        env={**os.environ, "PYTHONPATH": PYTHONPATH},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # a signal to its group does not reach the tests
    )


def child_of(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    return int(process.stdout.readline().split()[1])


def failure(base: Path) -> str:
    return (base / "output" / "failure").read_text()


@pytest.mark.parametrize(
    ("body", "code", "last_line"),
    [
        ("pass", 7, "code 7"),
        ("raise SystemError('strange')", 1, "code 1"),
        ("os.killpg(os.getpgid(0), signal.SIGTERM); time.sleep(60)", 143, "code 143"),
    ],
    ids=["its own", "an uncaught error", "SIGTERM to the group"],
)
def test_a_job_has_one_exit_code(body: str, code: int, last_line: str, tmp_path: Path) -> None:
    process = supervised(tmp_path, body)
    output, _ = process.communicate(timeout=30)
    assert process.returncode == code
    assert output.splitlines()[-1] == last_line
    assert (tmp_path / "output").exists() == (code == 143)
    assert ("SystemError: strange" in output) == (code == 1)


@pytest.mark.parametrize(
    ("number", "words", "log"),
    [
        (
            signal.SIGKILL,
            "The training job was killed by SIGKILL. It had used 0.0 GiB of ",
            "child",
        ),
        (
            signal.SIGSEGV,
            "The training job crashed inside a library (SIGSEGV). It had used",
            "Fatal Python error",
        ),
    ],
)
def test_a_job_that_a_signal_ends_leaves_a_sentence_and_its_exit_code(
    number: signal.Signals, words: str, log: str, tmp_path: Path
) -> None:
    process = supervised(tmp_path, f"os.kill(os.getpid(), {int(number)})")
    output, _ = process.communicate(timeout=30)
    assert process.returncode == (1 if number == signal.SIGKILL else 128 + number)
    assert failure(tmp_path).startswith(words)
    assert log in output


def test_sigterm_ends_a_job_that_never_lets_go_of_the_interpreter(tmp_path: Path) -> None:
    # One call into C that holds the GIL for minutes: no thread of the child gets a turn.
    process = supervised(tmp_path, "import re; re.match('(a+)+$', 'a' * 60 + 'b')")
    child = child_of(process)
    time.sleep(0.5)
    started = time.monotonic()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert time.monotonic() - started < 5
    assert process.returncode == 143
    assert failure(tmp_path).startswith("Stopped by SIGTERM: SageMaker asked")
    assert not Path(f"/proc/{child}").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
def test_a_job_does_not_outlive_its_parent(tmp_path: Path) -> None:
    process = supervised(tmp_path, "time.sleep(60)")
    child = child_of(process)
    process.kill()
    process.communicate(timeout=30)
    deadline = time.monotonic() + 5
    while Path(f"/proc/{child}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{child}").exists()


@pytest.mark.parametrize(
    ("peak", "kills", "words", "code"),
    [
        (1 * GIB, 1, "ran out of memory: the kernel killed it.", 137),
        (9 * GIB, 0, "most likely for lack of memory. It had used 9.0 GiB of 10.0 GiB.", 137),
        (1 * GIB, 0, "So memory is not the likely reason", 1),
    ],
)
def test_what_killed_a_job_is_told_by_what_the_kernel_counted_and_the_job_used(
    peak: int, kills: int, words: str, code: int
) -> None:
    before, after = Memory(10 * GIB, 3), Memory(10 * GIB, 3 + kills)
    paragraph, exit_code = supervisor._explain_death(signal.SIGKILL, peak, before, after)
    assert words in paragraph
    assert exit_code == code


@pytest.mark.parametrize(
    ("files", "limit", "kills"),
    [
        ({"memory.max": "1048576\n", "memory.events": "low 0\noom 2\noom_kill 4\n"}, 2**20, 4),
        ({"memory.max": "max\n", "memory.events": "low 0\n"}, None, 0),
        (
            {
                "memory/memory.limit_in_bytes": "2097152\n",
                "memory/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n",
            },
            2**21,
            1,
        ),
        ({}, None, 0),
    ],
)
def test_both_versions_of_cgroups_are_read(
    files: dict[str, str], limit: int | None, kills: int, tmp_path: Path
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert Memory.read(tmp_path) == Memory(limit or machine, kills)


def test_a_training_job_that_is_rejected_more_memory_says_so(tmp_path: Path) -> None:
    job = Job(
        tmp_path / "ml",
        plan(
            fruit.columns(),
            estimators=[estimator("net", "sklearn.neural_network.MLPClassifier")],
        ),
        {"hidden_layer_sizes": "40000,40000"},  # 12 GiB of weights
        files={"train/train.csv": fruit.as_csv(fruit.rows(60))},
    ).write()
    process = subprocess.run(
        [sys.executable, "-m", "sklearn_trainer", "train"],
        env={**os.environ, "PYTHONPATH": PYTHONPATH, "SAGEMAKER_BASE_DIR": str(job.base)},
        capture_output=True,
        text=True,
        timeout=120,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (6 * GIB, 6 * GIB)),
    )
    assert process.returncode == 137, process.stderr
    words = failure(job.base)
    assert words.startswith("The training job ran out of memory: an allocation failed")
    assert "MemoryError" in words
    assert "Failed with" in process.stderr


def test_a_failure_that_cannot_be_written_is_in_the_log_and_changes_no_exit_code(
    tmp_path: Path,
) -> None:
    (tmp_path / "output").write_text("no folder")
    process = supervised(tmp_path, "os.kill(os.getpid(), signal.SIGKILL)")
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "The training job was killed by SIGKILL" in output
    assert f"{tmp_path}/output/failure cannot be written" in output
    assert "Traceback" not in output


def test_the_folders_of_a_job_need_not_exist_for_its_failure_to_be_told(tmp_path: Path) -> None:
    supervisor.report_failure(FitError("One sentence."), Folders(tmp_path / "new"))
    assert (tmp_path / "new" / "output" / "failure").read_text().startswith("One sentence.\n")
