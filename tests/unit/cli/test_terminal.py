"""Text on a terminal, where it is broken into lines and progress is live."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from tunedrop.cli.progress import Display, Progress
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
    lines = (("  svm: completed, 1 of 1 done",), ("  mlp: not started, 0 of 1 done",))
    with Display(Console(file=output, force_terminal=True, width=120)) as display:
        display.show(Progress("running", "r1: tuning", (), *lines))
    for line in ("r1: tuning", *lines[0], *lines[1]):
        assert line in output.getvalue()
