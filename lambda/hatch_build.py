"""Bundles the report's JavaScript into the wheel, so that an installed `tunedrop` needs no bundler.

The Lambda's asset gets the same file from `cdk_app.bundling`.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BundleJavaScript(BuildHookInterface):  # type: ignore[misc,type-arg,unused-ignore]
    """Hatchling's custom build hook."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the bundle, and put it beside the module that reads it."""
        sys.path.insert(0, str(Path(self.root, "lambda")))
        from tunedrop.report import javascript

        bundle = Path(tempfile.mkdtemp()) / javascript.BUNDLE
        javascript.write(bundle)
        build_data["force_include"][str(bundle)] = f"tunedrop/report/{javascript.BUNDLE}"
