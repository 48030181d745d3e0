"""The stack on the local AWS: settings, then the real `cdk synth`, `cdk bootstrap`, `cdk deploy`.

Only settings differ from a deployment to AWS. A user's own settings (`up --settings`) are saved in
the workspace for the commands that follow. Nothing is deployed while sources and settings are the
same.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shlex
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local_aws import ACCOUNT, REGION, LocalAwsError, UsageError, environment, processes
from local_aws.environment import Clients
from local_aws.workspace import REPOSITORY, Workspace

# Files and folders of the repository that the synthesized stack depends on.
SOURCES = (
    "app.py",
    "cdk.json",
    "cdk_app",
    "common",
    "lambda",
    "training_container",
    "package-lock.json",
    "requirements.txt",
)

_IGNORED_FOLDERS = {"__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache"}
_ARCHITECTURES = {"aarch64": "arm64", "arm64": "arm64", "x86_64": "x86_64", "AMD64": "x86_64"}
_TIMEOUT_SECONDS = 900.0
# Limits of what costs money on AWS.
_NO_LIMITS = {
    "max_cost_usd": None,
    "max_runs_per_dataset_per_day": 10_000,
    "max_runs_per_day": 10_000,
}
_BOOTSTRAP_STACK = "CDKToolkit"
_COMPLETE = ("CREATE_COMPLETE", "UPDATE_COMPLETE")


@dataclass(frozen=True)
class Stack:
    """The deployed stack's name and those of its outputs that the commands need."""

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
    workspace: Workspace,
    clients: Clients,
    show: Callable[[str], None],
    user_settings: dict[str, Any] | None = None,
) -> Stack:
    """Return the running stack, deployed from the sources as they are now.

    A user's own settings are saved once they are deployed; None takes those that were saved last.
    """
    chosen = _read_settings(workspace) if user_settings is None else user_settings
    stack = _ensure(workspace, clients, show, settings_for_this_machine(chosen))
    if user_settings is not None:
        workspace.settings_file.write_text(json.dumps(user_settings), "utf-8")
    return stack


