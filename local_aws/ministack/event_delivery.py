"""EventBridge delivers AWS's own events as the conditions say: once, twice, late, or not at all.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-delivery-level.html
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from typing import Any

from local_aws.conditions import CurrentConditions
from local_aws.ministack import patching


def mend(conditions: CurrentConditions) -> None:
    """Apply this module's replacement; events of other sources are left alone."""

    def unreliable(dispatch: Callable[..., Any]) -> Callable[..., Any]:
        def dispatch_event(event: dict[str, Any], *args: Any, **kwargs: Any) -> None:
            source = str(event.get("Source", ""))
            delays = conditions.deliveries(source) if source.startswith("aws.") else [0.0]
            for delay in delays:
                if delay:
                    _later(delay, dispatch, event, *args, **kwargs)
                else:
                    dispatch(event, *args, **kwargs)

        return dispatch_event

    patching.replace(patching.module("services.eventbridge"), "_dispatch_event", unreliable)


def _later(delay: float, dispatch: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
    # MiniStack keeps the account and the region of a request in context variables.
    context = contextvars.copy_context()
    timer = threading.Timer(delay, lambda: context.run(dispatch, *args, **kwargs))
    timer.daemon = True
    timer.start()
