"""The images that `--container` runs, from the cloud assembly into the engine's store."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from local_aws import container_engine, images
from local_aws.container_engine import Engine
from local_aws.errors import LocalAwsError
from local_aws.images import ImageAsset
from local_aws.workspace import Workspace
from tests.support.sagemaker import fake_engine

NAME = "000000000000.dkr.ecr.us-east-1.amazonaws.com/cdk-assets-000000000000-us-east-1:abc"


def assembly(folder: Path) -> Path:
    """Write as much of a synthesized stack as has to do with images."""
    image = {
        "source": {"directory": "asset.abc", "platform": "linux/amd64"},
        "destinations": {
            "current": {
                "repositoryName": "cdk-assets-${AWS::AccountId}-${AWS::Region}",
                "imageTag": "abc",
            }
        },
    }
    (folder / "asset.abc").mkdir(parents=True)
    (folder / "asset.abc" / "Dockerfile").write_text('FROM scratch\nENTRYPOINT ["python"]\n')
    manifest = {"version": "1", "files": {"x": {}}, "dockerImages": {"abc": image}}
    (folder / "Tunedrop.assets.json").write_text(json.dumps(manifest))
    (folder / "Other.assets.json").write_text('{"version": "1", "files": {}}')
    return folder


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    program = fake_engine.install(tmp_path / "engine")
    path = os.pathsep.join((str(program.parent), os.environ["PATH"]))
    return container_engine.find("podman", {"PATH": path})


def test_images_have_the_names_under_which_the_stack_asks_for_them(tmp_path: Path) -> None:
    [asset] = images.assets(assembly(tmp_path))
    assert asset == ImageAsset(
        name=NAME, folder=tmp_path / "asset.abc", dockerfile=None, platform="linux/amd64"
    )


def test_an_image_is_built_once(tmp_path: Path, engine: Engine) -> None:
    workspace = Workspace(tmp_path / "aws")
    assembly(workspace.cloud_assembly)
    said: list[str] = []
    assert not engine.has_image(NAME)
    images.ensure(workspace, engine, said.append)
    assert engine.has_image(NAME)
    images.ensure(workspace, engine, said.append)
    assert len(said) == 1
    assert said[0].startswith("Building the training image (podman build; ")


def test_a_build_that_fails_shows_the_end_of_its_log(tmp_path: Path, engine: Engine) -> None:
    workspace = Workspace(tmp_path / "aws")
    (assembly(workspace.cloud_assembly) / "asset.abc" / "Dockerfile").unlink()
    with pytest.raises(
        LocalAwsError, match=r"could not be built.*\n +Error: cannot build"
    ) as error:
        images.ensure(workspace, engine, print)
    assert str(error.value).endswith("Mend what it names, or leave --container out.")


@pytest.mark.parametrize(("name", "formats"), [("docker", []), ("podman", ["--format=docker"])])
def test_podman_is_told_to_write_dockers_manifest(name: str, formats: list[str]) -> None:
    engine = Engine(name=name, program=f"/usr/bin/{name}", version="1")
    asset = ImageAsset(NAME, Path("/x"), "Other.Dockerfile", "linux/amd64")
    assert images.build_arguments(engine, asset) == [
        "build",
        f"--tag={NAME}",
        *formats,
        "--platform=linux/amd64",
        "--file=/x/Other.Dockerfile",
        "/x",
    ]
