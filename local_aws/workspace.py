"""The folder of one local AWS, `.local-aws/` by default: what it keeps and where.

Everything that the local AWS writes is in it; deleting it while nothing runs starts afresh.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from local_aws.errors import UsageError

REPOSITORY = Path(__file__).resolve().parent.parent
DEFAULT_ROOT = REPOSITORY / ".local-aws"


@dataclass(frozen=True)
class Workspace:
    """The places in one folder; making one creates nothing."""

    root: Path

    @property
    def server_file(self) -> Path:
        """Process id, port and start of the running server, as JSON."""
        return self.root / "server.json"

    @property
    def lock_file(self) -> Path:
        """Locked by the command that starts a server or deploys."""
        return self.root / "lock"

    @property
    def log(self) -> Path:
        """Standard output and error of the server."""
        return self.root / "server.log"

    @property
    def kept(self) -> Path:
        """What outlives the server, as of its last orderly end (`saved_data.py`)."""
        return self.root / "kept"

    @property
    def kept_before(self) -> Path:
        """What was kept until now, for the moment in which it is replaced."""
        return self.root / "kept-before"

    @property
    def live(self) -> Path:
        """The same as the server has it now."""
        return self.root / "live"

    @property
    def state(self) -> Path:
        """MiniStack's state between two starts."""
        return self.live / "state"

    @property
    def objects(self) -> Path:
        """The contents of the buckets."""
        return self.live / "s3"

    @property
    def sagemaker(self) -> Path:
        """The SageMaker service's own folder."""
        return self.live / "sagemaker"

    @property
    def deployed_file(self) -> Path:
        """What was deployed last, as JSON."""
        return self.root / "deployed.json"

    @property
    def temporary(self) -> Path:
        """TMPDIR of the server and its Lambdas; emptied at each start."""
        return self.root / "tmp"

    @property
    def home(self) -> Path:
        """HOME of the server, the Lambdas and the CDK: a person's own ~/.aws is out of reach."""
        return self.root / "home"

    @property
    def lambda_runtime(self) -> Path:
        """The packages of AWS's Python runtime."""
        return self.root / "lambda-runtime"

    @property
    def lambda_code(self) -> Path:
        """Unpacked packages of Lambda functions."""
        return self.root / "lambda-code"

    @property
    def cloud_assembly(self) -> Path:
        """What `cdk synth` made."""
        return self.root / "cdk.out"

    @property
    def settings_file(self) -> Path:
        """A person's own settings of the deployment, as JSON."""
        return self.root / "settings.json"

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
