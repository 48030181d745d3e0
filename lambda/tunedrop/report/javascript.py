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
    if not built.is_file():
        # The name carries what the bundle is made of, so that an upgrade makes a new one.
        name = f"vega-{version('vl-convert-python')}-{zlib.crc32(_SNIPPET.encode()):08x}.js"
        built = CACHE / name
        if not built.is_file():
            write(built)
    return built.read_text(encoding="utf-8")


def write(output: Path) -> None:
    """Write the bundle, whole or not at all."""
    from vl_convert import javascript_bundle

    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent) as folder:
        partial = Path(folder, output.name)
        partial.write_text(javascript_bundle(_SNIPPET), encoding="utf-8")
        partial.replace(output)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(read(), encoding="utf-8")
