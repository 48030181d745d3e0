"""A container engine without containers: Podman's command line, and plain processes behind it.

What is mounted at /opt/ml stays where it is: /opt/ml in variables becomes that folder, and
SAGEMAKER_BASE_DIR names it. Everything else is as with an engine: an environment of the image's
own, a client in the foreground with the container's output and exit code, containers that outlive
their client, labels. Options that it does not know end it with 125, as the engines' clients do.

An image is the folder that it was built from: its Python packages, and its Dockerfile's ENTRYPOINT.
One whose name ends in -broken cannot be run.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

VERSION = "5.4.2-fake"
FAILED = 125
MOUNTED_AT = "/opt/ml"


def install(folder: Path) -> Path:
    """Make the program, with no image."""
    (folder / "state").mkdir(parents=True)
    (folder / "state" / "images.json").write_text("{}")
    program = folder / "podman"
    program.write_text(f"#!{sys.executable} -P\n{Path(__file__).read_text()}")
    program.chmod(0o755)
    return program


def main() -> None:
    state = Path(__file__).with_name("state")
    command, *rest = sys.argv[1:]
    match command, *rest:
        case ["--version"]:
            print(f"podman version {VERSION}")
        case ["info", "--format", "{{json .}}"]:
            controllers = ["cpu", "memory"]
            host = {"cgroupControllers": controllers, "security": {"rootless": False}}
            print(json.dumps({"host": host}))
        case ["image", "inspect", name]:
            if name not in images(state):
                fail(f"{name}: image not known", 1)
        case ["build", *options, context]:
            build(state, options, Path(context))
        case ["pull", name]:
            fail(f"initializing source docker://{name}: no such registry")
        case ["run", *_]:
            run(state, rest)
        case ["kill", *_]:
            kill(state, rest)
        case ["rm", "--force", *names]:
            for record in found(state, names):
                end(state, record)
        case ["ps", "--all", "--quiet", "--no-trunc", *filters]:
            labels = [each.removeprefix("--filter=label=") for each in filters]
            for record in containers(state):
                if set(labels) <= set(record["labels"]):
                    print(record["id"])
        case _:
            fail(f"unknown command {sys.argv[1:]}")


def build(state: Path, options: list[str], context: Path) -> None:
    known = ("--tag=", "--format=docker", "--platform=linux/amd64", "--file=")
    unknown = [option for option in options if not option.startswith(known)]
    if unknown or not (context / "Dockerfile").is_file():
        fail(f"cannot build {context}, {unknown}")
    tags = [option.removeprefix("--tag=") for option in options if option.startswith("--tag=")]
    built = images(state) | dict.fromkeys(tags, str(context))
    (state / "images.json").write_text(json.dumps(built))


def dockerfile(state: Path, image: str) -> str:
    return (Path(images(state)[image]) / "Dockerfile").read_text()


def run(state: Path, arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(allow_abbrev=False, exit_on_error=False)
    for name in ("name", "hostname", "network", "mount", "security-opt", "cpus", "memory"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("user", "userns", "entrypoint"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--rm", action="store_true", required=True)
    parser.add_argument("--pull", choices=["never"], required=True)
    parser.add_argument("--label", action="append", required=True)
    parser.add_argument("--env", action="append", default=[])
    parser.add_argument("image")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    try:
        given = parser.parse_args(arguments)
    except argparse.ArgumentError as error:
        fail(str(error))
    if given.image not in images(state):
        fail(f"{given.image}: image not known")
    mount = dict(field.split("=", 1) for field in next(csv.reader([given.mount])))
    if mount["target"] != MOUNTED_AT or not Path(mount["source"]).is_dir():
        fail(f"cannot mount {given.mount}")
    if given.image.endswith("-broken"):
        fail("OCI runtime error: crun: no such kernel")
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": images(state)[given.image],
        "PYTHONUNBUFFERED": "1",
        "HOSTNAME": given.hostname,
        **dict(line.split("=", 1) for line in given.env),
    }
    environment = {
        key: value.replace(MOUNTED_AT, mount["source"]) for key, value in environment.items()
    }
    entrypoint = [given.entrypoint or "python"]
    if not given.entrypoint:
        [line] = re.findall(r"^ENTRYPOINT (.*)$", dockerfile(state, given.image), re.MULTILINE)
        entrypoint = [sys.executable, *json.loads(line)[1:]]
    contained = subprocess.Popen(
        [*entrypoint, *given.command],
        env=environment | {"SAGEMAKER_BASE_DIR": mount["source"]},
        cwd="/",
        start_new_session=True,
    )
    record = {"id": f"{contained.pid:012d}", "name": given.name, "labels": given.label}
    path = state / f"{record['id']}.json"
    path.write_text(json.dumps(record | {"pid": contained.pid, "arguments": arguments}))
    code = contained.wait()
    with suppress(ProcessLookupError):
        os.killpg(contained.pid, signal.SIGKILL)
    path.unlink(missing_ok=True)
    sys.exit(code if code >= 0 else 128 - code)


def kill(state: Path, arguments: list[str]) -> None:
    """Signal the first process of each container, as its PID 1."""
    option, *names = arguments
    for record in found(state, names):
        os.kill(record["pid"], signal.Signals[option.removeprefix("--signal=")])


def end(state: Path, record: dict[str, Any]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(record["pid"], signal.SIGKILL)
    (state / f"{record['id']}.json").unlink(missing_ok=True)
    time.sleep(0.02)


def found(state: Path, names: list[str]) -> list[dict[str, Any]]:
    known = [each for each in containers(state) if {each["id"], each["name"]} & set(names)]
    if not known:
        fail(f"no container with name or ID {names} found: no such container")
    return known


def containers(state: Path) -> list[dict[str, Any]]:
    records = []
    for path in state.glob("0*.json"):
        with suppress(FileNotFoundError, ValueError):
            records.append(json.loads(path.read_text()))
    return records


def images(state: Path) -> dict[str, str]:
    content: dict[str, str] = json.loads((state / "images.json").read_text())
    return content


def fail(message: str, code: int = FAILED) -> NoReturn:
    print(f"Error: {message}", file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
