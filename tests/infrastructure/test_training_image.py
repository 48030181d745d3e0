"""The training image's asset: what is in its context, of which its hash is."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from aws_cdk import App, Stack

from cdk_app.context import parse_settings
from cdk_app.training import TrainingImage
from tests.support.imports import files_behind
from tests.support.synthesis import ROOT, Json, Template
from tunedrop import __version__

IN_THE_IMAGE = ("common/tunedrop_common/plan.py", "training_container/Dockerfile",
                "training_container/sklearn_trainer/tune.py", "lambda/tunedrop/keys.py",
                "lambda/tunedrop/handlers/plan_run.py", "lambda/tunedrop/planning/costs.py",
                "lambda/tunedrop/planning/tuning_config/model.py")  # fmt: skip
ELSEWHERE = ("README.md", "lambda/requirements/workflow.txt", "lambda/tunedrop/cli/main.py",
             "lambda/tunedrop/handlers/admit.py", "lambda/tunedrop/admission/context.py",
             "lambda/tunedrop/report/page.py", "lambda/tunedrop/index/pages.py")  # fmt: skip


def source_in(assets: Path) -> Json:
    (image,) = json.loads(assets.read_text())["dockerImages"].values()
    source: Json = image["source"]
    return source


def image_of(template: Template) -> Json:
    return source_in(template.path.with_name("Tunedrop.assets.json"))


def context_of(template: Template) -> Path:
    return template.path.parent / str(image_of(template)["directory"])


def test_the_context_has_what_the_dockerfile_copies_and_nothing_else(template: Template) -> None:
    source = image_of(template)
    context = context_of(template)

    assert source["platform"] == "linux/amd64"  # what SageMaker's machines are
    assert {path.name for path in context.iterdir()} <= {
        ".dockerignore", "common", "lambda", "training_container",
    }  # fmt: skip
    assert (context / source["dockerFile"]).is_file()
    for line in (context / source["dockerFile"]).read_text().splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            assert (context / line.split()[1]).exists(), line


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in (*IN_THE_IMAGE, *ELSEWHERE):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("as it was")
    shutil.copy(ROOT / ".dockerignore", tmp_path)
    return tmp_path


def uri_of(checkout: Path) -> object:
    stack = Stack(App(), "Stack")
    return stack.resolve(TrainingImage(stack, "Image", uri=None, root=checkout).uri)


@pytest.mark.parametrize("edited", IN_THE_IMAGE)
def test_only_an_edit_of_code_of_jobs_or_plan_run_makes_a_new_image(
    edited: str, checkout: Path
) -> None:
    before = uri_of(checkout)
    for name in ELSEWHERE:
        (checkout / name).write_text("edited")
    assert uri_of(checkout) == before

    (checkout / edited).write_text("edited")
    assert uri_of(checkout) != before


@pytest.mark.parametrize("handler", ["plan_run", "predict"])
def test_the_context_has_all_that_a_handler_imports(template: Template, handler: str) -> None:
    context = context_of(template)
    imported = {path.relative_to(ROOT) for path in files_behind(f"tunedrop.handlers.{handler}")}

    assert {str(path) for path in imported if not (context / path).is_file()} == set()


def test_the_images_version_is_the_release_of_its_code() -> None:
    dockerfile = (ROOT / "training_container/Dockerfile").read_text()

    assert re.findall(r'image\.version="(.*)"', dockerfile) == [__version__]


def source_of(stack: Stack) -> Json:
    app = App.of(stack)
    assert isinstance(app, App)
    return source_in(Path(app.synth().directory, "Stack.assets.json"))


@pytest.mark.parametrize(
    ("builder", "outputs"),
    [
        (None, ["type=docker,oci-mediatypes=false"]),
        ("/usr/bin/docker", ["type=docker,oci-mediatypes=false"]),
        ("/usr/bin/buildah", None),
    ],
)
def test_every_builder_writes_dockers_manifest_and_the_image_is_the_same(
    builder: str | None,
    outputs: list[str] | None,
    checkout: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("CDK_DOCKER", raising=False)
    default = uri_of(checkout)
    if builder:
        monkeypatch.setenv("CDK_DOCKER", builder)

    stack = Stack(App(), "Stack")
    uri = stack.resolve(TrainingImage(stack, "Image", uri=None, root=checkout).uri)

    assert source_of(stack).get("dockerOutputs") == outputs
    assert uri == default


def test_the_base_is_named_by_its_digest_and_can_be_a_mirror(checkout: Path) -> None:
    dockerfile = (ROOT / "training_container/Dockerfile").read_text()
    stack = Stack(App(), "Stack")
    mirror = "registry.example.com:5000/mirror/python@sha256:" + "0" * 64
    uri = stack.resolve(TrainingImage(stack, "Image", uri=None, base=mirror, root=checkout).uri)

    assert re.search(
        r"^ARG PYTHON_IMAGE=public\.ecr\.aws/\S+@sha256:[0-9a-f]{64}$", dockerfile, re.M
    )
    assert source_of(stack)["dockerBuildArgs"] == {"PYTHON_IMAGE": mirror}
    assert uri != uri_of(checkout)
    assert parse_settings({"base_image": mirror}).base_image == mirror
