"""Step Functions' Map: how many iterations run at once, when that comes from the input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local_aws.ministack import patching


def _with_path(run_map_items: Callable[..., Any]) -> Callable[..., Any]:
    """Resolve MaxConcurrencyPath against the state's input.

    https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html
    """
    steps = patching.module("services.stepfunctions")

    def run(state: dict[str, Any], raw_input: Any, execution: Any, context: Any) -> Any:
        path = state.get("MaxConcurrencyPath")
        if path is not None:
            effective = steps._apply_input_path(state, raw_input, context)
            found = steps._resolve_path_or_ctx(path, effective, context)
            if isinstance(found, bool) or not isinstance(found, int) or found < 0:
                raise steps._ExecutionError(
                    "States.Runtime",
                    f"MaxConcurrencyPath {path} must be a non-negative integer, found {found!r}",
                )
            state = {**state, "MaxConcurrency": found}
        return run_map_items(state, raw_input, execution, context)

    return run


def mend() -> None:
    """Apply this module's replacement."""
    patching.replace(patching.module("services.stepfunctions"), "_run_map_items", _with_path)
