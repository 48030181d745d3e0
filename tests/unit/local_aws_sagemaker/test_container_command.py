"""From a training job to the engine's command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from local_aws.container_engine import Engine
from local_aws.sagemaker.container_command import Machine, instance_size, run_arguments
from local_aws.sagemaker.training_job import TrainingJob

ROOT, PERSON = Machine(cpus=4, user=0, group=0), Machine(cpus=4, user=1000, group=100)
DOCKER = Engine(name="docker", program="/usr/bin/docker", version="28", limits=True)
PODMAN = Engine(name="podman", program="/usr/bin/podman", version="5", limits=True, rootless=True)


def arguments(
    engine: Engine = DOCKER,
    machine: Machine = ROOT,
    folder: str = "/aws/job/opt/ml",
    instance_type: str = "ml.m5.large",
    environment: dict[str, str] | None = None,
    algorithm: dict[str, Any] | None = None,
    **request: Any,
) -> list[str]:
    job = TrainingJob(
        "job",
        "arn:aws:sagemaker:us-east-1:000000000000:training-job/job",
        {
            "AlgorithmSpecification": {"TrainingImage": "image:1", **(algorithm or {})},
            "ResourceConfig": {"InstanceType": instance_type},
            **request,
        },
        {},
    )
    return run_arguments(
        engine,
        job,
        name="job-1",
        labels=["owner=me", "start=now"],
        folder=Path(folder),
        environment=environment or {},
        machine=machine,
    )


def test_the_whole_command() -> None:
    assert arguments(environment={"A": "b c"}) == [
        "run",
        "--rm",
        "--pull=never",
        "--name=job-1",
        "--label=owner=me",
        "--label=start=now",
        "--hostname=algo-1",
        "--network=host",
        "--mount=type=bind,source=/aws/job/opt/ml,target=/opt/ml",
        "--security-opt=label=disable",
        "--cpus=2",
        "--memory=8g",
        "--env=A=b c",
        "image:1",
        "train",
    ]


def test_network_isolation_takes_the_network_away() -> None:
    isolated = arguments(EnableNetworkIsolation=True)
    assert "--network=none" in isolated
    assert "--network=host" not in isolated


def test_a_folder_may_have_commas_and_quotes() -> None:
    [mount] = [each for each in arguments(folder='/a,b/"c"') if each.startswith("--mount=")]
    assert mount == '--mount=type=bind,"source=/a,b/""c""",target=/opt/ml'


@pytest.mark.parametrize(
    ("instance_type", "size"),
    [
        ("ml.m5.large", (2, 8)),
        ("ml.m5.4xlarge", (16, 64)),
        ("ml.c5.xlarge", (4, 8)),
        ("ml.c6i.2xlarge", (8, 16)),
        ("ml.r5.large", (2, 16)),
        ("ml.t3.xlarge", (4, 16)),
        ("ml.t3.medium", None),
        ("ml.p3.2xlarge", None),
        ("ml.g5.xlarge", None),
        ("local", None),
    ],
)
def test_sizes_of_instances(instance_type: str, size: tuple[int, int] | None) -> None:
    assert instance_size(instance_type) == size
    limited = [each for each in arguments(instance_type=instance_type) if each.startswith("--mem")]
    assert limited == ([] if size is None else [f"--memory={size[1]}g"])


def test_no_more_processors_are_asked_for_than_the_machine_has() -> None:
    assert "--cpus=4" in arguments(instance_type="ml.m5.24xlarge")


def test_no_limits_are_asked_of_an_engine_that_cannot_set_them() -> None:
    weak = Engine(name="podman", program="/usr/bin/podman", version="5", limits=False)
    assert not [each for each in arguments(weak) if each.startswith(("--cpus", "--memory"))]


def test_a_person_gets_files_of_their_own_and_root_the_images_user() -> None:
    assert not [each for each in arguments() if each.startswith("--user")]
    docker = [each for each in arguments(machine=PERSON) if each.startswith("--user")]
    podman = [each for each in arguments(PODMAN, PERSON) if each.startswith("--user")]
    assert docker == ["--user=1000:100"]
    assert podman == ["--userns=keep-id", "--user=1000:100"]


def test_entry_point_and_arguments_of_the_request_take_the_place_of_the_images() -> None:
    told = {"ContainerEntrypoint": ["python", "-m", "mine"], "ContainerArguments": ["--fast"]}
    assert arguments(algorithm=told)[-5:] == [
        "--entrypoint=python",
        "image:1",
        "-m",
        "mine",
        "--fast",
    ]
    assert arguments(algorithm={"ContainerEntrypoint": ["mine"]})[-2:] == [
        "--entrypoint=mine",
        "image:1",
    ]
    assert arguments(algorithm={"ContainerArguments": ["fit"]})[-2:] == ["image:1", "fit"]
