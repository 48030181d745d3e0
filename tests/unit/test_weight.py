from __future__ import annotations

import subprocess
from collections.abc import Callable
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
    parts = (

        "a second string is code",  # a blank line inside brackets is none
    )
'''


def test_lines_of_code_are_those_without_blanks_comments_and_docstrings() -> None:
    assert weight.count_code_lines(SOURCE) == 1 + 1 + 2 + 3
    assert weight.count_code_lines("") == 0


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a line of code in the tools, two in `common`, and five words."""
    files = {
        "common/tunedrop_common/plan.py": "a = 1\nb = 2\n",
        "common_words.py": "c = 3\n",
        "tools/two.py": '"""Nothing."""\n\nfound = 1\n',
        "README.md": "# Three words\n",
        "docs/decisions/one.md": "one word\n",
        "CONTRIBUTING.md": "does not count\n",
        **dict.fromkeys(weight.GENERATED_PAGES, "many words\n"),
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for command in (["git", "init", "-q"], ["git", "add", "."]):
        subprocess.run(command, cwd=tmp_path, check=True)
    monkeypatch.setattr(weight, "ROOT", tmp_path)
    monkeypatch.setattr(names, "ROOT", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("main", "limits", "excess"),
    [
        (weight.main, '[limits]\nwords = 5\nmodules = 1\n"common+tools" = 3\n', ""),
        (weight.main, "[limits]\nwords = 4\n", "1 too many"),
        (weight.main, '[limits]\n"common+tools" = 2\n', "1 too many"),
        (names.main, "[names]\ntools = 334\n", ""),
        (names.main, "[names]\ntools = 333\n", "tools/two.py:3: found"),
    ],
)
def test_more_than_a_limit_fails_and_is_shown(
    project: Path,
    main: Callable[[], int],
    limits: str,
    excess: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (project / "weight.toml").write_text(limits)
    assert main() == bool(excess)
    assert excess in capsys.readouterr().out


def test_placeholders_are_names_that_are_bound() -> None:
    source = "def load(*, given: int) -> None:\n    _known = found(given)\n"
    assert sorted(names.find_placeholders(source)) == [("_known", 2), ("given", 1)]
