"""Builds the CDK app, for the command line and for tests alike."""

from __future__ import annotations

import json
from typing import Any

from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks

from cdk_app.context import CDK_JSON, KEY, context_of, load_settings
from cdk_app.tuning_stack import TuningStack


def build_app(*, outdir: str | None = None, override: dict[str, Any] | None = None) -> App:
    """Make the app with one stack, and the rules that it is checked by at synth.

    Parameters
    ----------
    outdir
        Where the cloud assembly goes; None leaves it to the CDK's CLI.
    override
        Settings over those of cdk.json; None takes them from the CLI's `-c tunedrop=...`.
    """
    context = context_of(CDK_JSON)
    app = App(outdir=outdir, context=context)
    from_cli = app.node.try_get_context(KEY)
    settings = load_settings(from_cli if override is None else json.dumps(override))
    TuningStack(app, settings=settings)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return app
