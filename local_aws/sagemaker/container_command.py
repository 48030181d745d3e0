"""From a training job to the command line that runs its image, as SageMaker does.

`docker run IMAGE train`, with the job's folder at /opt/ml.
https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-dockerfile.html
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from local_aws.container_engine import Engine
from local_aws.sagemaker.container_folder import HOST
from local_aws.sagemaker.training_job import TrainingJob

BASE_DIR = Path("/opt/ml")

# GiB for each vCPU by family, and the vCPUs by size (AWS, "Amazon EC2 instance types"). Families
# of other proportions, such as those with accelerators, get no limits.
_GIB_PER_VCPU = {"c": 2, "m": 4, "r": 8, "t": 4}
_TYPE = re.compile(r"ml\.(?P<family>[cmrt])[3-9][a-z]*\.(?P<times>\d*)(?P<size>large|xlarge)")


@dataclass(frozen=True)
class Machine:
    """What a training job's processes run as, and on.

    Parameters
    ----------
    cpus
        Of this machine.
    user, group
        Whose the job's folder is.
    """

    cpus: int
    user: int
    group: int


def run_arguments(
    engine: Engine,
    job: TrainingJob,
    *,
    name: str,
    labels: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    machine: Machine,
) -> list[str]:
    """Return the engine's arguments that run a training job in the foreground.

    Parameters
    ----------
    name
        The container's.
    labels
        By which containers of this local AWS are found again, each `name=value`.
    folder
        The job's `/opt/ml` on this machine.
    environment
        Its own variables; the image's come first.
    """
    algorithm = job.request["AlgorithmSpecification"]
    entrypoint = algorithm.get("ContainerEntrypoint") or []
    arguments = algorithm.get("ContainerArguments") or ([] if entrypoint else ["train"])
    return [
        "run",
        "--rm",
        "--pull=never",
        f"--name={name}",
        *(f"--label={label}" for label in labels),
        f"--hostname={HOST}",
        # The local AWS listens on this machine's 127.0.0.1 only.
        f"--network={'none' if job.request.get('EnableNetworkIsolation') else 'host'}",
        f"--mount={_bind(folder, BASE_DIR)}",
        # Otherwise SELinux hides the folder, or its files would have to be labelled anew.
        "--security-opt=label=disable",
        *(_limits(job.request["ResourceConfig"], machine) if engine.limits else []),
        *_user(engine, machine),
        *(f"--env={key}={value}" for key, value in environment.items()),
        *([f"--entrypoint={entrypoint[0]}"] if entrypoint else []),
        algorithm["TrainingImage"],
        *entrypoint[1:],
        *arguments,
    ]


def instance_size(instance_type: str) -> tuple[int, int] | None:
    """Return an instance type's vCPUs and GiB; None for families that we do not know.

    Example
    -------
    >>> instance_size("ml.m5.4xlarge")
    (16, 64)
    """
    match = _TYPE.fullmatch(instance_type)
    if match is None or (match["size"] == "large" and match["times"]):
        return None
    vcpus = 2 if match["size"] == "large" else 4 * int(match["times"] or 1)
    return vcpus, vcpus * _GIB_PER_VCPU[match["family"]]


def _limits(resources: Mapping[str, object], machine: Machine) -> list[str]:
    """Give the container the instance's memory, and its processors as far as there are any."""
    size = instance_size(str(resources.get("InstanceType")))
    if size is None:
        return []
    vcpus, gib = size
    return [f"--cpus={min(vcpus, machine.cpus)}", f"--memory={gib}g"]


def _user(engine: Engine, machine: Machine) -> list[str]:
    """Let the container write as the folder's owner; as root's guest it is the image's own user.

    What another user wrote could not be read or deleted here.
    """
    if machine.user == 0:
        return []
    keep = ["--userns=keep-id"] if engine.name == "podman" else []
    return [*keep, f"--user={machine.user}:{machine.group}"]


def _bind(source: Path, target: Path) -> str:
    """Write a mount as one line of CSV, as both engines read it: paths may have any character."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(
        ["type=bind", f"source={source}", f"target={target}"]
    )
    return line.getvalue()
