"""The one version of MiniStack whose private functions the other modules replace."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

REQUIRED_VERSION = "1.5.33"


class UnsupportedMiniStackError(RuntimeError):
    """Another MiniStack is installed than the one which is mended here."""


def check_version(installed: str | None = None) -> None:
    """Refuse every version but the one that the conformance tests were run with.

    Parameters
    ----------
    installed
        The version found; None looks at the installed package.
    """
    if installed is None:
        try:
            installed = version("ministack")
        except PackageNotFoundError:
            installed = "none"
    if installed != REQUIRED_VERSION:
        raise UnsupportedMiniStackError(
            f"The local AWS needs ministack {REQUIRED_VERSION}, found {installed}. "
            f"Install it: pip install -r requirements.txt"
        )
