"""Who runs what: content is claimed once, by the digest of its object versions.

The claim is the guarantee that equal drops, repeated events and retried Lambdas make one run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tunedrop import keys
from tunedrop.errors import TransientAwsError
from tunedrop.storage import Bucket, ObjectVersion
from tunedrop.trigger import Trigger, read_time

RUN_FILE = "run.json"


@dataclass(frozen=True)
class Run:
    """A claimed run: its content and where it lies."""

    dataset: str
    run_id: str
    digest: str
    objects: tuple[ObjectVersion, ...]


@dataclass(frozen=True)
class Duplicate:
    """The same content belongs to a run of another execution."""

    run_id: str
    execution: str


def digest_of(trigger: Trigger, objects: Iterable[ObjectVersion]) -> str:
    """Return the SHA-256 over key and version of every object, in the order of their keys.

    A retune adds its tick and a forced start its execution: they ask to run equal content again.
    Lengths stand before values, so that no two lists of names look the same.
    """
    parts = [part for o in sorted(objects, key=lambda o: o.key) for part in (o.key, o.version_id)]
    if trigger.kind == "schedule":
        parts += ["tick", trigger.tick]
    if trigger.kind == "person":
        parts += ["execution", trigger.execution]
    sha = hashlib.sha256()
    for part in parts:
        encoded = part.encode("utf-8", errors="surrogatepass")
        sha.update(b"%d:" % len(encoded) + encoded)
    return sha.hexdigest()


def run_id_of(time: datetime, digest: str) -> str:
    """Return the id of a run: when it was triggered, and the start of its digest."""
    return f"{_stamp(time)}-{digest[:8]}"


def find_run(bucket: Bucket, trigger: Trigger) -> Run | None:
    """Find the run that this execution claimed before, when PlanRun is a retry or has failed."""
    prefix = f"{keys.runs_of(trigger.dataset)}{_stamp(trigger.time)}-"
    for rest in bucket.list_folders(prefix):
        run_id = f"{_stamp(trigger.time)}-{rest}"
        run = bucket.find_json(keys.run_file(trigger.dataset, run_id, RUN_FILE))
        # A run without objects is where RecordFailure left the failure of an execution.
        if run is not None and run["execution"] == trigger.execution and run["objects"]:
            return _from_json(run)
    return None


def claim(bucket: Bucket, trigger: Trigger, objects: tuple[ObjectVersion, ...]) -> Run | Duplicate:
    """Claim content for this execution and write run.json, or find that another one has it."""
    digest = digest_of(trigger, objects)
    run = Run(trigger.dataset, run_id_of(trigger.time, digest), digest, objects)
    key = keys.claim(trigger.dataset, digest)
    ours = {"execution": trigger.execution, "run_id": run.run_id}
    if not bucket.put_json_once(key, ours):
        owner = bucket.find_json(key)
        if owner is None:
            raise TransientAwsError(f"The claim {key} disappeared while it was read")
        if owner["execution"] != trigger.execution:
            return Duplicate(run_id=owner["run_id"], execution=owner["execution"])
    bucket.put_json_once(
        keys.run_file(trigger.dataset, run.run_id, RUN_FILE), _to_json(run, trigger)
    )
    return run


def _stamp(time: datetime) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ")


def _to_json(run: Run, trigger: Trigger) -> dict[str, Any]:
    cause = {"kind": trigger.kind, "time": trigger.time.isoformat()}
    cause |= {"key": trigger.key} if trigger.key else {}
    cause |= {"tick": trigger.tick} if trigger.tick else {}
    return {
        "dataset": run.dataset,
        "run_id": run.run_id,
        "digest": run.digest,
        "execution": trigger.execution,
        "trigger": cause,
        "objects": [
            {
                "key": o.key,
                "version_id": o.version_id,
                "etag": o.etag,
                "bytes": o.bytes,
                "last_modified": o.last_modified.isoformat(),
            }
            for o in run.objects
        ],
    }


def _from_json(run: dict[str, Any]) -> Run:
    objects = (
        ObjectVersion(
            key=o["key"],
            version_id=o["version_id"],
            etag=o["etag"],
            bytes=o["bytes"],
            last_modified=read_time(o["last_modified"], "time of an object"),
        )
        for o in run["objects"]
    )
    return Run(run["dataset"], run["run_id"], run["digest"], tuple(objects))
