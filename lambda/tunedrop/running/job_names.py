"""Names of a run's SageMaker jobs: derived from the run id, so that a retried start finds its own.

The deployment's prefix keeps stacks of one account apart, and is what the event rules match.
"""

from __future__ import annotations

import hashlib


def tuning_job(prefix: str, dataset: str, run_id: str, index: int) -> str:
    """Name the tuning job number `index` of a run; 32 characters at most."""
    return f"td-{prefix}-{_run_digest(dataset, run_id)}-{index}"


def confirm(prefix: str, dataset: str, run_id: str) -> str:
    """Name the Confirm job of a run."""
    return f"tc-{prefix}-{_run_digest(dataset, run_id)}"


def _run_digest(dataset: str, run_id: str) -> str:
    return hashlib.sha256(f"{dataset}/{run_id}".encode()).hexdigest()[:10]
