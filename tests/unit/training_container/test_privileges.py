from __future__ import annotations

import os
import pwd
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.support.training import PYTHONPATH

CODE = """
import os, sys
from pathlib import Path
from sklearn_trainer.contract import Folders
from sklearn_trainer.process.privileges import drop
folders = Folders(Path(sys.argv[1]))
drop(reads=folders.input, writes=(folders.model, folders.output, folders.failure.parent))
(folders.output / "written").write_text("x") if os.geteuid() else None
print(os.environ["HOME"])
print(os.geteuid(), os.getegid(), os.getgroups())
"""
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


def run(base: Path, user: str) -> str:
    process = subprocess.run(
        [sys.executable, "-c", CODE, str(base)],
        env={**os.environ, "PYTHONPATH": PYTHONPATH, "SKLEARN_TRAINER_USER": user},
        capture_output=True,
        text=True,
        check=True,
    )
    return process.stdout


@pytest.fixture
def base() -> Iterator[Path]:
    """A folder that everybody can reach, which pytest's own temporary ones are not."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        folder.chmod(0o755)
        (folder / "ml" / "input" / "data").mkdir(parents=True)
        (folder / "ml" / "input" / "data" / "train.csv").write_text("x,y\n")
        yield folder / "ml"


@needs_root
def test_the_job_goes_on_as_the_named_user_and_can_write_its_output(base: Path) -> None:
    home, user, group, *groups = run(base, "nobody").split()
    assert home == pwd.getpwnam("nobody").pw_dir
    assert user != "0"
    assert group != "0"
    assert groups == ["[]"]
    assert (base / "output" / "data" / "written").exists()


@needs_root
def test_input_that_only_root_may_read_keeps_root_and_says_so(base: Path) -> None:
    (base / "input" / "data" / "train.csv").chmod(0o600)
    output = run(base, "nobody")
    assert "Continues as root" in output
    assert "the user nobody cannot read" in output
    assert output.splitlines()[-1].startswith("0 ")


def test_without_a_named_user_nothing_changes(base: Path) -> None:
    assert run(base, "").split()[:2] == [os.environ["HOME"], str(os.geteuid())]