def settings_for_this_machine(user_settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that differ from a deployment to AWS, a user's own on top.

    The Lambdas run on this interpreter; a user who waits should not wait for a minute of quiet, nor
    for hours if an event is lost. A day's heartbeats fit into an execution's history. Nothing here
    costs money, so no limit applies.
    """
    machine = platform.machine()
    limits = user_settings.get("limits", {})
    return {
        "lambda_architecture": _ARCHITECTURES.get(machine, machine),
        "lambda_python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "quiet_period_seconds": 5,
        "heartbeat_seconds": 900,
        "run_timeout_seconds": 86_400,
        **user_settings,
        # The CDK app rejects what is not an object.
        "limits": {**_NO_LIMITS, **limits} if isinstance(limits, dict) else limits,
    }


def parse_settings(text: str) -> dict[str, Any]:
    """Parse a user's settings; the CDK app checks keys and values."""
    try:
        settings = json.loads(text)
    except ValueError as error:
        raise UsageError(f"--settings is not JSON: {error}. Found {text[:80]!r}.") from None
    if not isinstance(settings, dict):
        raise UsageError(
            f"--settings is {text[:80]!r}, and must be a JSON object such as "
            "'{\"heartbeat_seconds\": 30}'. docs/settings.md has all keys."
        )
    return settings


def fingerprint(repository: Path, settings: Mapping[str, Any]) -> str:
    """Return the digest of all sources' paths and contents and of the settings."""
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for path in sorted(_list_sources(repository)):
        content = path.read_bytes()
        name = path.relative_to(repository).as_posix()
        digest.update(f"\0{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def read_deployed(workspace: Workspace) -> Deployed | None:
    """Return what was deployed last, None if nothing was."""
    try:
        return Deployed(**json.loads(workspace.deployed_file.read_text("utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def find(clients: Clients, name: str) -> Stack | None:
    """Return the stack, None unless it is there and complete."""
    outputs = _outputs(clients, name)
    if outputs is None:
        return None
    return Stack(name, outputs["Bucket"], outputs["StateMachine"], outputs["DropCommand"])


def _ensure(
    workspace: Workspace, clients: Clients, show: Callable[[str], None], settings: dict[str, Any]
) -> Stack:
    digest = fingerprint(REPOSITORY, settings)
    last = read_deployed(workspace)
    if last and last.fingerprint == digest and (stack := find(clients, last.stack)):
        return stack
    cdk = _Cdk(workspace, clients.port)
    show("Synthesizing the stack (cdk synth)")
    workspace.deployed_file.unlink(missing_ok=True)
    shutil.rmtree(workspace.cloud_assembly, ignore_errors=True)
    cdk.run("synth", "--quiet", "-c", f"tunedrop={json.dumps(settings)}")
    if _outputs(clients, _BOOTSTRAP_STACK) is None:
        show("Bootstrapping the local AWS (cdk bootstrap)")
        cdk.run("bootstrap", f"aws://{ACCOUNT}/{REGION}")
    show("Deploying the stack (cdk deploy)")
    outputs = workspace.root / "outputs.json"
    cdk.run("deploy", "--require-approval", "never", "--outputs-file", str(outputs))
    [name] = json.loads(outputs.read_text("utf-8"))
    deployed_stack = find(clients, name)
    if deployed_stack is None:
        raise LocalAwsError(f"cdk deploy succeeded, but the stack {name} is not complete.")
    record = Deployed(fingerprint=digest, stack=name)
    workspace.deployed_file.write_text(json.dumps(asdict(record)), "utf-8")
    return deployed_stack


def _read_settings(workspace: Workspace) -> dict[str, Any]:
    """Return the user's settings that were saved last."""
    try:
        return dict(json.loads(workspace.settings_file.read_text("utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return {}


def _list_sources(repository: Path) -> Iterable[Path]:
    for name in SOURCES:
        source = repository / name
        if source.is_file():
            yield source
        for path in source.rglob("*"):
            folders = {*path.relative_to(source).parts}
            if path.is_file() and path.suffix != ".pyc" and not _IGNORED_FOLDERS & folders:
                yield path


def _outputs(clients: Clients, name: str) -> dict[str, str] | None:
    """Return a stack's outputs, None unless it is there and complete."""
    try:
        stack = clients.cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == "ValidationError":
            return None  # what CloudFormation answers for a stack that does not exist
        raise
    if stack["StackStatus"] not in _COMPLETE:
        return None
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


class _Cdk:
    """The CDK's command line, with everything it needs to work on the local AWS."""

    def __init__(self, workspace: Workspace, port: int) -> None:
        self._root = workspace.root.resolve()
        self._assembly = workspace.cloud_assembly.resolve()
        self._port = port
        self._program = _find_program()

    def run(self, command: str, *arguments: str) -> None:
        """Run a command to its end; synth runs the app, the others read what it wrote."""
        app = [str(self._assembly)]
        if command == "synth":
            app = [shlex.join([sys.executable, str(REPOSITORY / "app.py")])]
            app += ["--output", str(self._assembly)]
        processes.run(
            f"cdk {command}",
            [*self._program, command, "--app", *app, *arguments],
            cwd=REPOSITORY,
            env={
                **environment.user_variables(self._port, os.environ),
                "CDK_HOME": str(self._root / "cdk-home"),
                "CDK_DISABLE_CLI_TELEMETRY": "true",
                "CI": "true",
            },
            log=self._root / f"cdk-{command}.log",
            timeout=_TIMEOUT_SECONDS,
        )


def _find_program() -> list[str]:
    cli = REPOSITORY / "node_modules" / "aws-cdk" / "bin" / "cdk"
    node = shutil.which("node", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if node is None or not cli.exists():
        missing = "Node.js" if node is None else "the CDK's command line"
        raise LocalAwsError(f"The local AWS needs {missing}. Install everything: make setup")
    return [node, str(cli)]
