"""What all operations of the API share."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from local_aws.conditions import CurrentConditions
from local_aws.sagemaker.jobs.scheduler import Scheduler
from local_aws.sagemaker.jobs.store import Store
from local_aws.sagemaker.jobs.tuning_run import Changed

Operation = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Account:
    """The jobs of the account, and what decides on them.

    Parameters
    ----------
    changed
        Called with a job when its status has changed: to be kept and announced.
    creating
        Held from the look at quotas and names until the new job is in the store.
    """

    store: Store
    scheduler: Scheduler
    conditions: CurrentConditions
    changed: Changed
    creating: threading.Lock = field(default_factory=threading.Lock)
