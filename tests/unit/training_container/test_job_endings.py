"""How a training job ends: exit codes, output/failure, SIGTERM, and what reaches the log."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sklearn_trainer.errors import EstimatorError
from sklearn_trainer.model.pipeline import build_pipeline
from sklearn_trainer.schema import Schema
from tests.support.plans import feature
from tests.support.training import PYTHONPATH, fruit
from tests.support.training.forks import ForkServer
from tests.support.training.jobs import Finished, Job, column, estimator, plan
from tunedrop.running.causes import cause_in
from tunedrop_common.plan import EstimatorPlan

Run = Callable[..., Finished]

SECRET = "Jane Doe"
HUGE_NET = {
    "hidden_layer_sizes": "4000,4000",
    "max_iter": "1000000",
    "tol": "0.0",
    "n_iter_no_change": "1000000",
}
SCHEMA = Schema(features=(feature("x", "numeric"),))
COLUMNS = [column("x"), column("y", "numeric", "target")]


def started(job: Job, threads: str = "1") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "sklearn_trainer", "train"],
        env={
            **os.environ,
            "PYTHONPATH": PYTHONPATH,
            "SAGEMAKER_BASE_DIR": str(job.base),
            "OMP_NUM_THREADS": threads,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def slow_job(base: Path, job: str = "tune") -> Job:
    return Job(
        base,
        plan(
            fruit.columns(),
            estimators=[estimator("net", "sklearn.neural_network.MLPClassifier")],
            confirm={"max_seconds_per_contender": 300},
        ),
        HUGE_NET,
        job=job,
        files={"train/train.csv": fruit.as_csv(fruit.rows(300))},
    ).write()


def children_of(process: int) -> list[int]:
    listed = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [int(process) for process in listed]


def is_running(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in ("Z", "X")


def cpu_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait_until_ended(processes: list[int]) -> None:
    deadline = time.monotonic() + 30
    while any(map(is_running, processes)):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def scoring_the_net(job: Job, after: str) -> tuple[subprocess.Popen[str], list[int]]:
    """Start a job; return it, and its processes once they score the net, which never ends."""
    process = started(job)
    deadline = time.monotonic() + 300
    output, processes = "", list[int]()
    assert process.stdout is not None
    while f"contender={after}" not in output:
        assert time.monotonic() < deadline
        output += process.stdout.readline()
    while not processes:
        assert time.monotonic() < deadline
        processes = [
            process for worker in children_of(process.pid) for process in children_of(worker)
        ]
    return process, processes


def test_sigterm_while_a_contender_is_scored_leaves_no_process_behind(tmp_path: Path) -> None:
    job = slow_job(tmp_path / "ml", "confirm")
    process, processes = scoring_the_net(job, after="defaults:net")
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 143
    assert "Stopped by SIGTERM" in output
    wait_until_ended(processes)


def killed_while_it_scores_the_net(job: Job, after: str) -> int:
    """Kill the process that scores the tuned net, as the kernel does; return the exit code."""
    process, scoring = scoring_the_net(job, after)
    os.kill(scoring[0], signal.SIGKILL)
    process.communicate(timeout=120)
    return process.returncode


def test_memory_that_ran_out_for_the_searchs_best_ends_confirm_so_that_a_larger_machine_is_tried(
    tmp_path: Path,
) -> None:
    job = slow_job(tmp_path / "ml", "confirm")
    code = killed_while_it_scores_the_net(job, after="defaults:net")
    assert code == 137
    failure = (job.base / "output" / "failure").read_text()
    assert failure.startswith("Memory ran out while Confirm scored tuned:net: its process was")
    assert "Choose an instance type with more memory" in failure
    assert cause_in(f"AlgorithmError: {failure}, exit code: {code}") == "memory"
    assert not (job.base / "output" / "data" / "confirm.json").exists()


def test_another_tuned_model_that_memory_ran_out_for_is_not_scored(tmp_path: Path) -> None:
    net = estimator("net", "sklearn.neural_network.MLPClassifier", fixed={"max_iter": "9"})
    linear = estimator("linear", "sklearn.linear_model.LogisticRegression")
    job = Job(
        tmp_path / "ml",
        plan(fruit.columns(), estimators=[linear, net], confirm={"ensemble": True}),
        job="confirm",
        files={"train/train.csv": fruit.as_csv(fruit.rows(60))},
        tuned={"net": HUGE_NET},
    ).write()
    assert killed_while_it_scores_the_net(job, after="tuned:linear") == 0
    confirm = json.loads((job.base / "output" / "data" / "confirm.json").read_text())
    contenders = {contender["name"]: contender for contender in confirm["contenders"]}
    assert contenders["tuned:net"]["status"] == "not scored"
    assert "memory" in contenders["tuned:net"]["reason"]
    assert contenders["ensemble"]["status"] == "not scored"


def wide_job(base: Path, iterations: int) -> Job:
    """Return a job whose folds are scored side by side, for so long."""
    draw = np.random.default_rng(0)
    names = [f"x{i}" for i in range(10)]
    rows = [",".join(f"{value:.3f}" for value in row) for row in draw.normal(size=(6_000, 10))]
    lines = [f"{row},{'ab'[row.startswith('-')]}" for row in rows]
    columns = [*map(column, names), column("y", "categorical", "target")]
    return Job(
        base,
        plan(columns, estimators=[estimator("net", "sklearn.neural_network.MLPClassifier")]),
        {**HUGE_NET, "hidden_layer_sizes": "50", "max_iter": str(iterations)},
        files={"train/train.csv": "\n".join([",".join([*names, "y"]), *lines]) + "\n"},
    ).write()


def fold_processes(process: subprocess.Popen[str]) -> tuple[int, list[int]]:
    """Wait until folds are scored side by side; return the worker and its processes."""
    deadline = time.monotonic() + 300
    while True:
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline
        for worker in children_of(process.pid):
            processes = children_of(worker)
            if len(processes) > 1 and all(cpu_seconds(process) > 0.1 for process in processes):
                return worker, processes
        time.sleep(0.02)


side_by_side = pytest.mark.skipif(
    len(os.sched_getaffinity(0)) < 2, reason="folds are scored side by side on two vCPUs or more"
)


@side_by_side
@pytest.mark.parametrize(
    ("number", "code", "words"),
    [
        (signal.SIGTERM, 143, "Stopped by SIGTERM: SageMaker asked"),
        (signal.SIGKILL, 1, "The training job was killed by SIGKILL."),
    ],
)
def test_a_job_that_ends_while_folds_are_scored_side_by_side_leaves_none_of_their_processes(
    number: signal.Signals, code: int, words: str, tmp_path: Path
) -> None:
    job = wide_job(tmp_path / "ml", 1_000_000)
    process = started(job, threads="")
    worker, processes = fold_processes(process)
    os.kill(process.pid if number == signal.SIGTERM else worker, number)
    process.communicate(timeout=30)
    assert process.returncode == code
    assert (job.base / "output" / "failure").read_text().startswith(words)
    wait_until_ended(processes)


@side_by_side
def test_a_killed_process_of_a_fold_costs_time_and_no_fold(tmp_path: Path) -> None:
    job = wide_job(tmp_path / "ml", 60)
    process = started(job, threads="")
    _, (killed, sibling) = fold_processes(process)
    os.kill(killed, signal.SIGKILL)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    assert [line.split()[0] for line in output.splitlines() if line.startswith("fold=")] == [
        f"fold={number}/3" for number in range(1, 4)
    ]
    warnings = json.loads((job.base / "output" / "data" / "tune.json").read_text())["warnings"]
    sentences = [sentence for sentence in warnings if "one at a time" in sentence]
    assert len(sentences) == 1
    assert sentences[0].endswith("its process was killed, most likely for lack of memory.")
    assert not (job.base / "output" / "failure").exists()
    assert not is_running(sibling)


def test_bad_data_leaves_a_paragraph_for_people_and_then_the_traceback(run_job: Run) -> None:
    rows = "\n".join(f"{i},{i}.5" for i in range(20))
    finished = run_job(plan(COLUMNS, task="regression"), f"x,y\n{rows}\n5,{SECRET}\n")
    assert finished.code == 1
    paragraph, _, trace = finished.failure.partition("\n\n")
    assert paragraph == (
        "The target of a regression has values that are no numbers, in 1 rows (column 'y', first "
        f"in data row 21). Found '{SECRET}'; expected a number, or nothing. Correct these rows, or "
        "write `task: classification` in tuning.yaml."
    )
    assert trace.startswith("Traceback")
    assert "Failed. The target of a regression has values that are no numbers" in finished.log
    assert SECRET not in finished.log


def test_a_rejected_fit_quotes_scikit_learn(run_job: Run) -> None:
    near = estimator("near", "sklearn.neighbors.KNeighborsClassifier")
    finished = run_job(
        plan(fruit.columns(), estimators=[near]), fruit.as_csv(fruit.rows()), {"n_neighbors": "500"}
    )
    assert finished.code == 1
    assert "Expected n_neighbors <= n_samples_fit" in finished.failure
    assert len(finished.failure.partition("\n\n")[0]) <= 1024


def test_a_score_that_is_not_finite_fails_the_job_in_words(run_job: Run) -> None:
    # Each group has a single class, so that no fold can be scored.
    rows = "\n".join(f"{i % 3},{i // 2},{'aaaabbbb'[i]}" for i in range(8))
    columns = [column("x"), column("g", role="group"), column("y", "categorical", "target")]
    folds = {"stratified": False, "kind": "grouped", "folds": 4}
    finished = run_job(plan(columns, cross_validation=folds, metric="roc_auc"), f"x,g,y\n{rows}\n")
    assert finished.code == 1
    assert "The metric roc_auc has no finite value for LogisticRegression" in finished.failure
    assert not finished.lines


@pytest.mark.parametrize(
    ("hyperparameters", "words"),
    [
        ({"C": "lots"}, "this value of C. Found 'lots'"),
        ({"tunedrop_job": "serve"}, "tunedrop_job='serve'"),
    ],
)
def test_wrong_hyperparameters_fail_before_any_fit(
    hyperparameters: dict[str, str], words: str, run_job: Run
) -> None:
    table = fruit.as_csv(fruit.rows())
    finished = run_job(plan(fruit.columns()), table, hyperparameters)
    assert finished.code == 1
    assert words in finished.failure


@pytest.mark.parametrize(
    ("class_path", "words"),
    [
        ("os.system", "not in this image's scikit-learn"),
        ("sklearn.os.system", "not in this image's scikit-learn"),
        ("sklearn.ensemble.NoForest", "not in this image's scikit-learn"),
        ("sklearn.ensemble.RandomForestRegressor", "does not support classification"),
        ("sklearn.preprocessing.StandardScaler", "does not support classification"),
        ("sklearn.multiclass.OneVsRestClassifier", "needs an inner estimator"),
    ],
)
def test_only_scikit_learns_own_estimators_for_the_task_are_made(
    class_path: str, words: str
) -> None:
    it = EstimatorPlan(key="it", class_path=class_path, fixed={}, ranges={})
    with pytest.raises(EstimatorError, match=words):
        build_pipeline(SCHEMA, it, {}, task="classification", seed=1)


@pytest.mark.parametrize(
    ("content", "words"),
    [("{", "cannot be read"), ('{"version": 2}', "version"), (None, "No such file")],
)
def test_a_plan_that_cannot_be_read_is_named(
    content: str | None, words: str, tmp_path: Path, fork_server: ForkServer
) -> None:
    job = Job(tmp_path / "ml", plan(COLUMNS, task="regression")).write()
    if content is None:
        job.folders.plan.unlink()
    else:
        job.folders.plan.write_text(content)
    finished = fork_server.run(job)
    assert finished.code == 1
    assert words in finished.failure
