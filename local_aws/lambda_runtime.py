"""The packages that AWS's Python runtime for Lambda brings, apart from everything else installed.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

PACKAGES = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")


def link_packages(folder: Path) -> None:
    """Make `folder` hold links to exactly those packages of this interpreter."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {place.name: place for place in map(_location, PACKAGES)}
    for link in folder.iterdir():
        # Python puts a __pycache__ beside six.py, which is none of ours.
        if link.is_symlink() and link.resolve() != wanted.get(link.name):
            link.unlink()
    for name, place in wanted.items():
        if not (folder / name).exists():
            (folder / name).symlink_to(place)


def _location(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(
            f"The local Lambdas need {package}. Install it: pip install -r requirements.txt",
            name=package,
        )
    origin = Path(spec.origin).resolve()
    return origin.parent if origin.name == "__init__.py" else origin
