from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from sklearn_trainer.process.deferred import DEFERRED
from tests.support.training import FOLDERS
from tests.support.training.jobs import Job, column, plan

NAMES = [(module, name) for module, names in DEFERRED.items() for name in names]

# Each is imported only once in a process, so that each test has one of its own.
START = f"""
import sys; sys.path[:0] = {FOLDERS!r}
from sklearn_trainer.process import deferred
deferred.defer()
def is_put_off(module): return type(sys.modules[module]).__name__ == "_StandIn"
"""


def in_a_fresh_process(program: str) -> str:
    """Run a program which asserts; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", START + program],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=300,
    )
    return done.stdout


def test_a_job_of_plain_numbers_imports_none_of_the_modules(tmp_path: Path) -> None:
    """A release of a library that uses one of them while it is imported makes every job slower."""
    numbers = "x,y,kind\n" + "".join(f"{i % 7},{i % 5 or ''},{i % 2}\n" for i in range(60))
    job = Job(
        tmp_path / "ml",
        plan([column("x"), column("y"), column("kind", role="target")]),
        files={"train/train.csv": numbers},
    ).write()
    in_a_fresh_process(f"""
from pathlib import Path
from sklearn_trainer.contract import Folders
from sklearn_trainer.process.imports import import_ahead
from sklearn_trainer.process.progress import Progress
folders = Folders(Path({str(job.base)!r}))
request, plan = folders.read_request(), folders.read_plan()
import_ahead(request, plan)
from sklearn_trainer.tune import tune
tune(request, plan, folders, Progress())
used = [name for name in deferred.DEFERRED if name in sys.modules and not is_put_off(name)]
assert not used, used
""")
    assert (job.base / "output" / "data" / "tune.json").is_file()


@pytest.mark.parametrize(("module", "name"), NAMES)
def test_every_name_that_is_put_off_is_there(module: str, name: str) -> None:
    assert hasattr(importlib.import_module(module), name)


def test_the_first_use_gets_the_real_module() -> None:
    in_a_fresh_process("""
from sklearn.isotonic import spearmanr
from sklearn.preprocessing import PowerTransformer
import sklearn.preprocessing._data as data
assert is_put_off("scipy.stats")
assert spearmanr([1, 2, 3], [1, 2, 4])[0] == 1
assert not is_put_off("scipy.stats")
import scipy.stats
assert scipy.stats is sys.modules["scipy.stats"] and scipy.stats.__file__
assert data.stats is not scipy.stats and data.stats.norm is scipy.stats.norm
assert PowerTransformer().fit([[1.0], [2.0], [4.0]]).lambdas_.shape == (1,)
""")


def test_a_name_that_is_not_known_here_is_imported_as_always() -> None:
    in_a_fresh_process("""
import scipy.integrate
assert is_put_off("scipy.integrate") and callable(scipy.integrate.trapezoid)
assert is_put_off("scipy.integrate")
assert not hasattr(scipy.integrate, "trapz_of_another_release")
assert not is_put_off("scipy.integrate")
try:
    from scipy.interpolate import something_else
except ImportError as error:
    assert "something_else" in str(error)
else:
    raise AssertionError("there is no such name")
from scipy.stats import *
assert norm.cdf(0) == 0.5
""")


def test_nothing_is_an_instance_of_what_was_never_imported() -> None:
    in_a_fresh_process("""
import pandas as pd
from sklearn.utils.validation import check_array
assert not isinstance([1], (pd.DataFrame, pd.Series)) and not issubclass(list, pd.DataFrame)
assert check_array([[1.0, 2.0]]).shape == (1, 2)
assert is_put_off("pandas")
frame = pd.DataFrame({"a": [1.0, 2.0]})
assert not is_put_off("pandas") and pd.__version__ == sys.modules["pandas"].__version__
assert isinstance(frame, pd.DataFrame) and pd.NA is sys.modules["pandas"].NA
from sklearn.preprocessing import StandardScaler
assert StandardScaler().fit(frame).feature_names_in_.tolist() == ["a"]
""")


def test_arrow_that_met_the_stand_in_first_knows_what_pandas_calls_missing() -> None:
    in_a_fresh_process("""
import pandas as pd
import pyarrow as pa
from sklearn.impute import SimpleImputer
assert SimpleImputer().fit_transform([[1.0], [float("nan")]]).tolist() == [[1.0], [1.0]]
assert is_put_off("pandas")
assert pa.array(["a"], from_pandas=True).null_count == 0
words = pd.Series(["a", pd.NA, pd.NaT, None, float("nan")], dtype=object)
assert pa.array(words, from_pandas=True).null_count == 4
assert SimpleImputer(missing_values=pd.NA, strategy="most_frequent").fit_transform(
    pd.DataFrame({"w": ["a", "a", pd.NA]}, dtype=object)
).tolist() == [["a"]] * 3
""")


def test_a_submodule_is_a_use_of_the_real_module() -> None:
    in_a_fresh_process("""
