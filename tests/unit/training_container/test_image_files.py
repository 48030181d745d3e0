"""What the image is built from: the lock file, the Dockerfile, and the list of imports."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from uv import find_uv_bin

from local_aws.sagemaker.jobs.interpreter import PRELOAD
from tests.support.shared_objects import missing_libraries
from tests.support.training import PACKAGE, PYTHONPATH, ROOT

PIN = re.compile(r"^([A-Za-z0-9_.-]+)==([^\s\\;]+)", re.MULTILINE)
SHARED = (
    "scikit-learn", "numpy", "scipy", "pandas", "pyarrow", "skops", "joblib", "threadpoolctl",
    "boto3", "pydantic", "pyyaml",
)  # fmt: skip


def pins(text: str) -> dict[str, str]:
    return dict(PIN.findall(text))


def test_the_image_has_the_versions_that_the_tests_run_with() -> None:
    image = pins((PACKAGE / "requirements.txt").read_text())
    tested = pins((ROOT / "requirements.txt").read_text())
    assert {name: image[name] for name in SHARED} == {name: tested[name] for name in SHARED}


def test_everything_asked_for_is_locked_and_every_package_has_hashes() -> None:
    required = pins((PACKAGE / "requirements.in").read_text())
    text = (PACKAGE / "requirements.txt").read_text()
    locked = pins(text)
    assert required.items() <= locked.items()
    for entry in re.split(r"\n(?=[A-Za-z])", text.split("\n", 2)[2]):
        assert "--hash=sha256:" in entry, entry


def test_every_module_that_the_local_aws_preloads_exists() -> None:
    for name in PRELOAD:
        importlib.import_module(name)


@pytest.mark.parametrize(
    ("module", "libraries"),
    [
        ("sklearn_trainer.__main__", ("sklearn", "pandas", "pyarrow", "numpy")),
        (
            "sklearn_trainer.tune",
            ("sklearn.ensemble", "skrub", "skops", "pyarrow.parquet"),
        ),
        # Lambda gives the import of a handler ten seconds.
        ("tunedrop.handlers.plan_run", ("sklearn", "pandas", "pyarrow", "skrub")),
        ("tunedrop.handlers.predict", ("sklearn", "pandas", "pyarrow", "skrub")),
    ],
)
def test_no_library_is_imported_before_a_job_is_known_to_need_it(
    module: str, libraries: tuple[str, ...]
) -> None:
    code = f"import sys, {module}; print(*[m for m in {libraries} if m in sys.modules])"
    process = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join((PYTHONPATH, str(ROOT / "lambda")))},
        capture_output=True,
        text=True,
        check=True,
    )
    assert process.stdout.strip() == ""


def test_the_image_starts_as_root_and_takes_the_port_that_it_is_told() -> None:
    dockerfile = (PACKAGE / "Dockerfile").read_text()
    assert "--require-hashes" in dockerfile
    assert "USER" not in re.findall(r"^(\w+)", dockerfile, re.MULTILINE)
    assert 'com.amazonaws.sagemaker.capabilities.accept-bind-to-port="true"' in dockerfile


def test_the_programs_of_the_dockerfile_run_and_name_what_the_image_needs() -> None:
    dockerfile = (PACKAGE / "Dockerfile").read_text().replace("\\\n", "")
    programs = re.findall(r'python -c "([^"]+)"', dockerfile)
    # Lambda's own client is not among the tests' packages: test_image_entry_point.py starts it.
    ours = [program for program in programs if "awslambdaric" not in program]
    assert len(ours) == len(programs) - 1 == 5
    for program in ours:
        exec(compile(program, "Dockerfile", "exec"), {})  # noqa: S102 - our own file


def test_no_library_that_the_image_needs_is_among_the_files_that_it_deletes(tmp_path: Path) -> None:
    dockerfile = (PACKAGE / "Dockerfile").read_text().replace("\\\n", "")
    [(python, deletions)] = re.findall(r"cd /opt/trainer/lib/python(\S+)/\S+ +&& (.*)", dockerfile)
    assert " /" not in deletions  # they run on this machine, too
    install = [
        *(find_uv_bin(), "pip", "install", "--quiet", "--target", ".", "--no-deps"),
        *("--python", sys.executable, "--python-version", python, "--only-binary", ":all:"),
        *("--python-platform", "x86_64-manylinux_2_28", "-r", str(PACKAGE / "requirements.txt")),
    ]
    subprocess.run(install, cwd=tmp_path, check=True)
    subprocess.run(["/bin/sh", "-ec", deletions], cwd=tmp_path, check=True)

    assert missing_libraries(tmp_path) == {}

    [libparquet] = tmp_path.glob("pyarrow/libparquet.so.*")
    libparquet.unlink()
    assert {libparquet.name} in missing_libraries(tmp_path).values()
