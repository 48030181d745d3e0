"""Lambda assets with their libraries, built without Docker and cached by content.

A group of Lambdas shares one zip: wheels for Lambda's platform, and the modules of `tunedrop` that
the group's handlers import, all with bytecode. Building happens at synth, and only when something
has changed.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from uv import find_uv_bin

from cdk_app.bytecode import add_bytecode, find_compiler
from cdk_app.import_closure import import_closure

ROOT = Path(__file__).parent.parent

# Raised when the way of building changes, so that no zip of the old way is taken for a new one.
_FORMAT = 2
_EPOCH = (1980, 1, 1, 0, 0, 0)
# Lambda's AL2023 runtimes have glibc 2.34; pyarrow publishes no wheels for older ones than 2.28.
_UV_PLATFORMS = {"arm64": "aarch64-manylinux_2_28", "x86_64": "x86_64-manylinux_2_28"}
# What wheels carry and a Lambda never runs: headers, tests, stubs, and pyarrow's RPC and plan
# exchange libraries (pyarrow imports them on demand only). Together a third of the planning asset.
_UNUSED_NAMES = ("__pycache__", "tests", "include", "bin", ".lock")
_UNUSED_SUFFIXES = (".pyc", ".pyi", ".pyx", ".pxd", ".pxi", ".h", ".hpp", ".c", ".cc", ".cpp")
_UNUSED_STEMS = (
    "libarrow_flight", "libarrow_python_flight", "libarrow_substrait", "_flight", "_substrait",
)  # fmt: skip
# Files of an installation that differ from one machine to the next.
_UNSTABLE = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json")

COMMON = ROOT / "common"
_KEPT_GENERATIONS = 4


class BundlingError(Exception):
    """An asset could not be built; has what the failing tool said."""


@dataclass(frozen=True)
class Platform:
    """The machine that the Lambdas run on."""

    architecture: str
    python: str

    def __str__(self) -> str:
        """Name it for progress lines."""
        return f"Python {self.python} on {self.architecture}"


@dataclass(frozen=True)
class Group:
    """Lambdas which share an asset: the ones that need the same libraries."""

    name: str
    handlers: tuple[str, ...]
    generated: tuple[GeneratedFile, ...] = ()


@dataclass(frozen=True)
class GeneratedFile:
    """A file of the asset that `python -m MODULE FILE` writes at build time."""

    module: str
    path: str
    tool: str  # the distribution whose version decides what is written


WORKFLOW = Group(
    "workflow", ("start_job", "await_job", "resume_run", "record_failure", "stop_jobs", "retune")
)
PLANNING = Group("planning", ("plan_run",))
REPORT = Group(
    "report",
    ("write_report",),
    (GeneratedFile("tunedrop.report.javascript", "tunedrop/report/vega.js", "vl-convert-python"),),
)
GROUPS = (WORKFLOW, PLANNING, REPORT)


@dataclass(frozen=True)
class Asset:
    """A zip that is ready for Lambda, and the hash of all that went into it."""

    path: Path
    hash: str


class Bundler:
    """Builds the assets of one platform.

    Parameters
    ----------
    platform
        For whom the wheels are.
    source
        The asset root: the folder with `tunedrop` and `requirements`.
    cache
        Where finished zips stay; unfinished ones never get there.
    """

    def __init__(
        self,
        platform: Platform,
        *,
        source: Path = ROOT / "lambda",
        cache: Path = ROOT / ".cache/lambda",
    ) -> None:
        self._platform = platform
        self._source = source
        self._cache = cache
        self._compiler = find_compiler(platform.python)

    def asset(self, group: Group) -> Asset:
        """Give the group's asset; build what has changed since it was built last."""
        self._cache.mkdir(parents=True, exist_ok=True)
        code = import_closure(
            self._source, [f"tunedrop.handlers.{name}" for name in group.handlers]
        )
        libraries = self._libraries(group)
        generated = {file.path: self._generated(file) for file in group.generated}
        contents = {path.as_posix(): (self._source / path).read_bytes() for path in code}
        contents |= {path: file.read_bytes() for path, file in generated.items()}
        for file in sorted((COMMON / "tunedrop_common").rglob("*.py")):
            contents[file.relative_to(COMMON).as_posix()] = file.read_bytes()
        digest = _digest([libraries.stem, *_flat(contents)])
        asset = self._cache / f"{group.name}-{digest[:20]}.zip"
        if not asset.is_file():
            with tempfile.TemporaryDirectory(dir=self._cache, prefix=".building-") as folder:
                tree, unfinished = Path(folder) / "tree", Path(folder) / asset.name
                for path, content in contents.items():
                    (tree / path).parent.mkdir(parents=True, exist_ok=True)
                    (tree / path).write_bytes(content)
                shutil.copyfile(libraries, unfinished)
                self._pack(tree, unfinished)
                os.replace(unfinished, asset)
            self._forget_old(group)
        os.utime(asset)
        return Asset(asset, digest)

    def _libraries(self, group: Group) -> Path:
        requirements = self._source / "requirements" / f"{group.name}.txt"
        kind = [str(_FORMAT), str(self._platform), "bytecode" if self._compiler else ""]
        key = _digest([*kind, requirements.read_bytes()])
        libraries = self._cache / f"libraries-{group.name}-{key[:20]}.zip"
        if not libraries.is_file():
            _say(f"Bundling the {group.name} Lambdas' libraries ({self._platform})")
            with tempfile.TemporaryDirectory(dir=self._cache, prefix=".building-") as folder:
                tree, unfinished = Path(folder) / "tree", Path(folder) / libraries.name
                self._install(requirements, tree)
                for path in tree.rglob("*"):
                    if path.is_file() and not _is_used(path.relative_to(tree)):
                        path.unlink()
                self._pack(tree, unfinished)
                os.replace(unfinished, libraries)
        return libraries

    def _pack(self, tree: Path, archive: Path) -> None:
        """Add a folder's files to a zip, with bytecode."""
        if self._compiler is not None:
            add_bytecode(tree, self._compiler)
        with zipfile.ZipFile(archive, "a") as packed:
            for path in sorted(tree.rglob("*")):
                if path.is_file():
                    _add(packed, path.relative_to(tree).as_posix(), path.read_bytes())

    def _install(self, requirements: Path, target: Path) -> None:
        _run(
            find_uv_bin(), "pip", "install", "--quiet", "--target", str(target),
            "--python", sys.executable, "--python-version", self._platform.python,
            "--python-platform", _UV_PLATFORMS[self._platform.architecture],
            "--only-binary", ":all:", "--no-deps", "--link-mode", "copy",
            "--requirements", str(requirements),
        )  # fmt: skip

    def _generated(self, file: GeneratedFile) -> Path:
        closure = import_closure(self._source, [file.module])
        sources = {path.as_posix(): (self._source / path).read_bytes() for path in closure}
        version = importlib.metadata.version(file.tool)
        key = _digest([str(_FORMAT), file.tool, version, *_flat(sources)])
        finished = self._cache / f"{file.module}-{key[:20]}{Path(file.path).suffix}"
        if not finished.is_file():
            _say(f"Generating {file.path} with {file.tool} {version}")
            with tempfile.TemporaryDirectory(dir=self._cache, prefix=".building-") as folder:
                unfinished = Path(folder) / finished.name
                _run(sys.executable, "-m", file.module, str(unfinished), pythonpath=self._source)
                os.replace(unfinished, finished)
        return finished

    def _forget_old(self, group: Group) -> None:
        """Keep the newest assets of a group only: each change of the code makes a new one."""
        generations = sorted(
            self._cache.glob(f"{group.name}-*.zip"), key=lambda path: path.stat().st_mtime
        )
        for old in generations[:-_KEPT_GENERATIONS]:
            old.unlink(missing_ok=True)


