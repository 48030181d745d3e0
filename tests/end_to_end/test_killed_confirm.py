"""A Confirm that finds no machine, or is killed: the run goes on with the next attempt."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.bursts import SMALLEST
from tests.support.deployed import Deployment, deployed
from tests.support.runs import IRIS, Runs
from tunedrop.running.next_attempt import CAUSE_TEXT, Cause

# State transitions of a run with one tuning job, and of each further attempt at a job.
TRANSITIONS = 8 + 2
FURTHER_ATTEMPT = 3


@pytest.fixture(scope="module")
def on_spot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A deployment whose training jobs run on spot machines."""
    with deployed(tmp_path_factory.mktemp("on-spot"), spot=True) as deployment:
        yield deployment


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "cause"),
    [("capacity", "capacity"), ("spot_wait", "spot wait"), ("memory", "memory")],
)
def test_a_confirm_that_was_killed_is_tried_again_and_the_report_says_so(
    on_spot: Deployment, fault: str, cause: Cause
) -> None:
    runs = Runs(on_spot, f"without {cause}")
    with on_spot.conditions(faults=[{"kind": fault, "name": "tc-", "first": 1}], instant_jobs=True):
        runs.drop(tuning_yaml=SMALLEST, train_csv=IRIS)
        results = runs.succeeded()
    start = f"Confirm took 2 attempts: 1. on ml.m5.large (spot): {CAUSE_TEXT[cause]}, 2. on "
    [warning] = [text for text in results["warnings"] if text.startswith(start)]
    assert not warning.removeprefix(start).startswith("ml.m5.large (spot)")
    [run_id] = runs.ids()
    report = on_spot.read(f"runs/{runs.dataset}/{run_id}/report.html")
    assert "Confirm took 2 attempts" in report
    assert len(runs.states(run_id)) <= TRANSITIONS + FURTHER_ATTEMPT
