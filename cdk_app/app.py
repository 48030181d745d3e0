"""The app that this repository deploys: one stack with `Tunedrop`, checked at synth."""

from __future__ import annotations

from aws_cdk import App, Stack, Validations
from cdk_nag import AwsSolutionsChecks

from cdk_app.context import CDK_JSON, KEY, context_of, load_settings
from cdk_app.tunedrop import Tunedrop

# An id that the CDK leaves out of logical ids, which are shorter without it.
TRANSPARENT = "Default"


def build_app() -> App:
    """Make the app with one stack, which has the settings' name."""
    app = App(context=context_of(CDK_JSON))
    settings = load_settings(app.node.try_get_context(KEY))
    stack = Stack(
        app,
        settings.stack_name,
        description="Tunedrop: drop a dataset, get a tuned scikit-learn model and a report",
    )
    Tunedrop(stack, TRANSPARENT, settings=settings)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return app
