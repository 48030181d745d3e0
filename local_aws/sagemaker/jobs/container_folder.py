"""The files and variables that a training container finds: SageMaker's contract, one folder a job.

On AWS the folder is /opt/ml. Here each training job has its own, which SAGEMAKER_BASE_DIR names.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_aws.account import REGION
from local_aws.calls import TRAINING_JOBS
from local_aws.sagemaker.jobs.interpreter import THREAD_VARIABLES
from local_aws.sagemaker.jobs.training_job import TrainingJob

HOST = "algo-1"
_GROUP = "homogeneousCluster"
_LARGEST_FAILURE = 1 << 16


@dataclass(frozen=True)
class ContainerFolder:
    """A job's own /opt/ml."""

    root: Path

    @property
    def config(self) -> Path:
        """Where the platform's JSON files are."""
        return self.root / "input" / "config"

    @property
    def model(self) -> Path:
        """What becomes model.tar.gz."""
        return self.root / "model"

    @property
    def data(self) -> Path:
        """What becomes output.tar.gz."""
        return self.root / "output" / "data"

    def channel(self, name: str) -> Path:
        """Where a channel's files are."""
        return self.root / "input" / "data" / name

    def prepare(self, job: TrainingJob) -> None:
        """Make the folders and write the platform's files."""
        folders = (
            self.config,
            self.model,
            self.data,
            self.root / "code",
            self.root / "checkpoints",
        )
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
        for name, content in (
            ("hyperparameters", job.request.get("HyperParameters", {})),
            ("inputdataconfig", _channels(job.request)),
            ("resourceconfig", _resources(job.request)),
        ):
            (self.config / f"{name}.json").write_text(json.dumps(content), "utf-8")

    def failure(self) -> str:
        """Read what the job wrote about its failure, bounded."""
        path = self.root / "output" / "failure"
        if not path.is_file():
            return ""
        with path.open("rb") as file:
            return file.read(_LARGEST_FAILURE).decode("utf-8", "replace").strip()

    def environment(self, job: TrainingJob, threads: int, endpoint_url: str) -> dict[str, str]:
        """List what is here and whose job it is, in the variables of the contract."""
        request = job.request
        settings = dict.fromkeys(THREAD_VARIABLES, str(threads))
        settings |= {"AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION}
        if not request.get("EnableNetworkIsolation"):
            settings |= {
                "AWS_ENDPOINT_URL": endpoint_url,
                "AWS_ACCESS_KEY_ID": TRAINING_JOBS,
                "AWS_SECRET_ACCESS_KEY": "local",
            }
        settings |= request.get("Environment", {})
        return settings | self._described(job, threads)

    def _described(self, job: TrainingJob, threads: int) -> dict[str, str]:
        request = job.request
        names = sorted(channel["ChannelName"] for channel in request.get("InputDataConfig") or [])
        folders = {
            "SM_INPUT_DIR": self.root / "input",
            "SM_INPUT_CONFIG_DIR": self.config,
            "SM_MODEL_DIR": self.model,
            "SM_OUTPUT_DIR": self.root / "output",
            "SM_OUTPUT_DATA_DIR": self.data,
            **{_channel_variable(name): self.channel(name) for name in names},
        }
        return {
            "TRAINING_JOB_NAME": job.name,
            "TRAINING_JOB_ARN": job.arn,
            "SM_CHANNELS": json.dumps(names),
            "SM_HPS": json.dumps(request.get("HyperParameters", {})),
            "SM_HOSTS": json.dumps([HOST]),
            "SM_CURRENT_HOST": HOST,
            "SM_CURRENT_INSTANCE_TYPE": request["ResourceConfig"]["InstanceType"],
            "SM_NUM_CPUS": str(threads),
            "SM_NUM_GPUS": "0",
            **{name: str(folder) for name, folder in folders.items()},
        }


def _channel_variable(name: str) -> str:
    return "SM_CHANNEL_" + re.sub(r"[^A-Z0-9_]", "_", name.upper())


def _channels(request: dict[str, Any]) -> dict[str, dict[str, str]]:
    mode = request["AlgorithmSpecification"]["TrainingInputMode"]
    return {
        channel["ChannelName"]: {
            "TrainingInputMode": channel.get("InputMode", mode),
            "S3DistributionType": channel["DataSource"]["S3DataSource"].get(
                "S3DataDistributionType", "FullyReplicated"
            ),
            "RecordWrapperType": channel.get("RecordWrapperType", "None"),
            **({"ContentType": channel["ContentType"]} if "ContentType" in channel else {}),
        }
        for channel in request.get("InputDataConfig") or []
    }


def _resources(request: dict[str, Any]) -> dict[str, Any]:
    kind = request["ResourceConfig"]["InstanceType"]
    return {
        "current_host": HOST,
        "current_instance_type": kind,
        "current_group_name": _GROUP,
        "hosts": [HOST],
        "instance_groups": [
            {"instance_group_name": _GROUP, "instance_type": kind, "hosts": [HOST]}
        ],
        "network_interface_name": "eth0",
    }
