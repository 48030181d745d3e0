from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tools import names, weight

SOURCE = '''\
"""A module's docstring,
in two lines."""

# A comment.
from os import path  # with a comment behind


class Empty:
    """One."""

    name = """a string that is
    no docstring"""


def join(
    *parts: str,
) -> str:
    """Join."""
    "a second string is code"
    return path.join(

        *parts,  # a blank line inside brackets is none
    )
'''


def test_lines_of_code_are_those_without_blanks_comments_and_docstrings() -> None:
    assert weight.count_code_lines(SOURCE) == 1 + 1 + 2 + 3 + 1 + 3
    assert weight.count_code_lines("") == 0


@pytest.fixture
def project(tmp_path: Path) -> Path:
    files = {
        "common/tunedrop_common/plan.py": "a = 1\nb = 2\n",
        "common_words.py": "c = 3\n",
        "benchmarks/one.py": "a = 1\n",
        "tools/two.py": '"""Nothing."""\n\nimport os\n',
        "tests/unit/test_one.py": "def test() -> None:\n    assert True\n",
        "README.md": "# Three words\n",
        "docs/decisions/one.md": "one word\n",
        "docs/picture.svg": "<svg> is no prose </svg>",
        "CONTRIBUTING.md": "does not count\n",
        **dict.fromkeys(weight.GENERATED_PAGES, "many words\n"),
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_folders_modules_of_the_product_and_words_are_counted(project: Path) -> None:
    limits = {"common": 5, "benchmarks+tools": 5, "tests": 5, "modules": 5, "words": 5}
    paths = [path for path in project.rglob("*") if path.is_file()]
    assert weight.weigh(paths, project, limits) == {
        "common": 2,
        "benchmarks+tools": 2,
        "tests": 2,
        "modules": 1,
        "words": 5,
    }


def commit(project: Path) -> None:
    """Make git list the project's files."""
    for command in (["git", "init", "-q"], ["git", "add", "."]):
        subprocess.run(command, cwd=project, check=True)


@pytest.mark.parametrize(("limit", "status"), [(5, 0), (4, 1)])
def test_more_than_a_limit_fails_and_the_table_says_by_how_much(
    project: Path,
    limit: int,
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (project / "weight.toml").write_text(f"[limits]\nwords = {limit}\n")
    commit(project)
    monkeypatch.setattr(weight, "ROOT", project)
    assert weight.main() == status
    assert ("1 too many" in capsys.readouterr().out) == (status == 1)


@pytest.mark.parametrize(
    ("source", "places"),
    [
        ("for each in rows:\n    found = each.found\n", [("each", 1), ("found", 2)]),
        (
            "def load(*, given: int) -> None:\n    _known: int = given\n",
            [("given", 1), ("_known", 2)],
        ),
        ("rows = [found(row) for row in given]\n", []),
    ],
)
def test_placeholders_are_names_that_are_bound(source: str, places: list[tuple[str, int]]) -> None:
    assert sorted(names.find_placeholders(source), key=lambda place: place[1]) == places


@pytest.mark.parametrize(("limit", "status"), [(250, 0), (249, 1)])
def test_more_placeholders_than_a_limit_fail_and_are_listed(
    project: Path,
    limit: int,
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (project / "benchmarks/one.py").write_text("found = 1\n" + "\n" * 3)
    (project / "weight.toml").write_text(f"[names]\nbenchmarks = {limit}\n")
    commit(project)
    monkeypatch.setattr(weight, "ROOT", project)
    monkeypatch.setattr(names, "ROOT", project)
    assert names.main() == status
    assert ("benchmarks/one.py:1: found" in capsys.readouterr().out) == (status == 1)