from scipy import stats
assert is_put_off("scipy.stats")
from scipy.stats.mstats import mquantiles
assert mquantiles([1, 2, 3], 0.5)[0] == 2
assert not is_put_off("scipy.stats") and abs(stats.norm.cdf(0.0) - 0.5) < 1e-9
""")


def test_a_name_that_is_put_off_is_as_good_as_the_real_one() -> None:
    in_a_fresh_process("""
import copy, inspect, pickle
from scipy.integrate import trapezoid
from scipy.interpolate import BSpline
from scipy.stats import chi2
assert inspect.isfunction(copy.deepcopy(trapezoid))
assert pickle.loads(pickle.dumps(trapezoid)) is sys.modules["scipy.integrate"].trapezoid
assert trapezoid.__name__ == "trapezoid" and trapezoid([1.0, 3.0]) == 2.0
spline = BSpline([0, 1, 2, 3], [1.0, 2.0], 1)
assert isinstance(spline, BSpline) and not isinstance(1, BSpline)
class Mine(BSpline): pass
assert issubclass(Mine, BSpline) and Mine.__mro__[1] is type(spline)
assert abs(chi2(2).mean() - chi2.mean(2)) < 1e-12
""")


def test_threads_that_use_it_at_the_same_time_get_the_same() -> None:
    in_a_fresh_process("""
from concurrent.futures import ThreadPoolExecutor
import scipy.stats as stats
from scipy.stats import chi2
def use(number):
    import scipy.stats.mstats
    return (stats.norm.ppf(0.975), chi2.ppf(0.95, 1))[number % 2]
with ThreadPoolExecutor(8) as pool:
    found = set(pool.map(use, range(16)))
assert sorted(round(each, 3) for each in found) == [1.96, 3.841], found
""")


def test_a_module_that_is_there_already_stays_as_it_is() -> None:
    program = f"""
import sys; sys.path[:0] = {FOLDERS!r}
import scipy.stats
before = scipy.stats
from sklearn_trainer.process.deferred import defer; defer()
import scipy.stats, scipy.stats.mstats
assert scipy.stats is before and callable(scipy.stats.rankdata)
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)


def test_every_public_module_of_scikit_learn_imports_with_the_stand_ins() -> None:
    in_a_fresh_process("""
import skops.io
from sklearn.utils import all_estimators
assert len(all_estimators()) > 150
""")


# Whatever an estimator of any kind learns and answers, to the bit.
FIT_ALL = """
import hashlib, warnings
import numpy as np
from sklearn.base import clone
from sklearn.datasets import make_classification
warnings.simplefilter("ignore")
X, y = make_classification(60, 4, random_state=0)
X = np.round(np.abs(X) + 1, 3)
def answer(kind):
    given = {"random_state": 0} if "random_state" in kind._get_param_names() else {}
    try:
        model = kind(**given)
        model.fit(X, y)
        ask = next(a for a in ("predict_proba", "decision_function", "predict", "transform",
                               "fit_predict") if hasattr(model, a))
        content = getattr(model, ask)(X) if ask != "fit_predict" else model.labels_
        content = content.toarray() if hasattr(content, "toarray") else content
        return hashlib.sha256(np.ascontiguousarray(content).tobytes()).hexdigest()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
"""


def test_estimators_and_metrics_that_use_what_is_put_off_answer_the_same() -> None:
    program = f"""{FIT_ALL}
from sklearn.calibration import CalibratedClassifierCV
from sklearn.covariance import EllipticEnvelope
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import GammaRegressor, QuantileRegressor
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.preprocessing import PowerTransformer, QuantileTransformer, SplineTransformer
for kind in (CalibratedClassifierCV, EllipticEnvelope, GammaRegressor, QuantileRegressor,
             PowerTransformer, SplineTransformer):
    print(kind.__name__, answer(kind))
print(QuantileTransformer(n_quantiles=5, output_distribution="normal").fit_transform(X).tolist())
print(IsotonicRegression(increasing="auto").fit(X[:, 0], y).predict(X[:, 0]).tolist())
print(roc_auc_score(y, X[:, 0]), average_precision_score(y, X[:, 0]))
"""
    assert in_a_fresh_process(program) == in_a_fresh_process(_AT_ONCE + program)


@pytest.mark.slow
def test_every_estimator_answers_the_same() -> None:
    program = f"""{FIT_ALL}
from sklearn.utils import all_estimators
for name, kind in all_estimators():
    print(name, answer(kind), flush=True)
"""
    put_off = in_a_fresh_process(program)
    assert put_off == in_a_fresh_process(_AT_ONCE + program)
    trained = [line for line in put_off.splitlines() if "Error" not in line]
    assert len(trained) > 150


_AT_ONCE = "for name in deferred.DEFERRED: deferred.load(name)\n"
