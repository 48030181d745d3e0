from __future__ import annotations

from types import SimpleNamespace

import pytest

from local_aws.ministack import patching
from local_aws.ministack.patching import PatchError, check_version, replace, rewrite


def test_another_version_than_the_pinned_one_is_rejected_with_the_way_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    check_version()
    monkeypatch.setattr(patching, "version", lambda _package: "1.6.0")
    with pytest.raises(PatchError, match=r"1\.5\.33, found 1\.6\.0.*make setup"):
        check_version()


def test_a_function_that_is_gone_is_an_error() -> None:
    with pytest.raises(PatchError, match="_gone"):
        replace(SimpleNamespace(), "_gone", lambda original: original)


@pytest.mark.parametrize("text", ["nothing of it", "twice old and old"])
def test_a_script_that_looks_otherwise_is_an_error(text: str) -> None:
    with pytest.raises(PatchError, match="exactly one 'old'"):
        rewrite(text, "old", "new")
