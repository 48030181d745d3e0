"""One run of a table with no tuning.yaml: PlanRun on a bucket, training jobs, Confirm.

The training jobs are real ones, under the container's own contract; their hyperparameters are
drawn from the plan's ranges as SageMaker's random strategy would.
"""

from __future__ import annotations

import math
import random
import tempfile
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.fakes import FakeS3
from tests.support.planning import World
from tests.support.real_tables.writing import Files
from tests.support.training.forks import ForkServer
from tests.support.training.jobs import Finished, Job, metric_value
from tunedrop.errors import UserInputError
from tunedrop_common.plan import EstimatorPlan, Plan

PLANNED, MODEL, REFUSED, FAILED, CRASHED = "planned", "model", "refused", "failed", "crashed"

# Training jobs of each estimator.
_JOBS = 3


@dataclass
class Outcome:
    """How the run of a table ended."""

    name: str
    ending: str = ""
    message: str = ""
    to_do: str = ""
    task: str = ""
    target: str = ""
    selected: str = ""
    verdict: str = ""
    sentence: str = ""
    means: dict[str, float | None] = field(default_factory=dict)
    error: float = 0.0
    warnings: list[str] = field(default_factory=list)


def run_table(outcome: Outcome, files: Files, server: ForkServer | None) -> Outcome:
    """Run a table whose files are in a dataset's folder.

    Parameters
    ----------
    server
        Where training jobs run; None ends after PlanRun.
    """
    world = World(page_size=1000)
    try:
        plan = _plan(world, files)
        outcome.ending, outcome.task, outcome.target = PLANNED, plan.task, plan.data.target
        outcome.warnings = list(plan.warnings)
        if server is not None:
            _train(outcome, world.s3, plan, server)
    except UserInputError as error:
        outcome.ending, outcome.message, outcome.to_do = REFUSED, str(error), error.to_do
    except Exception:
        outcome.ending, outcome.message = CRASHED, traceback.format_exc()[-3000:]
    return outcome


def _plan(world: World, files: Files) -> Plan:
    events = [world.drop(f"table/{path}", body) for path, body in files.items()]
    return world.plan(world.run(events[-1]))


def _train(outcome: Outcome, s3: FakeS3, plan: Plan, server: ForkServer) -> None:
    content = plan.model_dump(mode="json")
    channels = _channels(s3, plan)
    tuned: dict[str, tuple[float, dict[str, str]]] = {}
    with tempfile.TemporaryDirectory(prefix="real-tables-") as folder:
        for tuning_job in plan.tuning_jobs:
            key = tuning_job.estimator.key
            for number, drawn in enumerate(_configurations(tuning_job.estimator)):
                hyperparameters = {"tunedrop_estimator": key, **tuning_job.estimator.fixed, **drawn}
                base = Path(folder) / f"{key}-{number}"
                finished = server.run(Job(base, content, hyperparameters, files=channels).write())
                if finished.code != 0:
                    outcome.ending, outcome.message = FAILED, _failure(finished)
                    return
                score = metric_value(finished.lines[-1], f"validation:{plan.metric.objective}")
                if key not in tuned or score > tuned[key][0]:
                    tuned[key] = score, drawn
        models = {key: drawn for key, (_, drawn) in tuned.items()}
        job = Job(Path(folder) / "ml", content, {}, "confirm", channels, tuned=models).write()
        finished = server.run(job)
        if finished.code != 0:
            outcome.ending, outcome.message = FAILED, _failure(finished)
            return
        _read_confirm(outcome, finished)


def _channels(s3: FakeS3, plan: Plan) -> dict[str, bytes | str]:
    channels: dict[str, bytes | str] = {}
    for channel, part in (("train", plan.data.train), ("test", plan.data.test)):
        for name in part.files if part else ():
            prefix = part.uri.removeprefix("s3://bucket/") if part else ""
            channels[f"{channel}/{name}"] = s3.body(prefix + name)
    return channels


def _configurations(estimator: EstimatorPlan) -> Iterator[dict[str, str]]:
    """Draw hyperparameters from the ranges, the same ones every time."""
    source = random.Random(estimator.key)  # noqa: S311 - not for secrets
    for _ in range(_JOBS):
        drawn = {}
        for name, range_ in estimator.ranges.items():
            if range_.kind == "categorical":
                drawn[name] = source.choice(range_.values)
                continue
            value = source.uniform(range_.minimum, range_.maximum)
            if range_.scaling == "Logarithmic":
                value = math.exp(source.uniform(math.log(range_.minimum), math.log(range_.maximum)))
            drawn[name] = str(round(value)) if range_.kind == "integer" else repr(value)
        yield drawn


def _failure(finished: Finished) -> str:
    path = finished.base / "output" / "failure"
    return (
        path.read_text() if path.exists() else f"exit code {finished.code}\n{finished.log[-2000:]}"
    )


def _read_confirm(outcome: Outcome, finished: Finished) -> None:
    confirm = finished.confirm
    outcome.ending = MODEL if (finished.base / "model" / "model.skops").stat().st_size else FAILED
    outcome.selected, outcome.verdict = confirm["selected"], confirm["verdict"]
    outcome.sentence = confirm["sentence"]
    outcome.means = {item["name"]: item["mean"] for item in confirm["contenders"]}
    outcome.error = max((item["standard_error"] for item in confirm["comparisons"]), default=0.0)
    outcome.warnings += confirm["warnings"]
