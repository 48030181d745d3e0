"""The selected model as Python to paste: its pipeline, how to load it and how to deploy it."""

from __future__ import annotations

import textwrap
from pathlib import Path
from string import Template

from tunedrop.report.results import Results
from tunedrop_common.trusted_types import trusted_types

# What the stack calls the state machine of runs after its own name, and its output with the role.
RUNS_SUFFIX = "-run"
ROLE_OUTPUT = "ServingRole"


def load_code(results: Results) -> str:
    """Return the commands that fetch and load the fitted model; "" when there is none any more."""
    if not results.model:
        return ""
    types = textwrap.fill(" ".join(trusted_types()), 80, break_on_hyphens=False)
    return _filled("model_load.txt", model=results.model, types=types)


def deploy_code(results: Results) -> str:
    """Return a script that makes an endpoint of the model; "" when there is no model any more.

    The image is that of the Confirm job, so that the model is loaded by what wrote it. The endpoint
    has a role of its own, an output of the stack: the training jobs' may not read models/.
    """
    if not results.model:
        return ""
    return _filled(
        "model_deploy.txt",
        region=repr(results.region),
        stack=repr(_stack(results)),
        name=repr(results.confirm_job.name),
        role_output=ROLE_OUTPUT,
        model=repr(results.model),
    )


def _filled(name: str, /, **values: str) -> str:
    return Template(Path(__file__).with_name(name).read_text("utf-8")).substitute(values)


def _stack(results: Results) -> str:
    """Return the name of the stack, from the ARN of the run's execution."""
    parts = results.run.execution.split(":")
    machine = parts[6] if len(parts) > 6 else ""
    return machine.removesuffix(RUNS_SUFFIX) or "Tunedrop"
