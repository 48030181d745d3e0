"""The stack on the local AWS: the real `cdk synth`, `cdk bootstrap` and `cdk deploy`, when needed.

Only settings differ from a deployment to AWS. Both are needed when a source or a setting changed.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local_aws import environment, processes, settings
from local_aws.account import ACCOUNT, REGION
from local_aws.environment import Clients
from local_aws.errors import LocalAwsError
from local_aws.workspace import REPOSITORY, Workspace

_TIMEOUT_SECONDS = 900.0
_BOOTSTRAP_STACK = "CDKToolkit"
_COMPLETE = ("CREATE_COMPLETE", "UPDATE_COMPLETE")

Say = Callable[[str], None]


@dataclass(frozen=True)
class Stack:
    """What the commands need to know of the deployed stack: its outputs (docs/architecture.md)."""

    name: str
    bucket: str
    state_machine: str
    drop_command: str


@dataclass(frozen=True)
class Deployed:
    """What was deployed last."""

    fingerprint: str
    stack: str


def ensure(
    workspace: Workspace, clients: Clients, say: Say, own: dict[str, Any] | None = None
) -> Stack:
    """Return the running stack, deployed from the sources as they are now.

    A person's own settings are kept once they are deployed; None takes those that were kept last.
    """
    chosen = settings.for_this_machine(settings.own(workspace) if own is None else own)
    stack = _ensure(workspace, clients, say, chosen)
    if own is not None:
        settings.keep(workspace, own)
    return stack


def deployed(workspace: Workspace) -> Deployed | None:
    """Return what was deployed last, if anything was."""
    try:
        return Deployed(**json.loads(workspace.deployed_file.read_text("utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def find(clients: Clients, name: str) -> Stack | None:
    """Return the stack if it is there, complete."""
    outputs = _outputs(clients, name)
    if outputs is None:
        return None
    return Stack(name, outputs["Bucket"], outputs["StateMachine"], outputs["DropCommand"])


def _ensure(workspace: Workspace, clients: Clients, say: Say, chosen: dict[str, Any]) -> Stack:
    wanted = settings.fingerprint(REPOSITORY, chosen)
    last = deployed(workspace)
    if last and last.fingerprint == wanted and (stack := find(clients, last.stack)):
        return stack
    cdk = _Cdk(workspace, clients.port)
    say("Synthesizing the stack (cdk synth)")
    workspace.deployed_file.unlink(missing_ok=True)
    shutil.rmtree(workspace.cloud_assembly, ignore_errors=True)
    cdk.run("synth", "--quiet", "-c", f"tunedrop={json.dumps(chosen)}")
    if _outputs(clients, _BOOTSTRAP_STACK) is None:
        say("Bootstrapping the local AWS (cdk bootstrap)")
        cdk.run("bootstrap", f"aws://{ACCOUNT}/{REGION}")
    say("Deploying the stack (cdk deploy)")
    outputs = workspace.root / "outputs.json"
    cdk.run("deploy", "--require-approval", "never", "--outputs-file", str(outputs))
    [name] = json.loads(outputs.read_text("utf-8"))
    deployed_stack = find(clients, name)
    if deployed_stack is None:
        raise LocalAwsError(f"cdk deploy succeeded, but the stack {name} is not complete.")
    record = Deployed(fingerprint=wanted, stack=name)
    workspace.deployed_file.write_text(json.dumps(asdict(record)), "utf-8")
    return deployed_stack


def _outputs(clients: Clients, name: str) -> dict[str, str] | None:
    """Return a stack's outputs; None when it is not there or not complete."""
    try:
        found = clients.cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == "ValidationError":
            return None  # what CloudFormation answers for a stack that does not exist
        raise
    if found["StackStatus"] not in _COMPLETE:
        return None
    return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}


class _Cdk:
    """The CDK's command line, with everything it needs to work on the local AWS."""

    def __init__(self, workspace: Workspace, port: int) -> None:
        self._root = workspace.root.resolve()
        self._assembly = workspace.cloud_assembly.resolve()
        self._port = port
        self._program = _program()

    def run(self, command: str, *arguments: str) -> None:
        """Run a command to its end."""
        processes.run(
            f"cdk {command}",
            [*self._program, command, *self._app(command), *arguments],
            cwd=REPOSITORY,
            env=self._environment(),
            log=self._root / f"cdk-{command}.log",
            timeout=_TIMEOUT_SECONDS,
        )

    def _app(self, command: str) -> list[str]:
        """Synth runs the app, the others take what it made."""
        if command == "synth":
            app = shlex.join([sys.executable, str(REPOSITORY / "app.py")])
            return ["--app", app, "--output", str(self._assembly)]
        return ["--app", str(self._assembly)]

    def _environment(self) -> dict[str, str]:
        return {
            **environment.of_a_person(self._port, os.environ),
            "CDK_HOME": str(self._root / "cdk-home"),
            "CDK_DOCKER": str(_docker_stand_in(self._root)),
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "CI": "true",
        }


def _program() -> list[str]:
    cli = REPOSITORY / "node_modules" / "aws-cdk" / "bin" / "cdk"
    node = Path(sys.executable).parent / "node"
    found = str(node) if node.exists() else shutil.which("node")
    if found is None or not cli.exists():
        missing = "Node.js" if found is None else "the CDK's command line"
        raise LocalAwsError(f"The local AWS needs {missing}. Install everything: make setup")
    return [found, str(cli)]


def _docker_stand_in(root: Path) -> Path:
    """Write the program that CDK_DOCKER names, which cannot have arguments."""
    script = root / "cdk-docker"
    command = shlex.join([sys.executable, str(REPOSITORY / "local_aws" / "cdk_docker.py")])
    script.write_text(f'#!/bin/sh\nexec {command} "$@"\n', "utf-8")
    script.chmod(0o700)
    return script
