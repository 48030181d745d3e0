"""The folder of one local AWS, `.local-aws/` by default: what it contains, and what is saved.

Everything that the local AWS writes is in it; deleting it while nothing runs starts afresh. The
server works on a copy of what was saved (of hard links: everything that writes there replaces whole
files). At an orderly stop the copy becomes what is saved; that of a killed server is deleted.
"""

from __future__ import annotations

import logging
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from local_aws import UsageError

REPOSITORY = Path(__file__).resolve().parent.parent
DEFAULT_ROOT = REPOSITORY / ".local-aws"
KILLED_WARNING = (
    "The local AWS was killed. Everything is as of its last orderly stop; later changes are lost."
)

log = logging.getLogger(__name__)


class _Place:
    """A path below the workspace's root, or below another place of it."""

    def __init__(self, name: str, within: str = "root") -> None:
        self._name, self._within = name, within

    def __get__(self, workspace: Workspace, _owner: object) -> Path:
        within: Path = getattr(workspace, self._within)
        return within / self._name


@dataclass(frozen=True)
class Workspace:
    """The places in one folder; making one creates nothing."""

    root: Path

    # The running server (process id and port, as JSON), what it writes to its standard output, and
    # the lock of the command that starts it or deploys.
    server_file = _Place("server.json")
    log = _Place("server.log")
    lock_file = _Place("lock")

    # What outlives the server as of its last orderly stop, what was saved before that, and what
    # the server has now: MiniStack's state, its buckets, and SageMaker's jobs.
    saved = _Place("saved")
    previously_saved = _Place("previously-saved")
    live = _Place("live")
    state = _Place("state", within="live")
    objects = _Place("s3", within="live")
    sagemaker = _Place("sagemaker", within="live")

    # TMPDIR of the server and its Lambdas, emptied at each start; their HOME and the CDK's, so that
    # the user's ~/.aws cannot be read.
    temporary = _Place("tmp")
    home = _Place("home")

    # The packages of AWS's Python runtime, and unpacked packages of functions.
    lambda_runtime = _Place("lambda-runtime")
    lambda_code = _Place("lambda-code")

    # What `cdk synth` made, what was deployed last, and the user's settings.
    cloud_assembly = _Place("cdk.out")
    deployed_file = _Place("deployed.json")
    settings_file = _Place("settings.json")

    def check(self) -> None:
        """Raise a UsageError for a folder that is neither empty nor a local AWS's.

        `down --forget` deletes all that is there.
        """
        ours = self.lock_file.exists() or self.home.exists()
        if not ours and self.root.is_dir() and any(self.root.iterdir()):
            raise UsageError(
                f"--root {self.root} has other things in it than a local AWS. "
                "Name a folder that is new or empty."
            )

    def make(self) -> None:
        """Create the folders that processes expect, readable by this user only."""
        self.root.mkdir(parents=True, exist_ok=True)
        self.root.chmod(0o700)
        for folder in (self.temporary, self.home):
            folder.mkdir(exist_ok=True)

    def was_killed(self) -> bool:
        """Return whether the last server was killed; call it only while none runs."""
        return self.live.exists()

    def open_saved_data(self) -> None:
        """Make the copy that the server works on."""
        if self.was_killed():
            log.warning(KILLED_WARNING)
            shutil.rmtree(self.live)
            self.deployed_file.unlink(missing_ok=True)
        self._finish_saving()
        if self.saved.exists():
            shutil.copytree(self.saved, self.live, copy_function=link_or_copy)
        for folder in (self.state, self.objects, self.sagemaker):
            folder.mkdir(parents=True, exist_ok=True)

    def save_data(self) -> None:
        """Save what the server has written, after its orderly stop."""
        if self.saved.exists():
            self.saved.rename(self.previously_saved)
        self.live.rename(self.saved)
        self._finish_saving()

    def _finish_saving(self) -> None:
        """Leave one of the two saved folders; a kill may come between two renames."""
        if not self.saved.exists() and self.previously_saved.exists():
            self.previously_saved.rename(self.saved)
        shutil.rmtree(self.previously_saved, ignore_errors=True)


def link_or_copy(source: str | Path, target: str | Path) -> None:
    """Make a hard link, or a copy on a file system without hard links."""
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:
        shutil.copy2(source, target)