def _is_used(path: Path) -> bool:
    if any(part in _UNUSED_NAMES for part in path.parts):
        return False
    if path.name.startswith(_UNUSED_STEMS) or path.suffix in _UNUSED_SUFFIXES:
        return False
    return not (path.parent.suffix == ".dist-info" and path.name in _UNSTABLE)


def _add(archive: zipfile.ZipFile, path: str, content: bytes) -> None:
    """Add a file with nothing in it that depends on the time or the machine."""
    entry = zipfile.ZipInfo(path, date_time=_EPOCH)
    entry.external_attr = 0o100644 << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, content)


def _flat(contents: dict[str, bytes]) -> Iterable[str | bytes]:
    for path in sorted(contents):
        yield path
        yield contents[path]


def _digest(parts: Iterable[str | bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(json.dumps(len(data)).encode() + b":" + data)
    return digest.hexdigest()


def _run(*command: str, pythonpath: Path | None = None) -> None:
    environment = dict(os.environ, PYTHONDONTWRITEBYTECODE="1")
    if pythonpath is not None:
        environment["PYTHONPATH"] = str(pythonpath)
    result = subprocess.run(  # noqa: S603 - our own tools, with arguments made here
        command, env=environment, capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise BundlingError(
            f"{' '.join(command)}\nended with status {result.returncode}:\n"
            f"{(result.stderr or result.stdout).strip()}"
        )


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)
