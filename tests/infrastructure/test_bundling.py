"""The Lambdas' assets, as synthesis left them; and what their hashes depend on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from aws_cdk import App, Stack

from cdk_app.bundling import Group, Platform, bundle, code_of
from tests.support.shared_objects import missing_libraries
from tests.support.synthesis import ROOT, Template

# Lambda's limit for a function with all its layers, unzipped:
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
LIMIT_BYTES = 250 * 1024 * 1024

FUNCTIONS = {Group.WORKFLOW: "StartJob", Group.ADMISSION: "Admit", Group.REPORT: "WriteReport"}
HANDLERS = {
    Group.WORKFLOW: ("start_job", "await_job", "resume_run", "record_failure", "stop_jobs"),
    Group.ADMISSION: ("admit",),
    Group.REPORT: ("write_report",),
}

by_group = pytest.mark.parametrize("group", Group)


def asset_of(template: Template, group: Group) -> Path:
    key: str = template.lambdas[FUNCTIONS[group]]["Code"]["S3Key"]
    return template.path.parent / f"asset.{key.removesuffix('.zip')}"


@by_group
def test_an_asset_fits_into_a_lambda(template: Template, group: Group) -> None:
    files = asset_of(template, group).rglob("*")

    assert sum(file.stat().st_size for file in files) < LIMIT_BYTES * 0.6
    assert not list(asset_of(template, group).rglob("tunedrop/**/__pycache__"))


@by_group
def test_handlers_and_libraries_import_from_their_asset_alone(
    laptop_template: Template, group: Group
) -> None:
    asset = asset_of(laptop_template, group)
    compiled = [
        ".".join(file.relative_to(asset).with_name(file.name.split(".")[0]).parts)
        for file in asset.rglob("*.*.so")  # lib.cpython-313-x86_64-linux-gnu.so
    ]
    modules = [*(f"tunedrop.handlers.{name}" for name in HANDLERS[group]), *compiled]

    result = subprocess.run(
        [sys.executable, "-S", "-B", "-c", "\n".join(f"import {name}" for name in modules)],
        env={"PYTHONPATH": str(asset), "AWS_DEFAULT_REGION": "eu-west-1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stderr


@by_group
def test_an_asset_has_every_library_that_its_compiled_code_needs(
    template: Template, laptop_template: Template, group: Group
) -> None:
    for synthesized in (template, laptop_template):  # arm64, and this machine's architecture
        assert missing_libraries(asset_of(synthesized, group)) == {}


def test_each_asset_has_the_code_and_only_the_libraries_of_its_group(template: Template) -> None:
    tops = {group: {path.name for path in asset_of(template, group).iterdir()} for group in Group}

    assert "yaml" in tops[Group.ADMISSION]
    assert "altair" in tops[Group.REPORT]
    javascript = asset_of(template, Group.REPORT) / "tunedrop/report/vega.js"
    assert "vegaEmbed" in javascript.read_text()
    assert not {"altair", "yaml"} & tops[Group.WORKFLOW]
    assert "altair" not in tops[Group.ADMISSION]
    for names in tops.values():
        assert {"tunedrop", "tunedrop_common", "pydantic", "boto3"} <= names
        assert not {"vl_convert", "numpy", "pandas", "pyarrow", "bin"} & names


def test_a_library_that_cannot_be_installed_is_reported_in_the_tools_own_words(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    requirements = tmp_path / "lambda/requirements/workflow.txt"
    requirements.parent.mkdir(parents=True)
    requirements.write_text("jmespath==1.1.0 --hash=sha256:" + "0" * 64)

    with pytest.raises(subprocess.CalledProcessError, match="'pip', 'install'"):
        bundle(Group.WORKFLOW, X86, tmp_path, tmp_path / "asset")
    assert "jmespath" in capfd.readouterr().err


X86 = Platform("x86_64", "3.13")
SOURCES = ("lambda/tunedrop/keys.py", "lambda/requirements/workflow.txt",
           "common/tunedrop_common/plan.py", "cdk_app/bundling.py")  # fmt: skip
ELSEWHERE = ("README.md", "lambda/requirements/report.txt", "lambda/__pycache__/keys.pyc")


def hash_of(checkout: Path, platform: Platform = X86) -> str:
    # Bundling is off: the hash is made before it.
    stack = Stack(App(context={"aws:cdk:bundling-stacks": []}), "Stack")
    location = code_of(Group.WORKFLOW, platform, checkout).bind(stack).s3_location
    assert location is not None
    return location.object_key


@pytest.mark.parametrize("edited", [*SOURCES, "lambda/tunedrop/new.py"])
def test_only_an_edit_of_what_the_lambdas_run_changes_the_hash(edited: str, tmp_path: Path) -> None:
    for name in SOURCES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("as it was")
    before = hash_of(tmp_path)
    for name in ELSEWHERE:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("edited")
    assert hash_of(tmp_path) == before
    for platform in (Platform("arm64", "3.13"), Platform("x86_64", "3.12")):
        assert hash_of(tmp_path, platform) != before

    (tmp_path / edited).write_text("edited")
    assert hash_of(tmp_path) != before


def test_the_handlers_of_the_groups_are_all_that_there_are() -> None:
    modules = {path.stem for path in (ROOT / "lambda/tunedrop/handlers").glob("[a-z]*.py")}

    in_the_image = {"plan_run", "predict"}
    assert modules - in_the_image == {name for names in HANDLERS.values() for name in names}
