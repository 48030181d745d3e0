"""The charts' JavaScript (Vega, Vega-Lite, Vega-Embed), bundled once and carried by every page.

`python -m tunedrop.report.javascript OUTPUT` writes the bundle at build time, into this folder of
the Lambda's asset, so that the Lambda needs no bundler. In a checkout it is made on first use.
"""

from __future__ import annotations

import sys
import tempfile
import zlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

BUNDLE = "vega.js"
# Only a checkout comes to this: the Lambda finds its bundle.
CACHE = Path(__file__).parents[3] / ".cache"
_SNIPPET = "window.vegaEmbed = vegaEmbed;"


@cache
def read() -> str:
    """Return the bundle: from beside this module, or else made once and kept in a cache."""
    built = Path(__file__).with_name(BUNDLE)
    if built.is_file():
        return built.read_text(encoding="utf-8")
    # the name carries what the bundle is made of, so that an upgrade makes a new one
    cached = CACHE / f"vega-{version('vl-convert-python')}-{zlib.crc32(_SNIPPET.encode()):08x}.js"
    try:
        text = cached.read_text(encoding="utf-8")
        check(text)
    except (OSError, ValueError):
        write(cached)
        text = cached.read_text(encoding="utf-8")
    return text


def write(output: Path) -> None:
    """Bundle the JavaScript into a file, whole or not at all."""
    from vl_convert import javascript_bundle

    text: str = javascript_bundle(_SNIPPET)
    check(text)
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=output.parent, delete=False
    ) as partial:
        partial.write(text)
    Path(partial.name).chmod(0o644)
    Path(partial.name).replace(output)


def check(text: str) -> None:
    """Refuse what is no bundle."""
    if "window.vegaEmbed" not in text:
        raise ValueError("The bundle doesn't define vegaEmbed")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tunedrop.report.javascript OUTPUT")
    Path(sys.argv[1]).write_text(read(), encoding="utf-8")
