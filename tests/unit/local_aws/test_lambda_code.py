from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from local_aws.ministack import lambda_code
from local_aws.ministack.lambda_code import SharedZipFile


def package(path: Path, content: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("function.py", content)
    return path


def unpack(archive: Path, target: Path) -> Path:
    target.mkdir()
    with SharedZipFile(archive) as opened:
        opened.extractall(target)
    return target


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(lambda_code.CODE_VARIABLE, str(tmp_path / "code"))
    return tmp_path / "code"


@pytest.mark.parametrize("content", ["x = 1\n", "x = 2\n"])
def test_the_same_package_is_unpacked_once(tmp_path: Path, shared: Path, content: str) -> None:
    first = unpack(package(tmp_path / "a.zip", "x = 1\n"), tmp_path / "first")
    second = unpack(package(tmp_path / "b.zip", content), tmp_path / "second")
    assert (first / "function.py").read_text() == "x = 1\n"
    assert (second / "function.py").read_text() == content
    same = content == "x = 1\n"
    assert (first.resolve() == second.resolve()) is same
    assert len(list(shared.iterdir())) == (1 if same else 2)


def test_the_packages_used_last_are_kept(tmp_path: Path) -> None:
    for number in range(10):
        (tmp_path / str(number)).mkdir()
        os.utime(tmp_path / str(number), (number, number))
    lambda_code.forget_old(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == list("23456789")
