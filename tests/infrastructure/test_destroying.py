"""`make destroy`: no run starts between its check and the deletion."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.synthesis import ROOT

PAUSE, CHECK = "tunedrop pause --stack Churn", "tunedrop doctor --idle --stack Churn"
# Records its calls, names the stack, and fails in the command of the variable FAILING.
PROGRAM = """#!/bin/sh
case "$2" in list) echo Churn; exit;; esac
echo "$*" >>calls
case "$2" in "$FAILING") exit 1;; esac
"""


@pytest.mark.parametrize(
    ("failing", "arguments", "calls"),
    [
        ("", [], [PAUSE, CHECK, "cdk destroy"]),
        ("pause", [], [PAUSE]),
        ("doctor", [], [PAUSE, CHECK]),
        ("doctor", ["FORCE=1"], ["cdk destroy"]),
    ],
)
def test_destroying_pauses_then_checks_then_deletes(
    failing: str, arguments: list[str], calls: list[str], tmp_path: Path
) -> None:
    program = tmp_path / "program"
    program.write_text(PROGRAM)
    program.chmod(0o755)
    result = subprocess.run(
        ["/usr/bin/env", "make", "--makefile", ROOT / "Makefile", "--assume-old", "setup",
         "destroy", f"TUNEDROP={program} tunedrop", f"CDK={program} cdk", *arguments],
        cwd=tmp_path, env={"PATH": "/usr/bin:/bin", "FAILING": failing},
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (tmp_path / "calls").read_text().splitlines() == calls
    assert (result.returncode == 0) == (calls[-1] == "cdk destroy")
    assert ("make destroy FORCE=1" in result.stderr) == (result.returncode != 0)
