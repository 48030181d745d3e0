from __future__ import annotations

import io

import pytest
from rich.console import Console

from tunedrop.cli.progress import Display, Progress, TuningJobProgress, headline, job_line
from tunedrop.cli.terminal import write

JOB = TuningJobProgress(
    "forest", "InProgress", total=10, completed=3, running=2, failed=1, best=0.912345678
)


@pytest.mark.parametrize(
    ("job", "metric", "line"),
    [
        (
            JOB,
            "balanced_accuracy",
            "forest: in progress, 3 of 10 done, 2 running, 1 failed; "
            "best balanced accuracy 0.912346",
        ),
        (
            TuningJobProgress("svm", "NotStarted", total=10),
            "r2",
            "svm: not started, 0 of 10 done",
        ),
        (
            TuningJobProgress("forest", "Completed", 10, completed=10, best=-2.5),
            "neg_root_mean_squared_error",
            "forest: completed, 10 of 10 done; best root mean squared error 2.5",
        ),
    ],
)
def test_a_tuning_job_is_one_line(job: TuningJobProgress, metric: str, line: str) -> None:
    assert job_line(job, metric) == line


@pytest.mark.parametrize(
    ("progress", "text"),
    [
        (Progress("r1", "running"), "planning"),
        (Progress("r1", "running", tuning_jobs=(JOB,)), "tuning"),
        (Progress("r1", "running", tuning_jobs=(JOB,), confirm="InProgress"), "fresh folds"),
        (Progress("r1", "running", tuning_jobs=(JOB,), confirm="Completed"), "writing the report"),
        (Progress("r1", "timed out"), "timed out"),
    ],
)
def test_the_headline_says_what_goes_on(progress: Progress, text: str) -> None:
    assert text in headline(progress)


def test_the_best_of_all_tuning_jobs_counts() -> None:
    worse = TuningJobProgress("svm", "Completed", total=1, best=-2.0)
    none = TuningJobProgress("mlp", "Failed", total=1)
    assert Progress("r", "running", tuning_jobs=(worse, none)).best == -2.0
    assert Progress("r", "running", tuning_jobs=(none,)).best is None


def test_without_a_terminal_each_line_is_written_once() -> None:
    output = io.StringIO()
    progress = Progress(
        "r1", "running", objective="r2", decisions=("The target is [price].",), tuning_jobs=(JOB,)
    )
    with Display(Console(file=output, width=40)) as display:
        display.wait("Waiting")
        for _ in range(3):
            display.show(progress)
    assert output.getvalue().splitlines() == [
        "Waiting",
        "Decided:",
        "  - The target is [price].",
        "r1: tuning",
    ]


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_terminal_breaks_lines_between_words_and_leaves_places_whole(is_terminal: bool) -> None:
    place = "s3://a-bucket/runs/iris/20261125T112900Z-882a5db0/report-which-is-longer.html"
    text = f"The report is at {place} for you.\n  - a decision of some length and more"
    output = io.StringIO()
    write(Console(file=output, width=30, force_terminal=is_terminal), text)
    broken = ["The report is at", place, "for you.", "  - a decision of some length", "  and more"]
    assert output.getvalue().splitlines() == (broken if is_terminal else text.split("\n"))


def test_on_a_terminal_bars_and_the_best_are_shown() -> None:
    output = io.StringIO()
    console = Console(file=output, force_terminal=True, width=120)
    with Display(console) as display:
        display.show(Progress("r1", "running", objective="r2", tuning_jobs=(JOB,)))
    assert "Best so far: R² 0.912346" in output.getvalue()
