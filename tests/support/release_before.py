"""What the release before left in the bucket, and what its state machine passes to Lambdas.

Recorded by running its code: runs and jobs in these states have to be understood by the Lambdas
that a deployment replaces while a run is in flight, and by those that are called by events.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.support.fake_sagemaker import training_job
from tests.support.workflow_world import World

COMMIT = "3670b06b590f62bcaf2ba9f4ed644a6ac03992ee"

_RECORDED = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))
PAYLOADS: dict[str, Any] = _RECORDED["payloads"]
EXECUTION: str = PAYLOADS["PlanRun"][0]["execution"]
RUN_ID: str = PAYLOADS["planned"]["run"]["run_id"]
FOLDER = f"runs/iris/{RUN_ID}/"
TUNING_JOBS = [item["job"] for item in PAYLOADS["planned"]["tuning_jobs"]]
CONFIRM_JOB: str = PAYLOADS["planned"]["confirm"]["job"]


def world_of(state: str) -> World:
    """Make the world as it was while it was `tuning` or `confirming`, or when it had `failed`."""
    world = World()
    for key, content in _RECORDED[state].items():
        world.s3.put(key, content if isinstance(content, str) else json.dumps(content))
    for name in (*TUNING_JOBS, CONFIRM_JOB):
        if f"{FOLDER}jobs/{name}.request.json" not in _RECORDED[state]:
            continue
        create(world, name)
        result = _RECORDED[state].get(f"{FOLDER}jobs/{name}.result.json")
        if result is not None:
            end(world, name, result["status"])
    world.stepfunctions.add(EXECUTION, given=PAYLOADS["PlanRun"][0]["input"])
    world.stepfunctions.live_tokens |= {
        content["token"] for key, content in _RECORDED[state].items() if "callbacks/" in key
    }
    return world


def create(world: World, name: str) -> None:
    """Let SageMaker have a job, as its request asked for it."""
    request = world.json(f"{FOLDER}jobs/{name}.request.json")
    if name == CONFIRM_JOB:
        world.sagemaker.create_training_job(**request)
    else:
        world.sagemaker.create_hyper_parameter_tuning_job(**request)


def end(world: World, name: str, status: str = "Completed") -> None:
    """Let a job end; a tuning job with one training job that has a score."""
    world.sagemaker.end(name, status)
    if name != CONFIRM_JOB:
        trained = training_job(f"{name}-001-1a2b3c4d", 0.9 + TUNING_JOBS.index(name) / 100)
        world.sagemaker.trained[name] = [trained]
        world.sagemaker.tuning_jobs[name] |= {
            "TrainingJobStatusCounters": {"Completed": 1},
            "ObjectiveStatusCounters": {"Succeeded": 1},
        }
