"""The CDK app: reads the settings, makes the stack, checks it with cdk-nag's AwsSolutions rules."""

from __future__ import annotations

import sys

from cdk_app.app import build_app
from cdk_app.bundling import BundlingError
from cdk_app.bytecode import BytecodeError
from cdk_app.context import SettingsError


def main() -> int:
    """Synthesize; say what is wrong in words, without a traceback."""
    try:
        build_app().synth()
    except (SettingsError, BundlingError, BytecodeError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
