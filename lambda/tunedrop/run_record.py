"""A run's record and folder: run.json, who a run belongs to, and the files that say how it ended.

run.json has the execution, why it was started, and the exact objects. Admit writes it once, before
it starts the execution; all others read it. RecordFailure and StopJobs find a run by its execution.
"""

from __future__ import annotations

import dataclasses
import hashlib
import logging
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final, Literal

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from tunedrop import keys
from tunedrop.errors import UnreadableState, UserInputError
from tunedrop.objects import ObjectVersion
from tunedrop.records import RunName, read_record
from tunedrop.storage import Bucket
from tunedrop.trigger import Trigger

_STAMP = "%Y%m%dT%H%M%SZ"
# Of an execution's name, by Step Functions.
_NAME_LENGTH = 80
# A run has one of these when it has ended.
_ENDS: Final = ("report.html", "failure.json")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Run:
    """A claimed run: its contents, and who runs it."""

    dataset: str
    run_id: str
    digest: str
    objects: tuple[ObjectVersion, ...]
    execution: str = ""
    trigger: Trigger | None = None
    version: Literal[1] = 1

    @property
    def folder(self) -> str:
        """The run as people write it."""
        return f"{self.dataset}/{self.run_id}"


@dataclasses.dataclass(frozen=True)
class RunFolder:
    """Which run; both names are "" when an execution has none."""

    dataset: str
    run_id: str

    def key(self, name: str) -> str:
        """Return the key of one of the run's files."""
        return keys.run_file(self.dataset, self.run_id, name)


NO_RUN = RunFolder("", "")


def digest_of(objects: Iterable[ObjectVersion]) -> str:
    """Return the SHA-256 over the contents: key, size and checksum of every object.

    Where S3 has no checksum of an object, its ETag stands in. Lengths stand before values, so
    that no two lists of names look the same.
    """
    return sha256_of(
        part
        for o in sorted(objects, key=lambda o: o.key)
        for part in (o.key, str(o.bytes), o.checksum or o.etag)
    )


def sha256_of(parts: Iterable[str]) -> str:
    """Return the SHA-256 of a list of texts."""
    sha = hashlib.sha256()
    for part in parts:
        encoded = part.encode("utf-8", errors="surrogatepass")
        sha.update(b"%d:" % len(encoded) + encoded)
    return sha.hexdigest()


def run_id_of(time: datetime, digest: str) -> str:
    """Return the id of a run: when it was started, and the start of a digest."""
    return f"{time.astimezone(UTC).strftime(_STAMP)}-{digest[:8]}"


def time_of(run_id: str) -> datetime:
    """Return when a run was started, to the second."""
    return datetime.strptime(run_id.partition("-")[0], _STAMP).replace(tzinfo=UTC)


def execution_of_run(state_machine: str, dataset: str, run_id: str) -> str:
    """Return the ARN of a run's execution, which follows from the run's names."""
    return f"{state_machine.replace(':stateMachine:', ':execution:')}:{name_of(dataset, run_id)}"


def name_of(dataset: str, run_id: str) -> str:
    """Name a run's execution: the dataset as far as it fits, and the run's id."""
    end = f"-{run_id}"
    readable = re.sub(r"[^A-Za-z0-9_-]", "-", dataset)
    return readable[: _NAME_LENGTH - len(end)] + end


def write_run(bucket: Bucket, run: Run) -> Run:
    """Write run.json unless there is one; return the run that is there now."""
    key = keys.run(run.dataset, run.run_id)
    record = TypeAdapter(Run).dump_python(run, mode="json", exclude_defaults=True)
    if bucket.put_json_once(key, {"version": run.version, **record}):
        return run
    return bucket.get_record(key, Run)


def find_run(bucket: Bucket, dataset: str, run_id: str) -> Run | None:
    """Read the run.json of a run; None when there is none."""
    return bucket.find_record(keys.run(dataset, run_id), Run)


def find_by_execution(bucket: Bucket, execution_input: object, execution: str) -> RunFolder | None:
    """Return the run that belongs to an execution; None when none does.

    The input names it, but a person may have started an execution with the input of another one.
    """
    try:
        named = read_record(RunName, execution_input)
    except UserInputError:
        return None
    run = RunFolder(named.dataset, named.run_id)
    return run if _is_of(bucket, run, execution) else None


def end_of(bucket: Bucket, run: RunFolder) -> Literal["report.html", "failure.json"] | None:
    """Return the name of the file that says how a run ended; None while it has not."""
    return next((name for name in _ENDS if bucket.exists(run.key(name))), None)


def write_failure(bucket: Bucket, run: RunFolder, document: dict[str, Any]) -> Any | None:
    """Write failure.json, unless the run has one or a report; return the one it has then."""
    if bucket.exists(run.key("report.html")):
        return None
    if bucket.put_json_once(run.key("failure.json"), document):
        logger.info("%s/%s failed: %s", run.dataset, run.run_id, document["error"])
        return document
    return bucket.find_json(run.key("failure.json"))


def _is_of(bucket: Bucket, run: RunFolder, execution: str) -> bool:
    """Whether an execution is that of a run; where run.json is damaged, by its name."""
    try:
        claimed = find_run(bucket, run.dataset, run.run_id)
    except UnreadableState as error:
        logger.error("%s", error)
        return execution.rpartition(":")[2] == name_of(run.dataset, run.run_id)
    return claimed is not None and claimed.execution == execution
