"""SageMaker's container contract: where a training job finds its input and leaves its output.

Everything is below /opt/ml, or below SAGEMAKER_BASE_DIR, the variable of the sagemaker-training
toolkit, which tests and the local AWS set.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sklearn_trainer.errors import HyperparameterError, PlanError, UserInputError
from tunedrop_common.data_text import quote
from tunedrop_common.plan import Plan

BASE_DIR_VARIABLE = "SAGEMAKER_BASE_DIR"
DEFAULT_BASE_DIR = "/opt/ml"

JOB = "tunedrop_job"
ESTIMATOR = "tunedrop_estimator"
# Followed by an estimator's key.
TUNED = "tunedrop_tuned_"
JOBS = ("tune", "confirm")
_OURS = "tunedrop_"
_NOT_OURS = ("_", "sagemaker_")

EXIT_FAILED = 1
EXIT_OUT_OF_MEMORY = 137
"""The kernel's SIGKILL when memory ran out; the workflow tries a larger machine."""

EXIT_TERMINATED = 143


@dataclass(frozen=True)
class Request:
    """The job's hyperparameters, all strings, without SageMaker's own.

    Parameters
    ----------
    estimator
        Its key in the plan; of Confirm, that of the search's best model.
    hyperparameters
        Of `tune`: the estimator's, and the preprocessing's, which start with preprocess__.
    tuned
        Of Confirm: the tuned hyperparameters of each estimator that has any, by its key.
    """

    job: str
    estimator: str
    hyperparameters: dict[str, str]
    tuned: dict[str, dict[str, str]]


@dataclass(frozen=True)
class Folders:
    """The paths of one training job."""

    base: Path

    @classmethod
    def from_environment(cls) -> Folders:
        """Return the folders that this process was started with."""
        return cls(Path(os.environ.get(BASE_DIR_VARIABLE) or DEFAULT_BASE_DIR))

    @property
    def plan(self) -> Path:
        """Where the channel `plan` delivers the run's plan."""
        return self.channel("plan") / "plan.json"

    @property
    def input(self) -> Path:
        """Everything that SageMaker hands to a training job."""
        return self.base / "input"

    @property
    def model(self) -> Path:
        """What SageMaker packs into model.tar.gz."""
        return self.base / "model"

    @property
    def output(self) -> Path:
        """What SageMaker packs into output.tar.gz."""
        return self.base / "output" / "data"

    @property
    def failure(self) -> Path:
        """What SageMaker shows as FailureReason."""
        return self.base / "output" / "failure"

    def channel(self, name: str) -> Path:
        """Return the folder of an input channel."""
        return self.input / "data" / name

    def read_request(self) -> Request:
        """Read hyperparameters.json: Tunedrop's own, and those that make the pipeline."""
        texts: dict[str, str] = read_json(self.input / "config" / "hyperparameters.json")
        job, estimator = texts.get(JOB), texts.get(ESTIMATOR)
        if job not in JOBS or not estimator:
            raise HyperparameterError(
                f"The hyperparameters {JOB} and {ESTIMATOR} are invalid",
                found=f"{JOB}={job!r}, {ESTIMATOR}={estimator!r}",
                expected=f"{JOB} = {' or '.join(JOBS)}, {ESTIMATOR} = a key in the plan",
                to_do="Set both in the training job's hyperparameters.",
            )
        return Request(
            job,
            estimator,
            {n: text for n, text in texts.items() if not n.startswith((_OURS, *_NOT_OURS))},
            {n.removeprefix(TUNED): json.loads(texts[n]) for n in texts if n.startswith(TUNED)},
        )

    def read_plan(self) -> Plan:
        """Read the run's plan."""
        return read_plan(read_json(self.plan))

    def write_output(self, name: str, content: dict[str, Any]) -> None:
        """Write a JSON file that comes back in output.tar.gz."""
        self.output.mkdir(parents=True, exist_ok=True)
        text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
        (self.output / name).write_text(text + "\n", encoding="utf-8")


def read_json(path: Path) -> Any:
    """Read a JSON file that the contract promises."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserInputError(
            "A file of SageMaker's container contract cannot be read",
            where=str(path),
            found=str(error),
            to_do="Give a job its hyperparameters and the channels plan and train, a server the "
            "model.tar.gz of a run, made by this image's release.",
        ) from error


def read_plan(content: Any) -> Plan:
    """Read what `json.loads` made of plan.json.

    Raises
    ------
    PlanError
        When it is no plan.
    """
    try:
        return Plan.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        raise PlanError(
            "plan.json is not what this release reads",
            where=f"plan.json {'.'.join(map(str, first['loc']))}".strip(),
            found="nothing" if first["type"] == "missing" else quote(first["input"]),
            expected=first["msg"],
            to_do="Use the training image of the release that wrote it.",
        ) from error
