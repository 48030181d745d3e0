"""Text on a terminal, where it is broken into lines and progress is live."""

from __future__ import annotations

import io
from collections import Counter

import pytest
from rich.console import Console

from tunedrop.cli.progress import Display, Progress, TuningJobProgress
from tunedrop.cli.terminal import write


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_terminal_breaks_lines_between_words_and_keeps_uris_whole(is_terminal: bool) -> None:
    uri = "s3://a-bucket/runs/iris/20261125T112900Z-882a5db0/report-which-is-longer.html"
    text = f"The report is at {uri} for you.\n  - a decision of some length and more"
    output = io.StringIO()
    write(Console(file=output, width=30, force_terminal=is_terminal), text)
    broken = ["The report is at", uri, "for you.", "  - a decision of some length", "and more"]
    assert output.getvalue().splitlines() == (broken if is_terminal else text.split("\n"))


def test_a_terminal_shows_the_progress_of_all_tuning_jobs_live() -> None:
    output = io.StringIO()
    console = Console(file=output, force_terminal=True, width=120)
    jobs = (
        TuningJobProgress("forest", "InProgress", 10, Counter(done=3, failed=1), best=-2.345678912),
        TuningJobProgress("svm", "Completed", 1, Counter(done=1), best=-3.0),
        TuningJobProgress("mlp", "NotStarted", 1),
    )
    objective = "neg_root_mean_squared_error"
    with Display(console) as display:
        display.show(Progress("r1", "running", objective=objective, tuning_jobs=jobs))
    shown = output.getvalue()
    assert "r1: tuning" in shown
    assert (
        "forest: in progress, 3 of 10 done, 1 failed; best root mean squared error 2.34568" in shown
    )
    assert "mlp: not started, 0 of 1 done" in shown
