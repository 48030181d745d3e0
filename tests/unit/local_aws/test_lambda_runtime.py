from __future__ import annotations

from pathlib import Path

import pytest

from local_aws import lambda_runtime


def test_the_folder_has_awss_packages_and_no_others(tmp_path: Path) -> None:
    (tmp_path / "sklearn").symlink_to(tmp_path)
    (tmp_path / "boto3").symlink_to(tmp_path / "gone")
    (tmp_path / "__pycache__").mkdir()
    lambda_runtime.link_packages(tmp_path)
    lambda_runtime.link_packages(tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir() if path.is_symlink())
    expected = ["boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six.py", "urllib3"]
    assert names == expected
    assert (tmp_path / "boto3" / "__init__.py").is_file()


def test_a_package_that_is_missing_here_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lambda_runtime, "PACKAGES", ("no_such_package",))
    with pytest.raises(ModuleNotFoundError, match=r"no_such_package.*pip install"):
        lambda_runtime.link_packages(tmp_path)
