from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline

from sklearn_trainer.data.dataset import Portion
from sklearn_trainer.evaluation.evaluate import fit_folds, score_folds
from sklearn_trainer.evaluation.scoring import make_scorers
from sklearn_trainer.job_warnings import JobWarnings
from sklearn_trainer.process import resources
from sklearn_trainer.process.children import map_in_processes, run
from tests.support.training import FOLDERS

DRAW = np.random.default_rng(0)
X = pd.DataFrame(DRAW.normal(size=(6_000, 10)))  # enough for two processes
Y = (X[0] + DRAW.normal(size=len(X)) > 0).to_numpy().astype(np.int64)
ROWS = Portion(X, Y)
FOLDS = list(KFold(5, shuffle=True, random_state=0).split(X))
SCORERS = make_scorers(("accuracy",), Y)


@pytest.fixture
def two_cpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("joblib.cpu_count", lambda: 2)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)


def test_no_more_processes_than_allowed_run_at_a_time(tmp_path: Path) -> None:
    def count(number: int) -> int:
        mine = tmp_path / str(number)
        mine.touch()
        time.sleep(0.1)
        running = len(list(tmp_path.iterdir()))
        mine.unlink()
        return running

    outcomes = [outcome.value for outcome in map_in_processes(count, range(6), 2)]
    assert max(value for value in outcomes if value) == 2


def test_a_killed_process_is_an_outcome_and_the_others_go_on() -> None:
    def die(number: int) -> int:
        if number == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    outcomes = list(map_in_processes(die, range(3), 2))
    assert [outcome.status for outcome in outcomes] == ["done", "failed", "done"]
    assert "killed" in outcomes[1].reason
    assert [outcome.memory_ran_out for outcome in outcomes] == [False, True, False]


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's own choice")
def test_where_memory_runs_out_a_child_is_killed_before_its_parent() -> None:
    score = Path("/proc/self/oom_score_adj")
    before = score.read_text()
    outcome = run(lambda: score.read_text().strip(), 30)
    assert outcome.value == "1000"
    assert score.read_text() == before


def test_an_unexpected_error_leaves_its_place_in_the_log_but_not_its_words(
    capfd: pytest.CaptureFixture[str],
) -> None:
    secret = "Jane " + "Doe"

    def of_no_use(number: int) -> int:
        return {"known": number}[secret]

    (outcome,) = map_in_processes(of_no_use, [0], 1)
    assert (outcome.status, outcome.reason) == ("failed", "an unexpected KeyError")
    log = capfd.readouterr().err
    assert "in of_no_use" in log
    assert secret not in log


def test_processes_end_with_an_iteration_that_is_left_early(tmp_path: Path) -> None:
    def sleep(number: int) -> int:
        (tmp_path / str(os.getpid())).touch()
        if number:
            time.sleep(60)
        return number

    outcomes = map_in_processes(sleep, range(2), 2)
    assert next(outcomes).value == 0
    outcomes.close()  # type: ignore[attr-defined]
    for file in tmp_path.iterdir():
        with pytest.raises(ProcessLookupError):
            os.kill(int(file.name), 0)


def test_a_time_limit_that_is_over_leaves_no_process_running(tmp_path: Path) -> None:
    def sleep(_: int) -> None:
        (tmp_path / str(os.getpid())).touch()
        time.sleep(60)

    outcome = run(lambda: list(map_in_processes(sleep, range(2), 2)), 1.0)
    assert (outcome.status, outcome.reason) == ("timed out", "it was not done within 1.0 seconds")
    deadline = time.monotonic() + 30
    while any(Path(f"/proc/{file.name}").exists() for file in tmp_path.iterdir()):
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.usefixtures("two_cpus")
def test_a_fold_draws_the_same_numbers_whichever_process_scores_it() -> None:
    unseeded = make_pipeline(SGDClassifier(max_iter=2, tol=None))

    def scores() -> list[float]:
        np.random.seed(3)
        accuracies = score_folds(unseeded, ROWS, FOLDS, SCORERS, JobWarnings())
        return [fold.value.scores["accuracy"] for fold in accuracies]

    accuracies = scores()
    assert scores() == accuracies
    assert len(set(accuracies)) > 1


@pytest.mark.usefixtures("two_cpus")
def test_warnings_of_all_folds_are_counted() -> None:
    job_warnings = JobWarnings()
    hasty = make_pipeline(LogisticRegression(max_iter=1))
    assert len(list(score_folds(hasty, ROWS, FOLDS, SCORERS, job_warnings))) == 5
    assert "ConvergenceWarning (fits: 5)" in " ".join(job_warnings.sentences)


@pytest.mark.usefixtures("two_cpus")
def test_folds_run_one_by_one_where_side_by_side_would_not_help(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert resources.count_processes(5, 1_000) == 1
    assert resources.count_processes(1, 10**6) == 1
    assert resources.count_processes(5, 10**12) == 1
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert resources.count_processes(5, 10**6) == 1


@pytest.mark.usefixtures("two_cpus")
@pytest.mark.parametrize(("rows", "is_here"), [(slice(None), False), (slice(100), True)])
def test_folds_of_a_few_of_many_rows_are_fitted_one_by_one(rows: slice, is_here: bool) -> None:
    folds = [(train[rows], validation[rows]) for train, validation in FOLDS]
    model = make_pipeline(LogisticRegression())
    results = fit_folds(model, ROWS, folds, lambda *_: os.getpid(), JobWarnings())
    assert ({result.value for result in results} == {os.getpid()}) == is_here


def test_processes_share_the_vcpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("joblib.cpu_count", lambda: 16)
    monkeypatch.setenv("OMP_NUM_THREADS", "")
    resources.take_share(5)
    assert resources.count_threads() == 3


def test_another_number_of_vcpus_changes_no_score_and_boostings_threads_survive_the_fork() -> None:
    program = f"""
import sys; sys.path[:0] = {FOLDERS!r}
import joblib
import numpy as np, pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn_trainer.process import resources
from sklearn_trainer.data.dataset import Portion
from sklearn_trainer.evaluation.evaluate import score_folds
from sklearn_trainer.job_warnings import JobWarnings
from sklearn_trainer.evaluation.scoring import make_scorers
draw = np.random.default_rng(0)
X = pd.DataFrame(draw.normal(size=(20_000, 8)))
y = (X[0] + draw.normal(size=len(X)) > 0).to_numpy().astype(int)
names = ("neg_log_loss", "roc_auc")
models = [
    HistGradientBoostingClassifier(max_iter=5, random_state=0),
    LogisticRegression(),
]
found = []
for cpus in (4, 2, 1):  # what forks comes first, before anything here uses OpenMP
    joblib.cpu_count = lambda: cpus
    for model in models:
        model = make_pipeline(model)
        beside = resources.count_processes(3, X.size)
        assert beside == min(cpus, 3), (cpus, beside)
        scored = score_folds(
            model, Portion(X, y), list(KFold(3).split(X)), make_scorers(names, y), JobWarnings()
        )
        found.append([[fold.value.scores[name] for name in names] for fold in scored])
found = np.array(found).reshape(3, -1)
assert np.abs(found - found[-1]).max() <= 1e-9, np.abs(found - found[-1]).max()
assert len(np.unique(found[-1])) > 4
"""
    environment = {key: value for key, value in os.environ.items() if key != "OMP_NUM_THREADS"}
    subprocess.run([sys.executable, "-c", program], check=True, timeout=300, env=environment)
