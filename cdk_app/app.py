"""Builds the CDK app, for the command line and for tests alike."""

from __future__ import annotations

import json
import os
from typing import Any

from aws_cdk import Annotations, App, Stack, Validations
from cdk_nag import AwsSolutionsChecks

from cdk_app.context import CDK_JSON, KEY, context_of, load_settings
from cdk_app.setting_values import TRAINING_IMAGE
from cdk_app.settings import Settings
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
    stack = TuningStack(app, settings=settings)
    warn_of_another_region(stack, settings)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return app


def warn_of_another_region(stack: Stack, settings: Settings) -> None:
    """Warn when SageMaker could not pull the training image that was given."""
    # The CLI's region is where an environment-agnostic stack goes. It is a guess where no region is
    # configured at all: hence a warning, not an error.
    image = TRAINING_IMAGE.fullmatch(settings.training_image or "")
    region = os.environ.get("CDK_DEFAULT_REGION")
    if image is not None and region not in (None, image["region"]):
        Annotations.of(stack).add_warning_v2(
            "tunedrop:training-image-region",
            f"training_image is in {image['region']}, but you deploy to {region}. SageMaker "
            "pulls images of its own region only: copy the image there, or set it to null.",
        )
