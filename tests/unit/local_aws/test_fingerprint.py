from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from local_aws.fingerprint import fingerprint


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text("app")
    (tmp_path / "lambda" / "tunedrop").mkdir(parents=True)
    (tmp_path / "lambda" / "tunedrop" / "a.py").write_text("a")
    return tmp_path


def change(repository: Path) -> None:
    (repository / "lambda" / "tunedrop" / "a.py").write_text("b")


def add(repository: Path) -> None:
    (repository / "lambda" / "b.py").write_text("")


def rename(repository: Path) -> None:
    (repository / "lambda/tunedrop/a.py").rename(repository / "lambda/tunedrop/c.py")


@pytest.mark.parametrize("edit", [change, add, rename])
def test_every_edit_of_a_source_changes_it(repository: Path, edit: Callable[[Path], None]) -> None:
    before = fingerprint(repository, {})
    edit(repository)
    assert fingerprint(repository, {}) != before


def test_settings_change_it(repository: Path) -> None:
    assert fingerprint(repository, {"a": 1}) != fingerprint(repository, {"a": 2})


def test_compiled_files_and_others_folders_do_not(repository: Path) -> None:
    before = fingerprint(repository, {"a": 1, "b": 2})
    (repository / "lambda" / "__pycache__").mkdir()
    (repository / "lambda" / "__pycache__" / "a.cpython-311.pyc").write_text("x")
    (repository / "README.md").write_text("x")
    assert fingerprint(repository, {"b": 2, "a": 1}) == before
