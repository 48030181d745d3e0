"""Where checks of models in use are kept, and the newest of them."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from tunedrop import keys
from tunedrop.storage import Bucket
from tunedrop_common.checks import CheckScore


class Check(CheckScore):
    """`checks/<dataset>/<file>-<version>.json`: written before the record of the predictions."""

    dataset: str
    run_id: str = Field(description="The run whose model was in use.")
    file: str
    version_id: str = Field(description="Of the file.")
    time: datetime


def read_newest_checks(bucket: Bucket, dataset: str, most: int) -> list[Check]:
    """Return the newest checks of a dataset, the oldest of them first."""
    listed = sorted(
        bucket.list_objects(keys.checks_of(dataset)),
        key=lambda listed: (listed.last_modified, listed.key),
    )
    found = (bucket.find_record(entry.key, Check) for entry in listed[-most:])
    return [check for check in found if check is not None]
