"""Docker or Podman on this machine: which one there is, and whether it can be used.

Both take the same commands here, and answer `info` in their own words.
https://docs.docker.com/reference/cli/docker/ and https://docs.podman.io/en/stable/Commands.html
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from local_aws.errors import LocalAwsError

NAMES = ("docker", "podman")

ENGINE_VARIABLE = "LOCAL_AWS_CONTAINER_ENGINE"
"""How the server learns of its engine."""

# The first call may wake a virtual machine, or Podman's lock may be taken by a build.
_SECONDS = 60.0

# What of a person's environment says where the engine keeps its images, its daemon and its
# settings. Nothing else is handed to it.
_PASSED_ON = (
    "PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR",
    "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "DBUS_SESSION_BUS_ADDRESS",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
    "SSL_CERT_FILE", "SSL_CERT_DIR",
)  # fmt: skip
_PASSED_ON_PREFIXES = ("DOCKER_", "BUILDKIT_", "BUILDAH_", "PODMAN_", "CONTAINER")


class EngineUnusable(LocalAwsError):
    """There is no container engine, or it does not work; the message says what to do."""


@dataclass(frozen=True, kw_only=True)
class Engine:
    """A container engine that answers.

    Parameters
    ----------
    name
        `docker` or `podman`, whatever the program is called.
    program
        Its path.
    environment
        The whole environment of its commands.
    limits
        Whether it can limit a container's processors and memory.
    rootless
        Whether its containers' root is a plain user of this machine.
    """

    name: str
    program: str
    version: str
    environment: dict[str, str] = field(default_factory=dict)
    limits: bool = False
    rootless: bool = False

    def call(self, *arguments: str, seconds: float = _SECONDS) -> subprocess.CompletedProcess[str]:
        """Run one of its short commands to the end.

        Raises
        ------
        EngineUnusable
            It did not start, or not end in time.
        """
        return _call(self.program, arguments, self.environment, seconds)

    def has_image(self, image: str) -> bool:
        """Whether an image is in its own store."""
        return self.call("image", "inspect", image).returncode == 0

    def to_json(self) -> str:
        """Write it down for another process."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Engine:
        """Read what `to_json` wrote."""
        return cls(**json.loads(text))


def find(chosen: str | None, environment: Mapping[str, str]) -> Engine:
    """Return the chosen engine, or the first one that works.

    Parameters
    ----------
    chosen
        `docker` or `podman`; None tries both, in this order.
    environment
        A person's, in whose PATH it is and whose settings it follows.

    Raises
    ------
    EngineUnusable
        None works; the message has the reason for each.
    """
    passed_on = {
        name: value
        for name, value in environment.items()
        if name in _PASSED_ON or name.startswith(_PASSED_ON_PREFIXES)
    }
    reasons = []
    for name in [chosen] if chosen else NAMES:
        try:
            return _look(name, passed_on)
        except EngineUnusable as error:
            reasons.append(f"  {name}: {error}")
    raise EngineUnusable(
        "--container needs Docker or Podman:\n"
        + "\n".join(reasons)
        + "\nInstall or start one of them, or leave --container out: training jobs then run as"
        " processes of this machine's Python."
    )


def _look(name: str, environment: dict[str, str]) -> Engine:
    program = shutil.which(name, path=environment.get("PATH"))
    if program is None:
        raise EngineUnusable("not in PATH")
    version = _answer(program, ("--version",), environment)
    # Podman may be installed under Docker's name.
    true_name = "podman" if "podman" in version.lower() else "docker"
    text = _answer(program, ("info", "--format", "{{json .}}"), environment)
    try:
        info: dict[str, Any] = json.loads(text)
    except ValueError:
        raise EngineUnusable(f"`{name} info` answered no JSON: {text[:200]!r}") from None
    limits, rootless = (_of_podman if true_name == "podman" else _of_docker)(info)
    if true_name == "docker" and rootless:
        raise EngineUnusable(
            "it runs rootless, and could leave files that you cannot delete; take Podman, or"
            " Docker with its system daemon"
        )
    return Engine(
        name=true_name,
        program=program,
        version=version.removeprefix("Docker version ").removeprefix("podman version "),
        environment=environment,
        limits=limits,
        rootless=rootless,
    )


def _of_docker(info: dict[str, Any]) -> tuple[bool, bool]:
    """Read `docker info`: whether it can limit, whether it is rootless."""
    rootless = any("name=rootless" in option for option in info.get("SecurityOptions") or [])
    return bool(info.get("MemoryLimit") and info.get("CpuCfsQuota")), rootless


def _of_podman(info: dict[str, Any]) -> tuple[bool, bool]:
    """Read `podman info`: under cgroups v1 it names no controllers, and we set no limits."""
    host = info.get("host", {})
    limits = {"cpu", "memory"} <= set(host.get("cgroupControllers") or [])
    return limits, bool(host.get("security", {}).get("rootless"))


def _answer(program: str, arguments: tuple[str, ...], environment: dict[str, str]) -> str:
    done = _call(program, arguments, environment, _SECONDS)
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["(it said nothing)"]
        raise EngineUnusable(f"`{arguments[0]}` failed: {lines[-1]}")
    return done.stdout.strip()


def _call(
    program: str, arguments: tuple[str, ...], environment: dict[str, str], seconds: float
) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(  # noqa: S603 - a program that a person has chosen
            [program, *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EngineUnusable(f"`{program} {arguments[0]}` does not work: {error}") from None
