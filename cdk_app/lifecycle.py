"""What of the bucket expires, and when: for the stack's own bucket, and for one that it adopts."""

from __future__ import annotations

from dataclasses import dataclass

from cdk_app.settings import RetentionDays


@dataclass(frozen=True)
class Expiry:
    """A lifecycle rule for a prefix; "" is the whole bucket.

    `days` is when objects go; None keeps them, and only old versions go.
    """

    name: str
    prefix: str
    days: int | None
    old_version_days: int


# Parts of uploads that nobody completed cost money and are seen by nobody.
INCOMPLETE_UPLOAD_DAYS = 7


def expiries(retention: RetentionDays) -> tuple[Expiry, ...]:
    """Return the bucket's lifecycle; the last rule is about old versions of everything."""
    return (
        Expiry("training-output-expires", "training/", retention.training, 1),
        Expiry("inputs-expire", "inputs/", retention.inputs, 1),
        Expiry("old-versions-expire", "", None, retention.old_versions),
    )
