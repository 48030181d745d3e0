"""Keeps a loaded pipeline to one thread; requests run in parallel processes instead."""

from __future__ import annotations

from typing import Any


def use_one_thread(pipeline: Any) -> None:
    """Take back every n_jobs that was a hyperparameter of the fit."""
    parameters = pipeline.get_params()
    pipeline.set_params(
        **{
            name: None
            for name, value in parameters.items()
            if (name == "n_jobs" or name.endswith("__n_jobs")) and value is not None
        }
    )
