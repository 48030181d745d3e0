"""The training image's asset: its context is two folders, and its hash is of these."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from aws_cdk import App, Stack

from cdk_app.training import TrainingImage
from tests.support.synthesis import ROOT, Template

FILES = ("README.md", "common/tunedrop_common/plan.py", "training_container/Dockerfile",
         "training_container/sklearn_trainer/tune.py", "lambda/tunedrop/keys.py")  # fmt: skip


def test_the_context_has_what_the_dockerfile_copies_and_nothing_else(template: Template) -> None:
    assets = json.loads(template.path.with_name("Tunedrop.assets.json").read_text())
    (image,) = assets["dockerImages"].values()
    source = image["source"]
    context = template.path.parent / source["directory"]

    assert source["platform"] == "linux/amd64"  # what SageMaker's machines are
    assert {path.name for path in context.iterdir()} <= {
        ".dockerignore", "common", "training_container",
    }  # fmt: skip
    assert (context / source["dockerFile"]).is_file()
    for line in (context / source["dockerFile"]).read_text().splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            assert (context / line.split()[1]).exists(), line


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("as it was")
    shutil.copy(ROOT / ".dockerignore", tmp_path)
    return tmp_path


def uri_of(checkout: Path) -> object:
    stack = Stack(App(), "Stack")
    return stack.resolve(TrainingImage(stack, "Image", uri=None, root=checkout).uri)


@pytest.mark.parametrize(
    ("edited", "rebuilt"), list(zip(FILES, (False, True, True, True, False), strict=True))
)
def test_only_an_edit_of_the_two_folders_rebuilds_the_image(
    edited: str, rebuilt: bool, checkout: Path
) -> None:
    before = uri_of(checkout)
    (checkout / edited).write_text("edited")

    assert (uri_of(checkout) != before) is rebuilt
