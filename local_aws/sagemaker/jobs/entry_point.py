"""What a training image becomes on this machine: a Python module under the container contract.

Every training image maps to one `ContainerEntryPoint`; `training_run.py` prepares its `/opt/ml`
and `interpreter.py` runs it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

# What training code imports, at a cost of some two seconds: pandas, scipy and scikit-learn come
# with these. Missing modules are skipped.
PRELOAD = (
    "pyarrow.csv",
    "pyarrow.pandas_compat",
    "pyarrow.parquet",
    "pydantic",
    "skops.io",
    "skrub",
)


@dataclass(frozen=True, kw_only=True)
class ContainerEntryPoint:
    """`python -m <module> train` with some folders on the import path.

    Parameters
    ----------
    module
        What `python -m` runs.
    python_path
        Folders put in front of `sys.path`.
    preload
        Modules that are imported once, for all training jobs; missing ones are skipped.
    """

    module: str
    python_path: tuple[Path, ...] = ()
    preload: tuple[str, ...] = PRELOAD

    @classmethod
    def of_training_container(cls, folder: Path) -> ContainerEntryPoint:
        """Entry point of Tunedrop's own image: `python -m sklearn_trainer train`."""
        folder = folder.resolve()
        return cls(module="sklearn_trainer", python_path=(folder, folder.parent / "common"))
