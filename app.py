"""The CDK app: reads the settings, makes the stack, checks it with cdk-nag's AwsSolutions rules."""

from __future__ import annotations

import sys

from jsii.errors import JavaScriptError

from cdk_app.app import build_app
from cdk_app.context import SettingsError


def main() -> int:
    """Synthesize; report what is wrong in words, without a traceback."""
    try:
        build_app().synth()
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    except RuntimeError as error:
        # The CDK's own errors and those of bundling, with the construct that they are about.
        if not isinstance(error.__cause__, JavaScriptError):
            raise
        print(error.__cause__, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
