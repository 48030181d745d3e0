from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).parents[3] / "training_container"
LOADED = "'scipy.stats._stats_py' in sys.modules"


def in_a_fresh_process(program: str) -> None:
    """Run a program which asserts; scipy.stats is imported only once in a process."""
    start = (
        f"import sys; sys.path.insert(0, {str(PACKAGE)!r});"
        "from sklearn_trainer.deferred import defer; defer()\n"
    )
    subprocess.run([sys.executable, "-c", start + program], check=True, timeout=120)


def test_what_most_jobs_use_of_scikit_learn_does_not_import_scipy_stats() -> None:
    in_a_fresh_process(f"""
import numpy as np
import sklearn.ensemble, sklearn.impute, sklearn.preprocessing
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_validate
X = np.random.default_rng(0).normal(size=(60, 3))
cross_validate(LogisticRegression(), X, X[:, 0] > 0, cv=3, scoring="balanced_accuracy")
assert not {LOADED}
import scipy.stats
assert not {LOADED}
""")


def test_the_first_use_gets_the_real_module() -> None:
    in_a_fresh_process(f"""
from sklearn.isotonic import spearmanr
from sklearn.preprocessing import PowerTransformer
import sklearn.preprocessing._data as data
assert not {LOADED}
assert spearmanr([1, 2, 3], [1, 2, 4])[0] == 1
assert {LOADED}
import scipy.stats
assert scipy.stats is sys.modules["scipy.stats"] and scipy.stats.__file__
assert data.stats is not scipy.stats and data.stats.norm is scipy.stats.norm
assert PowerTransformer().fit([[1.0], [2.0], [4.0]]).lambdas_.shape == (1,)
""")


def test_a_submodule_is_a_use_of_the_real_module() -> None:
    in_a_fresh_process(f"""
from scipy import stats
assert not {LOADED}
from scipy.stats.mstats import mquantiles
assert mquantiles([1, 2, 3], 0.5)[0] == 2
assert {LOADED} and abs(stats.norm.cdf(0.0) - 0.5) < 1e-9
""")


def test_threads_that_use_it_at_the_same_time_get_the_same() -> None:
    in_a_fresh_process("""
from concurrent.futures import ThreadPoolExecutor
import scipy.stats as stats
with ThreadPoolExecutor(8) as pool:
    found = list(pool.map(lambda _: stats.norm.ppf(0.975), range(16)))
assert len(set(found)) == 1 and abs(found[0] - 1.96) < 0.001
""")


def test_a_module_that_is_there_already_stays_as_it_is() -> None:
    program = f"""
import sys; sys.path.insert(0, {str(PACKAGE)!r})
import scipy.stats
before = scipy.stats
from sklearn_trainer.deferred import defer; defer()
import scipy.stats
assert scipy.stats is before and callable(scipy.stats.rankdata)
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)


def test_every_public_module_of_scikit_learn_imports_with_the_stand_in() -> None:
    in_a_fresh_process("""
import skops.io
from sklearn.utils import all_estimators
assert len(all_estimators()) > 150
""")
