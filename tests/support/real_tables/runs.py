"""One run of a table with no tuning.yaml: PlanRun on a bucket, training jobs, Confirm.

The training jobs are real ones, under the container's own contract; their hyperparameters are
drawn from the plan's ranges as SageMaker's random strategy would; the last ones are confirmed.
"""

from __future__ import annotations

import math
import random
import tempfile
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.fakes import FakeS3
from tests.support.planning import World
from tests.support.real_tables.writing import Files
from tests.support.training.forks import ForkServer
from tests.support.training.jobs import Finished, Job
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
    target: str = ""
    verdict: str = ""
    sentence: str = ""
    warnings: tuple[str, ...] = ()


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
        outcome.ending, outcome.target, outcome.warnings = PLANNED, plan.data.target, plan.warnings
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
    tuned: dict[str, dict[str, str]] = {}
    with tempfile.TemporaryDirectory(prefix="real-tables-") as folder:
        jobs = []
        for estimator in (job.estimator for job in plan.tuning_jobs):
            for number, drawn in enumerate(_configurations(estimator)):
                values = {"tunedrop_estimator": estimator.key, **estimator.fixed, **drawn}
                base = Path(folder) / f"{estimator.key}-{number}"
                jobs.append(Job(base, content, values, files=channels))
                tuned[estimator.key] = drawn
        jobs.append(Job(Path(folder) / "ml", content, {}, "confirm", channels, tuned=tuned))
        for job in jobs:
            finished = server.run(job.write())
            if finished.code != 0:
                outcome.ending, outcome.message = FAILED, _failure(finished)
                return
        assert (finished.base / "model" / "model.skops").stat().st_size
        outcome.ending, outcome.verdict = MODEL, finished.confirm["verdict"]
        outcome.sentence = finished.confirm["sentence"]


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
