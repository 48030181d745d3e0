"""How many Lambda invocations run at once on this machine; the others queue.

AWS has a thousand environments, this machine a few cores: MiniStack starts one process for each
concurrent call, and 200 dropped objects ask for gigabytes.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

from local_aws.ministack import patching


def worker_limit(cores: int | None) -> int:
    """Invocations at once: two a core, at least 4 (a burst of 200 then took 17.5 s and 1 GB)."""
    return max(4, min(2 * (cores or 1), 16))


def _queued(execute: Callable[..., Any]) -> Callable[..., Any]:
    services = patching.module("services.lambda_svc")
    slots = threading.BoundedSemaphore(worker_limit(os.cpu_count()))

    def run(*args: Any, **kwargs: Any) -> Any:
        if services._invoke_depth.get() > 1:
            # Invoked by a Lambda, which holds a slot itself: waiting could wait for ever.
            return execute(*args, **kwargs)
        with slots:
            return execute(*args, **kwargs)

    return run


def mend() -> None:
    """Apply this module's replacement."""
    patching.replace(patching.module("services.lambda_svc"), "_execute_function_dispatch", _queued)
